import CLNF
import FaceFinding
import Glibc

/// Says of each landmark of a fit how likely it is seen and right, by what the fit shows of it and what one
/// look at the whole face says (`LandmarkVerdict`).
///
/// Keeps its memory: nothing is allocated once a fit has been judged. One thread at a time.
public final class LandmarkConfidence {
  private let verdict: LandmarkVerdict?
  private let regressor: LandmarkRegressor
  private let neighbours: [[Int]]
  /// By landmark, where it is across the head, -1 to 1.
  private let sides: [Double]
  private var figures = LandmarkFigures()
  private var seen = LandmarkEstimate()
  private var lookDistances: [Double]
  private var logDeviations: [Double]
  private var surroundings: LandmarkSurroundings

  /// Landmarks that are covered together.
  private static let neighbourCount = 6
  /// Log odds of a fit as a whole are kept within this.
  private static let largestOdds = 8.0

  /// - Returns: nil for a model that has not learned it, or of another markup.
  public convenience init?(_ model: FaceModel, regressor: LandmarkRegressor) {
    guard model.landmarkCount == 68, let verdict = model.landmarkVerdict else { return nil }
    self.init(verdict, shape: model.shapeModel, regressor: regressor)
  }

  /// - Parameter verdict: nil: figures alone are gathered, to learn from.
  package init(
    _ verdict: LandmarkVerdict?, shape: PointDistributionModel, regressor: LandmarkRegressor
  ) {
    self.verdict = verdict
    self.regressor = regressor
    let mean = shape.meanShape
    let n = shape.landmarkCount
    let places = (0..<n).map { SIMD3(mean[$0], mean[n + $0], mean[2 * n + $0]) }
    func square(_ i: Int, _ j: Int) -> Double {
      let d = places[i] - places[j]
      return (d * d).sum()
    }
    neighbours = (0..<n).map { i in
      let others = (0..<n).filter { $0 != i }.sorted { square(i, $0) < square(i, $1) }
      return Array(others.prefix(Self.neighbourCount))
    }
    let farthest = places.map { abs($0.x) }.max() ?? 1
    sides = places.map { $0.x / farthest }
    lookDistances = [Double](repeating: .nan, count: n)
    logDeviations = lookDistances
    surroundings = LandmarkSurroundings(count: n)
  }

  /// Fills `confidences` with n numbers, 0 (surely hidden or wrong) to 1.
  ///
  /// - Parameters:
  ///   - figures: what the fit shows of its landmarks.
  ///   - landmarks: 2n px, where that fit ended.
  ///   - confidence: of the fit as a whole, 0 to 1.
  public func judge(
    _ figures: LandmarkFigures, image: borrowing GreyImage, landmarks: [Double],
    rotation: EulerAngles, confidence: Double, into confidences: inout [Double]
  ) {
    gather(figures, image: image, landmarks: landmarks)
    // Arrays that are shared would be copied by the next fit that writes into them.
    defer { self.figures = LandmarkFigures() }
    let n = lookDistances.count
    if confidences.count != n { confidences = [Double](repeating: 0, count: n) }
    guard let verdict else { return }
    let (odds, turn) = (Self.odds(confidence), sin(rotation.y))
    for i in 0..<n {
      confidences[i] = verdict.probability(landmark: i) { figure($0, i, odds, turn) }
    }
  }

  /// A landmark's figures, in the order of `LandmarkVerdict.Evidence.allCases`, of the fit that was given
  /// to `gather`.
  package func figures(of landmark: Int, confidence: Double, rotation: EulerAngles) -> [Double] {
    let (odds, turn) = (Self.odds(confidence), sin(rotation.y))
    return LandmarkVerdict.Evidence.allCases.map { figure($0, landmark, odds, turn) }
  }

  /// Looks at a fit.
  package func gather(
    _ figures: LandmarkFigures, image: borrowing GreyImage, landmarks: [Double]
  ) {
    self.figures = figures
    let n = lookDistances.count
    let isSeen = regressor.look(at: landmarks, in: image, into: &seen)
    let extents = Extents(landmarks, n) { _ in true }
    let width = max(extents.width, extents.height)
    for i in 0..<n {
      let (dx, dy) =
        isSeen
        ? (seen.points[i] - landmarks[i], seen.points[n + i] - landmarks[n + i]) : (.nan, .nan)
      lookDistances[i] = log((dx * dx + dy * dy).squareRoot() / width + 0.005)
      logDeviations[i] = isSeen ? log(seen.deviations[i] / width) : .nan
    }
    surroundings.look(at: landmarks, in: image, width: width)
  }

  private static func odds(_ confidence: Double) -> Double {
    let p = confidence.isNaN ? 0.5 : confidence
    return max(-largestOdds, min(largestOdds, log(p / (1 - p))))
  }

  private func figure(
    _ evidence: LandmarkVerdict.Evidence, _ i: Int, _ odds: Double, _ turn: Double
  ) -> Double {
    switch evidence {
    case .meanShift: log(figures.meanShifts[i] + 0.05)
    case .density: figures.logDensities[i]
    case .nearDensity: near(i, figures.logDensities)
    case .peakResponse: figures.logPeaks[i]
    case .nearPeakResponse: near(i, figures.logPeaks)
    case .peakOffset: log(figures.peakOffsets[i] + 0.2)
    case .fit: odds
    case .turned: turn * sides[i]
    case .lookDistance: lookDistances[i]
    case .nearLookDistance: near(i, lookDistances)
    case .lookDeviation: logDeviations[i]
    case .nearLookDeviation: near(i, logDeviations)
    case .contrast: surroundings.contrasts[i]
    case .brightness: surroundings.brightness[i]
    }
  }

  /// The mean over the nearest landmarks that have a number.
  private func near(_ i: Int, _ values: [Double]) -> Double {
    var (sum, count) = (0.0, 0.0)
    for j in neighbours[i] where values[j].isFinite {
      sum += values[j]
      count += 1
    }
    return count > 0 ? sum / count : .nan
  }
}
