import CLNF
import FaceFinding
import Testing

@testable import Tracking

/// Where first fits of found faces begin, and which of several is kept.
@Suite struct FaceStartsTests {
  private let shape: PointDistributionModel

  init() throws { shape = try FaceModel.default().shapeModel }

  /// The mean face, turned, as a finder without error would find it.
  private func face(yaw: Double, roll: Double) throws -> (DetectedFace, [Double]) {
    let global = GlobalParameters(
      scale: 1.2, rotation: EulerAngles(x: 0, y: yaw, z: roll), tx: 200, ty: 150)
    let landmarks = shape.landmarks(
      FaceParameters(
        global: global, local: [Double](repeating: 0, count: shape.modeCount)))
    let (xs, ys) = (landmarks[..<68], landmarks[68...])
    let (left, top) = (xs.min() ?? 0, ys.min() ?? 0)
    let side = max((xs.max() ?? 0) - left, (ys.max() ?? 0) - top)
    let points = try #require(FacePoints(landmarks: landmarks))
    return (
      DetectedFace(
        box: FaceBox(x: left, y: top, width: side, height: side), confidence: 1, points: points),
      landmarks
    )
  }

  @Test(arguments: [(0.0, 0.0), (0.7, 0.3), (-1.0, -0.8), (0, 2.5)])
  func theFirstLooksWhereThePointsDo(yaw: Double, roll: Double) throws {
    let (face, landmarks) = try face(yaw: yaw, roll: roll)
    let starts = FaceStarts(of: face, in: shape)
    let first = shape.landmarks(
      FaceParameters(
        global: starts.all[0].parameters.global,
        local: [Double](repeating: 0, count: shape.modeCount)))
    #expect(starts.agree(with: first))
    let farthest = zip(first, landmarks).map { abs($0 - $1) }.max() ?? .infinity
    #expect(farthest < 0.15 * face.box.width)
    #expect(starts.all.count == 5)
    // Others look elsewhere, or from elsewhere.
    for (index, start) in starts.all.enumerated() {
      #expect(starts.all[..<index].allSatisfy { $0 != start })
    }
  }

  /// What one look says of the landmarks is the first start, with its shape; the others follow.
  @Test func whatWasSeenComesFirst() throws {
    var local = [Double](repeating: 0, count: shape.modeCount)
    local[1] = shape.variances[1].squareRoot()
    let truth = FaceParameters(
      global: GlobalParameters(
        scale: 1.2, rotation: EulerAngles(x: 0.1, y: 0.5, z: -0.2), tx: 200, ty: 150),
      local: local)
    let landmarks = shape.landmarks(truth)
    let (face, _) = try face(yaw: 0.5, roll: -0.2)
    let seen = LandmarkEstimate(
      points: landmarks, deviations: [Double](repeating: 0.3, count: 68))
    let starts = FaceStarts(of: face, in: shape, seen: seen)
    #expect(starts.all.count == 7)
    let first = shape.landmarks(starts.all[0].parameters)
    let farthest = zip(first, landmarks).map { abs($0 - $1) }.max() ?? .infinity
    #expect(farthest < 0.02 * face.box.width)
    #expect(
      starts.all.dropFirst(2) == FaceStarts(of: face, in: shape).all[...])
    #expect(starts.all[0].anchor?.points == seen.points && starts.all[2].anchor == nil)
    // The second is the first, held closer to what was seen.
    let (loose, close) = (
      try #require(starts.all[0].anchor), try #require(starts.all[1].anchor)
    )
    #expect(starts.all[1].parameters == starts.all[0].parameters && close.points == loose.points)
    #expect(zip(loose.deviations, close.deviations).allSatisfy { abs($0 - 4 * $1) < 1e-12 })
    // No closer than what all looks are off by, 1.5 % of the width; lids and lips four times that.
    let extents = Extents(landmarks, 68) { _ in true }
    let least = 0.015 * max(extents.width, extents.height)
    #expect(loose.deviations.allSatisfy { $0 > least && $0 < 5 * least })
    #expect(abs(loose.deviations[62] - 4 * loose.deviations[30]) < 1e-12)
    // What is no face is left out.
    let nowhere = LandmarkEstimate(
      points: [Double](repeating: 5, count: 136), deviations: [Double](repeating: 1, count: 68))
    #expect(FaceStarts(of: face, in: shape, seen: nowhere).all.count == 5)
  }

  @Test func fitsElsewhereDoNotAgree() throws {
    let (face, landmarks) = try face(yaw: 0.4, roll: 0.1)
    let starts = FaceStarts(of: face, in: shape)
    func moved(_ share: Double) -> [Double] {
      landmarks.enumerated().map { $0 < 68 ? $1 + share * face.box.width : $1 }
    }
    #expect(starts.agree(with: landmarks) && starts.agree(with: moved(0.1)))
    #expect(!starts.agree(with: moved(0.15)) && !starts.agree(with: moved(.nan)))
  }

  /// dlib's boxes have no points: one start, straight on, as ever.
  @Test func aBoxAloneHasOneStart() throws {
    var (face, landmarks) = try face(yaw: 0.4, roll: 0.5)
    face.points = nil
    let starts = FaceStarts(of: face, in: shape)
    let straight = shape.globalParameters(
      box: face.box, local: [Double](repeating: 0, count: shape.modeCount),
      rotation: EulerAngles(x: 0, y: 0, z: 0))
    #expect(starts.all.map(\.parameters.global) == [straight])
    landmarks[0] += 1e4
    #expect(starts.agree(with: landmarks))
  }

  @Test func whichFitIsKept() {
    func word(
      _ isBelieved: Bool, _ confidence: Double, agrees: Bool = true, likelihood: Double = 0
    ) -> StartWord {
      StartWord(
        word: .init(isBelieved: isBelieved, confidence: confidence), agrees: agrees,
        likelihood: likelihood)
    }
    let order = [
      word(true, 0.6), word(true, 0.9, agrees: false), word(false, 0.4), word(false, 0.1),
    ]
    for (index, better) in order.enumerated() {
      for worse in order[(index + 1)...] {
        #expect(better.isBetter(than: worse) && !worse.isBetter(than: better))
      }
    }
    #expect(order[0].suffices && !order[1].suffices && !order[2].suffices)
    // Without learned rules the likelihood decides.
    #expect(word(true, .nan, likelihood: 2).isBetter(than: word(true, .nan, likelihood: 1)))
    #expect(!word(true, .nan, likelihood: 1).isBetter(than: word(true, .nan, likelihood: 2)))
  }
}
