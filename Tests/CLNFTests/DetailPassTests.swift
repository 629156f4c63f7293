import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The last pass of a fit, in which lids and lips alone look.
@Suite struct DetailPassTests {
  /// The default model's fitter, with this pass or none.
  private static func fitter(
    _ detail: DetailPass?, _ change: (inout FitSettings) -> Void = { _ in }
  ) throws -> Fitter {
    let model = try FaceModel.default()
    var settings = try #require(model.fitSettings)
    settings.detail = detail
    change(&settings)
    return try Fitter(model: model, settings: settings)
  }

  private static let pass = DetailPass(window: 9, regularisation: 5, iterationLimit: 5)

  private static func fit(
    _ fitter: Fitter, _ image: borrowing GreyImage, windows: [Int] = [21, 17, 13, 0]
  ) -> (landmarks: [Double], report: FitReport, figures: LandmarkFigures, residuals: [Double]) {
    let box = FaceBox(
      x: Double(image.width) * 0.25, y: Double(image.height) * 0.25,
      width: Double(image.width) * 0.5, height: Double(image.height) * 0.5)
    var parameters = fitter.start(box: box, rotation: EulerAngles(x: 0, y: 0, z: 0))
    fitter.fit(image: image, parameters: &parameters, windows: windows)
    var (landmarks, residuals, figures) = ([Double](), [Double](), LandmarkFigures())
    fitter.copyLandmarks(into: &landmarks)
    fitter.copyResiduals(into: &residuals)
    fitter.copyFigures(into: &figures)
    return (landmarks, fitter.report, figures, residuals)
  }

  private static func distance(_ a: [Double], _ b: [Double], _ landmarks: Range<Int>) -> Double {
    landmarks.map { i in
      hypot(a[i] - b[i], a[68 + i] - b[68 + i])
    }.reduce(0, +) / Double(landmarks.count)
  }

  /// Lids and lips move, the rest of the face does not; what is said of the fit is of the pass before.
  @Test func theRestOfTheFaceIsHeld() throws {
    let image = try PortableGreyMap.portrait()
    let without = Self.fit(try Self.fitter(nil), image)
    let with = Self.fit(try Self.fitter(Self.pass), image)
    #expect(with.report.iterations > without.report.iterations)
    let (moved, held) = (
      Self.distance(with.landmarks, without.landmarks, DetailPass.landmarks),
      Self.distance(with.landmarks, without.landmarks, 0..<36)
    )
    #expect(moved > 0.01 && held < moved / 2 && held < 0.5, "\(moved) and \(held) px")
    var report = with.report
    report.iterations = without.report.iterations
    #expect("\(report)" == "\(without.report)")
    #expect(zip(with.residuals, without.residuals).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
    #expect(with.figures.logDensities == without.figures.logDensities)
    #expect(with.figures.logPeaks == without.figures.logPeaks)
    #expect(with.figures.peakOffsets == without.figures.peakOffsets)
  }

  private static func resized(_ image: borrowing GreyImage, _ share: Double) -> GreyImage {
    var other = GreyImage(
      width: Int(Double(image.width) * share), height: Int(Double(image.height) * share),
      repeating: 0)
    for y in 0..<other.height {
      for x in 0..<other.width {
        other[x, y] = image[Int((Double(x) + 0.5) / share), Int((Double(y) + 0.5) / share)]
      }
    }
    return other
  }

  /// A fit that has seen the finest scale has no such pass, and that of a small face neither.
  @Test(arguments: [(2.0, 3), (0.25, 0)])
  func someFitsHaveNoSuchPass(share: Double, lastScale: Int) throws {
    let image = Self.resized(try PortableGreyMap.portrait(), share)
    let windows = [21, 17, 13, 11]
    let without = Self.fit(try Self.fitter(nil), image, windows: windows)
    let with = Self.fit(try Self.fitter(Self.pass), image, windows: windows)
    #expect(without.report.lastScale == lastScale)
    #expect("\(with.report)" == "\(without.report)" && with.landmarks == without.landmarks)
  }

  /// A used fitter gives the same bytes as a fresh one.
  @Test func itLeavesNoTrace() throws {
    let image = try PortableGreyMap.portrait()
    let fitter = try Self.fitter(Self.pass)
    let first = Self.fit(fitter, image)
    let second = Self.fit(fitter, image)
    #expect(first.landmarks == second.landmarks && "\(first.report)" == "\(second.report)")
  }

  @Test func landmarksThatDoNotLookAreNotVisible() throws {
    let image = try PortableGreyMap.portrait()
    let fitter = try Self.fitter(nil)
    _ = Self.fit(fitter, image)
    for (looking, expected) in [
      (ResponseMaps.LookingLandmarks.every(3), { $0 % 3 == 0 }),
      (.within(36..<68), { $0 >= 36 }), (.all, { (_: Int) in true }),
    ] {
      _ = fitter.prepare(image, scaleIndex: 1, windowSize: 11, looking: looking)
      for i in 17..<68 { #expect(fitter.maps.visible.pointer[i] == expected(i), "\(i)") }
      for i in 0..<68 where !fitter.maps.visible.pointer[i] {
        #expect(fitter.workspace.expertWeights.pointer[i] == 0)
      }
    }
  }

  /// A fit that follows a frame looks with the experts of the next view earlier than a first one.
  @Test(arguments: [(50.0, true), (30, false)])
  func viewsFarAwayAreChosenEarly(yaw: Double, isEarlier: Bool) throws {
    let image = GreyImage(width: 300, height: 300, repeating: 90)
    func view(isTracking: Bool) throws -> Int {
      let fitter = try Self.fitter(nil) { settings in
        settings.farYawFactor = 1.3
        settings.iterationLimit = 1
      }
      var parameters = fitter.start(
        box: FaceBox(x: 75, y: 75, width: 150, height: 150),
        rotation: EulerAngles(x: 0, y: yaw * .pi / 180, z: 0))
      fitter.fit(
        image: image, parameters: &parameters, windows: [0, 0, 9, 0], isTracking: isTracking)
      return fitter.report.view
    }
    #expect(try (view(isTracking: true) != view(isTracking: false)) == isEarlier)
  }
}
