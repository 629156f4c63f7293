import CAllocationCount
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The same input gives the same bytes, on any thread; after the first fits nothing is allocated.
@Suite(.serialized)
struct DeterminismTests {
  private static let box = FaceBox(x: 23, y: 20, width: 94, height: 93)

  /// The bits of everything that a fit gives.
  private static func bits(_ model: FaceModel, _ name: String) throws -> [UInt64] {
    let fitter = try Fitter(model: model, settings: .video)
    let image = try SyntheticFixture.image(name)
    let parameters = fitter.fit(image: image, box: box, starts: .five)
    var landmarks: [Double] = []
    fitter.copyLandmarks(into: &landmarks)
    let values =
      landmarks + parameters.global.values + parameters.local + fitter.landmarkLikelihoods
      + [fitter.report.likelihood, fitter.report.meanShift, fitter.report.peakOffset]
    return values.map(\.bitPattern)
  }

  @Test func twoFitsGiveTheSameBytes() throws {
    let first = try Self.bits(try SyntheticFixture.model(), "image_frontal.pgm")
    let second = try Self.bits(try SyntheticFixture.model(), "image_frontal.pgm")
    #expect(first == second)
  }

  /// What was fitted before leaves no trace in a fit.
  @Test func aUsedFitterGivesTheSameBytesAsAFreshOne() throws {
    let model = try SyntheticFixture.model()
    let fitter = try Fitter(model: model, settings: .video)
    let image = try SyntheticFixture.image("image_frontal.pgm")
    let fresh = fitter.fit(image: image, box: Self.box)
    let freshReport = fitter.report.likelihood
    _ = fitter.fit(image: try SyntheticFixture.image("image_turned_left.pgm"), box: Self.box)
    _ = fitter.fit(image: GreyImage(width: 1, height: 1, repeating: 0), box: Self.box)
    let again = fitter.fit(image: image, box: Self.box)
    #expect(again == fresh)
    #expect(fitter.report.likelihood == freshReport)
  }

  /// Fitters on several threads share a model whose Sigma matrices are not made yet.
  @Test func threadsGiveTheSameBytes() async throws {
    let names = ["image_frontal.pgm", "image_turned_right.pgm"]
    let alone = try names.map { try Self.bits(try SyntheticFixture.model(), $0) }
    for _ in 0..<5 {
      let model = try SyntheticFixture.model()
      let together = try await withThrowingTaskGroup(of: (Int, [UInt64]).self) { group in
        for task in 0..<6 {
          group.addTask { (task % 2, try Self.bits(model, names[task % 2])) }
        }
        var results: [(Int, [UInt64])] = []
        for try await result in group { results.append(result) }
        return results
      }
      for (index, bits) in together { #expect(bits == alone[index]) }
    }
  }

  /// After the first fits with a window list nothing is allocated, by a count of this thread's
  /// calls of the allocator.
  @Test func fittingAllocatesNothing() throws {
    let model = try SyntheticFixture.model()
    let fitter = try Fitter(model: model, settings: .video)
    let image = try SyntheticFixture.image("image_frontal.pgm")
    let start = fitter.start(box: Self.box, rotation: EulerAngles(x: 0, y: 0, z: 0))
    let validator = ValidatorEvaluation(try convolutionalValidator(), landmarkCount: 16)
    let windows = fitter.settings.firstFitWindows
    var parameters = start
    var landmarks = [Double](repeating: 0, count: 32)
    func fit() {
      parameters.global = start.global
      for mode in 0..<5 { parameters.local[mode] = 0 }
      fitter.fit(image: image, parameters: &parameters, windows: windows)
      fitter.copyLandmarks(into: &landmarks)
      landmarks.withUnsafeBufferPointer { landmarks in
        guard let landmarks = landmarks.baseAddress else { return }
        _ = validator.certainty(
          image: image, landmarks: landmarks, rotation: parameters.global.rotation)
      }
    }
    for _ in 0..<3 { fit() }
    let before = allocation_count()
    for _ in 0..<20 { fit() }
    let after = allocation_count()
    #expect(after == before, "\(after - before) allocations in 20 fits")
    let more = [Double](repeating: Double(before), count: 3)
    #expect(allocation_count() > after && more.count == 3, "the count counts")
  }

  private func convolutionalValidator() throws -> LandmarkValidator {
    let url = SyntheticFixture.folder.appending(path: "model/validation/validator_cnn.txt")
    return try OpenFaceValidator.read(
      [UInt8](try Data(contentsOf: url)), file: url.path, landmarkCount: 16)
  }
}
