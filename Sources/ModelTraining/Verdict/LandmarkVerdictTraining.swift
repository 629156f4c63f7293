import CLNF
import FaceFinding
import Foundation
import Tracking

/// Learns when single landmarks of a fit are right: from faces whose landmarks are known, and which of
/// them are covered.
public final class LandmarkVerdictTraining {
  /// What a landmark of a fit is.
  public enum State: Sendable, CaseIterable {
    /// Seen and within `rightError`.
    case right
    /// Seen, and further off.
    case wrong
    /// Something lies over it.
    case covered
    /// The head itself hides it.
    case turnedAway
  }

  /// The landmarks of one fit.
  public struct Sample: Sendable {
    /// By landmark, its figures in the order of `LandmarkVerdict.Evidence.allCases`.
    public var figures: [[Double]]
    /// By landmark.
    public var states: [State]
    public var face: Int
  }

  /// Of the distance of the outer eye corners as the head has it.
  public static let rightError = 0.08

  private let fitter: Fitter
  private let belief: Belief
  private let finder = FaceFinder()
  private let glance = FaceGlance()
  private let confidence: LandmarkConfidence
  private var figures = LandmarkFigures()
  private let seed: UInt64

  /// - Parameter belief: how fits as a whole are judged.
  public init(fitter: Fitter, belief: Belief, seed: UInt64) {
    self.fitter = fitter
    self.belief = belief
    self.seed = seed
    confidence = LandmarkConfidence(
      nil, shape: fitter.model.shapeModel, regressor: glance.regressor)
  }

  /// Fits a face as a first fit has it, as a tracker goes on from there, and from elsewhere. Cost: about
  /// 10 ms a fit.
  public func samples(of face: RenderedFace, index: Int) -> [Sample] {
    var generator = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(index))
    let truth = face.landmarks.map { Double($0.x) } + face.landmarks.map { Double($0.y) }
    let box = LandmarkError.box(of: truth)
    var samples: [Sample] = []
    if let found = nearest(finder.detectFaces(in: face.image), to: box) {
      let starts = FaceStarts(
        of: found, in: fitter.model.shapeModel, image: face.image, regressor: glance.regressor)
      var parameters = starts.all[0].parameters
      samples += fit(
        face, truth, &parameters, index, isTracking: false, anchor: starts.all[0].anchor)
      parameters.global.tx += 0.03 * generator.normal() * box.width
      parameters.global.ty += 0.03 * generator.normal() * box.height
      parameters.global.rotation.y += 0.05 * generator.normal()
      glance.look(at: fitter.model.shapeModel.landmarks(parameters), in: face.image)
      samples += fit(face, truth, &parameters, index, isTracking: true, anchor: glance.anchor)
    }
    if generator.chance(Self.wrongShare) {
      let start = FailureStarts.draw(around: box, &generator)
      let local = [Double](repeating: 0, count: fitter.model.shapeModel.modeCount)
      let rotation = EulerAngles(x: 0, y: 0, z: start.roll)
      var parameters = FaceParameters(
        global: fitter.model.shapeModel.globalParameters(
          box: start.box, local: local, rotation: rotation), local: local)
      samples += fit(face, truth, &parameters, index, isTracking: false)
    }
    return samples
  }

  /// Of the faces, those that are also fitted from a wrong place.
  private static let wrongShare = 0.2

  private func nearest(_ faces: [DetectedFace], to box: FaceBox) -> DetectedFace? {
    func distance(_ face: DetectedFace) -> Double {
      let (dx, dy) = (face.box.center.x - box.center.x, face.box.center.y - box.center.y)
      return (dx * dx + dy * dy).squareRoot()
    }
    guard let best = faces.min(by: { distance($0) < distance($1) }),
      distance(best) < 0.5 * max(box.width, box.height)
    else { return nil }
    return best
  }

  private func fit(
    _ face: RenderedFace, _ truth: [Double], _ parameters: inout FaceParameters, _ index: Int,
    isTracking: Bool, anchor: LandmarkEstimate? = nil
  ) -> [Sample] {
    let settings = fitter.settings
    fitter.fit(
      image: face.image, parameters: &parameters,
      windows: isTracking ? settings.trackingWindows : settings.firstFitWindows,
      isTracking: isTracking, anchor: anchor)
    guard fitter.report.succeeded else { return [] }
    var landmarks: [Double] = []
    fitter.copyLandmarks(into: &landmarks)
    if !isTracking { glance.look(at: landmarks, afresh: true, in: face.image) }
    var report = fitter.report
    glance.compare(&report, landmarks)
    let word = belief.judge(
      report, certainty: nil, scaleCount: fitter.model.scales.count)
    fitter.copyFigures(into: &figures)
    confidence.gather(figures, image: face.image, landmarks: landmarks)
    let n = fitter.model.landmarkCount
    let corners = face.shape[36] - face.shape[45]
    let limit =
      Self.rightError * Double(face.pixelsPerMillimetre * (corners * corners).sum().squareRoot())
    return [
      Sample(
        figures: (0..<n).map {
          confidence.figures(
            of: $0, confidence: word.confidence, rotation: parameters.global.rotation)
        },
        states: (0..<n).map { i in
          guard face.visible[i] else { return .turnedAway }
          guard !face.covered[i] else { return .covered }
          let (dx, dy) = (landmarks[i] - truth[i], landmarks[n + i] - truth[n + i])
          return (dx * dx + dy * dy).squareRoot() <= limit ? .right : .wrong
        }, face: index)
    ]
  }

  /// Learns the rule, by the evidence that it may weigh.
  public static func learn(
    _ samples: [Sample], evidence: [LandmarkVerdict.Evidence], penalty: Double = 5
  ) throws(ModelDataError) -> LandmarkVerdict {
    let all = LandmarkVerdict.Evidence.allCases
    let columns = evidence.compactMap { all.firstIndex(of: $0) }
    let scales = columns.map { column -> LandmarkVerdict.Scale in
      var (sum, squares, count) = (0.0, 0.0, 0.0)
      for sample in samples {
        for figures in sample.figures where figures[column].isFinite {
          sum += figures[column]
          squares += figures[column] * figures[column]
          count += 1
        }
      }
      let mean = sum / max(1, count)
      return LandmarkVerdict.Scale(
        evidence: all[column], mean: mean,
        deviation: max(0, squares / max(1, count) - mean * mean).squareRoot())
    }
    let n = samples.first?.figures.count ?? 0
    let weights = (0..<n).flatMap { landmark -> [Double] in
      let rows = samples.map { sample in
        zip(columns, scales).flatMap { column, scale -> [Double] in
          let z = LandmarkVerdict.standardised(sample.figures[landmark][column], scale)
          return [z, z * z]
        }
      }
      let regression = LogisticRegression(
        features: rows, labels: samples.map { $0.states[landmark] == .right }, penalty: penalty)
      return regression.weights + [regression.bias]
    }
    return try LandmarkVerdict(scales: scales, weights: weights)
  }

  /// What a rule says of a sample's landmark.
  public static func probability(
    _ verdict: LandmarkVerdict, _ sample: Sample, landmark: Int
  ) -> Double {
    let all = LandmarkVerdict.Evidence.allCases
    return verdict.probability(landmark: landmark) { evidence in
      all.firstIndex(of: evidence).map { sample.figures[landmark][$0] } ?? .nan
    }
  }
}
