import CLNF
import FaceFinding
import Foundation
import TestSupport
import Testing
import Tracking

@testable import Diagnostics

/// 68 points in a grid of 10, 10 px apart; 36 and 45 are then 90 px across and 10 px down apart.
private func grid() -> [Double] {
  (0..<68).map { 10 * Double($0 % 10) } + (0..<68).map { 10 * Double($0 / 10) }
}

private func image(_ name: String, truth: [Double] = grid()) -> EvaluationImage {
  EvaluationImage(name: name, path: name, truth: truth)
}

private func fitted(_ landmarks: [Double], confidence: Double = .nan) -> TrackedFrame {
  var face = TrackedFrame()
  face.hasFit = true
  face.landmarks = landmarks
  face.confidence = confidence
  face.success = true
  face.iterations = 12
  return face
}

private let box = FaceBox(x: 1, y: 2, width: 3, height: 4)

@Suite struct LandmarkErrorTests {
  /// From point 36 (60, 30) to 45 (50, 40).
  let eyes = 200.0.squareRoot()

  @Test func aShiftOfAllPointsIsItsLengthOverTheEyes() {
    let truth = grid()
    let fit = truth.indices.map { truth[$0] + ($0 < 68 ? 3 : 4) }
    #expect(LandmarkError.eyeDistance(truth) == eyes)
    for points in [Array(0..<68), LandmarkError.inner49] {
      let error = LandmarkError.normalised(fit, truth: truth, points: points)
      #expect(abs(error - 5 / eyes) < 1e-12)
    }
  }

  @Test func jawAndInnerMouthCornersAreNotAmongThe49() {
    #expect(LandmarkError.inner49.count == 49)
    let truth = grid()
    for point in 0..<68 {
      var fit = truth
      fit[68 + point] -= 7
      let all = LandmarkError.normalised(fit, truth: truth, points: 0..<68)
      #expect(abs(all - 7 / 68 / eyes) < 1e-12)
      let inner = LandmarkError.normalised(fit, truth: truth, points: LandmarkError.inner49)
      let isLeftOut = point <= 16 || point == 60 || point == 64
      #expect(abs(inner - (isLeftOut ? 0 : 7 / 49 / eyes)) < 1e-12)
    }
  }

  @Test func aFitThatIsNotFiniteIsInfinitelyWrong() {
    var fit = grid()
    fit[5] = .nan
    #expect(LandmarkError.normalised(fit, truth: grid(), points: 0..<68) == .infinity)
  }
}

@Suite struct ErrorFiguresTests {
  @Test func oddAndEvenNumbers() {
    let odd = ErrorFigures([0.09, 0.02, 0.04])
    #expect(odd.median == 0.04)
    #expect(odd.mean == 0.05)
    #expect(odd.below05 == 0.666667 && odd.below08 == 0.666667 && odd.below10 == 1)
    let even = ErrorFigures([0.10, 0.05, 0.03, 0.07])
    #expect(even.median == 0.06)
    #expect(even.mean == 0.0625)
    // Below means below.
    #expect(even.below05 == 0.25 && even.below08 == 0.75 && even.below10 == 0.75)
  }

  @Test func failuresAndNothing() {
    let failures = ErrorFigures([0.04, .infinity, 0.02])
    #expect(failures.median == 0.04 && failures.mean == nil && failures.below10 == 0.666667)
    #expect(ErrorFigures([0.04, .infinity]).median == nil)
    let none = ErrorFigures([])
    #expect(none.median == nil && none.mean == nil && none.below05 == nil)
  }

  @Test func theCurveCountsWhatIsBelow() {
    let curve = ErrorCurve([0.3, 0.1, 0.1, 0.2])
    #expect([0, 0.1, 0.15, 0.2, 0.25, 0.3, 1].map(curve.share) == [0, 0, 0.5, 0.5, 0.75, 0.75, 1])
  }
}

@Suite struct MatchTests {
  @Test func overlapIsIntersectionOverUnion() {
    let a = FaceBox(x: 0, y: 0, width: 10, height: 10)
    #expect(a.overlap(a) == 1)
    #expect(a.overlap(FaceBox(x: 5, y: 0, width: 10, height: 10)) == 50.0 / 150)
    #expect(a.overlap(FaceBox(x: 10, y: 0, width: 10, height: 10)) == 0)
    #expect(a.overlap(FaceBox(x: 12, y: 12, width: 10, height: 10)) == 0)
  }

  @Test func theBestFaceIsTheTruthsAndAFarOneIsNone() {
    // The truth's box is 90 x 60 from (0, 0).
    let annotated = image("a.png")
    #expect(annotated.truthBox == FaceBox(x: 0, y: 0, width: 90, height: 60))
    func face(_ x: Double, _ y: Double) -> DetectedFace {
      DetectedFace(box: FaceBox(x: x, y: y, width: 90, height: 60), confidence: 1)
    }
    let (near, far) = (face(5, 5), face(40, 20))
    #expect(annotated.match([far, near]) == near)
    #expect(annotated.match([far]) == nil)
    #expect(annotated.match([]) == nil)
  }
}

@Suite struct EvaluationReportTests {
  /// Errors of 2, 10 and 1 px, a face not found and a fit that diverged.
  private func report() -> EvaluationReport {
    let truth = grid()
    func moved(_ pixels: Double) -> [Double] { truth.map { $0 + pixels / 2.0.squareRoot() } }
    return EvaluationReport(
      landmarkCount: 68,
      rows: [
        EvaluationRow(image("a.png"), box: box, face: fitted(moved(2), confidence: 0.75)),
        EvaluationRow(image("b.png"), box: box, face: fitted(moved(10))),
        EvaluationRow(notFound: image("c.png")),
        EvaluationRow(image("d.png"), box: box, face: fitted(moved(1), confidence: 1)),
      ], unreadable: 2, settings: ["starts": 1], model: .init(name: "m", checksum: "sha256:0"))
  }

  @Test func figuresOfATinySet() throws {
    let report = report()
    let eyes = 200.0.squareRoot()
    #expect(report.points68.median == (2 / eyes).rounded6)
    #expect(report.points68.mean == (13 / 3 / eyes).rounded6)
    // 1 / eyes is 0.0707, 2 / eyes 0.1414.
    #expect(report.points68.below05 == 0 && report.points68.below08 == 0.333333)
    #expect(report.all68.below08 == 0.25 && report.all68.mean == nil)
    #expect(report.all68.median == (6 / eyes).rounded6)
    #expect(report.found == 0.75)
    #expect(report.text.hasPrefix("4 faces, 3 found (75.0 %), unreadable images: 2\n"))
    #expect(report.text.contains("counted as failures"))
  }

  @Test func jsonSaysWhatThereIsAndNullForTheRest() throws {
    let folder = try ScratchFolder()
    try report().write(to: folder.file("a.json"), force: false)
    try report().write(to: folder.file("b.json"), force: false)
    #expect(try folder.text("a.json") == folder.text("b.json"))
    let json = try JSONValue(contentsOf: URL(fileURLWithPath: folder.file("a.json")))
    #expect(try json["count"].integer() == 4)
    #expect(try json["unreadable"].integer() == 2)
    #expect(try json["settings"]["starts"].integer() == 1)
    #expect(try json["model"]["name"].string() == "m")
    #expect(try json["points49"]["median"].number() == (2 / 200.0.squareRoot()).rounded6)
    #expect(try json["withNotFound"]["points68"]["below08"].number() == 0.25)
    let first = json["images"][0]
    #expect(try first["image"].string() == "a.png")
    #expect(try first["confidence"].number() == 0.75)
    #expect(try first["iterations"].integer() == 12)
    #expect(try first["box"].numbers() == [1, 2, 3, 4])
    #expect(!json["images"][1]["confidence"].exists)
    let missing = json["images"][2]
    #expect(!missing["box"].exists && !missing["error68"].exists)
    #expect(try !missing["success"].bool())
    let text = try folder.text("a.json")
    #expect(text.contains("\"error68\" : null"))
  }

  @Test func anotherMarkupHasNo49Points() {
    let truth = grid()[..<60] + grid()[68..<128]
    let row = EvaluationRow(
      image("a.png", truth: Array(truth)), box: box, face: fitted(Array(truth)))
    #expect(row.error68 == 0 && row.error49 == nil)
    let report = EvaluationReport(
      landmarkCount: 60, rows: [row], unreadable: 0, settings: [:],
      model: .init(name: "m", checksum: "c"))
    #expect(report.points49 == nil && report.all49 == nil)
    #expect(report.points68.mean == 0)
    #expect(CurveTable(report).header == ["threshold", "error68"])
  }

  @Test func aFitThatDivergedIsAFailure() {
    let row = EvaluationRow(image("a.png"), box: box, face: TrackedFrame())
    #expect(row.error68 == .infinity && row.error49 == .infinity && row.landmarks.isEmpty)
    #expect(EvaluationOutput.pictureName(row, rank: 3) == "worst-03-a-efailed-c0.00.png")
  }

  @Test func theCurveHasItsThresholds() {
    let table = CurveTable(report())
    #expect(table.header == ["threshold", "error68", "error49"])
    #expect(table.rows.count == 201)
    #expect(table.rows[0] == ["0.000", "0.000000", "0.000000"])
    #expect(table.rows[70] == ["0.070", "0.000000", "0.000000"])
    #expect(table.rows[71] == ["0.071", "0.250000", "0.250000"])
    #expect(table.rows[200] == ["0.200", "0.500000", "0.500000"])
  }

  @Test func theWorstComeFirstAndCarryTheirFigures() {
    let worst = EvaluationOutput.worst(of: report().rows)
    #expect(worst.map(\.image.name) == ["b.png", "a.png", "d.png"])
    #expect(EvaluationOutput.pictureName(worst[0], rank: 1) == "worst-01-b-e0.707.png")
    #expect(EvaluationOutput.pictureName(worst[1], rank: 2) == "worst-02-a-e0.141-c0.75.png")
  }
}
