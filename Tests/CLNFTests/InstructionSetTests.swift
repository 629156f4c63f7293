import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The portable kernels against the widest of this processor, on whole fits.
struct InstructionSetTests {
  private func fit(
    _ entry: JSONValue, _ model: FaceModel, _ set: InstructionSet
  ) throws -> (landmarks: [Double], report: FitReport) {
    let windows = try entry["windows"].numbers().map { Int($0) }
    let fitter = try Fitter(
      model: model,
      settings: try entry["settings"].fitSettings(
        windows: windows, refines: try entry["refine"].bool()), instructionSet: set)
    var parameters = FaceParameters(
      global: try entry["params_global_start"].pose(),
      local: try entry["params_local_start"].numbers())
    let image = try SyntheticFixture.image(try entry["image"].string())
    fitter.fit(image: image, parameters: &parameters, windows: windows)
    var landmarks: [Double] = []
    fitter.copyLandmarks(into: &landmarks)
    return (landmarks, fitter.report)
  }

  /// Landmarks within 0.001 px, which is what `InstructionSet` promises.
  @Test func fitsAgreeBetweenSets() throws {
    let model = try SyntheticFixture.model()
    for entry in try SyntheticFixture.expected()["fits"].elements() {
      let name = try entry["name"].string()
      let portable = try fit(entry, model, .portable)
      let widest = try fit(entry, model, .avx2)
      #expect(largestDifference(portable.landmarks, widest.landmarks) < 0.001, "\(name)")
      #expect(portable.report.failure == widest.report.failure, "\(name)")
      #expect(portable.report.iterations == widest.report.iterations, "\(name)")
      #expect(abs(portable.report.likelihood - widest.report.likelihood) < 1e-4, "\(name)")
    }
  }

  @Test func responsesAgreeBetweenSets() throws {
    let model = try SyntheticFixture.model()
    let image = try SyntheticFixture.image("image_border.pgm")
    var maps: [[Double]] = []
    for set in InstructionSet.allCases {
      let fitter = try Fitter(model: model, settings: .video, instructionSet: set)
      fitter.global = GlobalParameters(
        scale: 0.8, rotation: EulerAngles(x: 0.1, y: 0, z: 0.2), tx: 50, ty: 50)
      fitter.workspace.setLocal([Double](repeating: 0, count: 5))
      _ = fitter.prepare(image, scaleIndex: 1, windowSize: 7)
      maps.append((0..<16 * 49).map { Double(fitter.maps.responses.pointer[$0]) })
    }
    #expect(largestDifference(maps[0], maps[1]) < 1e-5)
  }

  @Test func thereIsAlwaysAPortableSet() {
    let portable = clnf_kernels_for(clnf_instruction_set_portable)
    #expect(portable != nil)
    #expect(InstructionSet.portable.kernels == portable)
    #expect(InstructionSet.allCases.contains(InstructionSet.best))
  }
}
