import Glibc

/// How a fit went. A fit that fails is a result, not an error.
public struct FitReport: Sendable {
  /// Why a fit has no usable result.
  public enum Failure: String, Sendable {
    /// The scale fell below 0.25 px/mm: a face of less than about 30 px.
    case faceTooSmall
    /// Every scale was skipped, or the image is empty.
    case nothingFitted
    /// Parameters were no longer finite.
    case diverged
  }

  public var failure: Failure?
  /// Mean over visible landmarks of log(density + 1e-8), of the last scale's full pass. Densities
  /// are of responses raised to the settings' exponent: not to be compared between exponents.
  public var likelihood = -Double.infinity
  /// Mean length of the mean shifts of the last scale's last iteration over visible landmarks,
  /// reference px.
  public var meanShift = 0.0
  /// The longest of them.
  public var largestMeanShift = 0.0
  /// Mean distance from landmark to response peak, last scale, reference px.
  public var peakOffset = 0.0
  /// Share of visible landmarks whose response peak lies within 1 reference px, last scale.
  public var nearPeakShare = 0.0
  /// Mean over visible landmarks of the highest response of their maps, raised to the settings'
  /// exponent; last scale.
  public var peakResponse = 0.0
  /// Root mean square movement of the landmarks in the last iteration of the last full pass,
  /// reference px.
  public var lastStep = 0.0
  /// How much the step shrank from one iteration to the next, over the last full pass: the
  /// geometric mean; below 1 it converges. 1 where there was one iteration.
  public var contraction = 1.0
  /// Whether the last full pass came to rest before the iteration limit.
  public var cameToRest = false
  /// Sum of the landmarks' log densities less the prior's reg / 2 q^T Lambda^-1 q, over the number
  /// of visible landmarks; what the fit makes large. Last scale.
  public var objective = -Double.infinity
  /// q^T Lambda^-1 q / m: 1 for a face as far from the mean as the training faces are on average.
  public var shapeDistance = 0.0
  /// Iterations of all passes.
  public var iterations = 0
  /// The view chosen at the last scale.
  public var view = 0
  /// The last scale that was fitted, an index; -1 if none.
  public var lastScale = -1
  /// How the fit lies to where one look at the face sees its landmarks, where there was one (`compare`);
  /// else not a number. Mean distance over the face's width; geometric mean of what the look says that
  /// they may be off, over the width; mean of each distance over what its landmark may be off.
  public private(set) var lookDistance = Double.nan
  public private(set) var lookDeviation = Double.nan
  public private(set) var lookMisfit = Double.nan

  public init() {}

  public var succeeded: Bool { failure == nil }

  /// Compares the fit with what one look at the face says. No allocation.
  /// - Parameters:
  ///   - landmarks: the fit's, 2n px, stacked.
  ///   - seen: of the same n landmarks; nil, or another number, or a fit without width: nothing is said.
  public mutating func compare(_ landmarks: [Double], with seen: LandmarkEstimate?) {
    (lookDistance, lookDeviation, lookMisfit) = (.nan, .nan, .nan)
    let n = landmarks.count / 2
    guard let seen, n > 0, seen.points.count == 2 * n, seen.deviations.count == n else { return }
    let extents = Extents(landmarks, n) { _ in true }
    let width = max(extents.width, extents.height)
    guard width > 0, width.isFinite else { return }
    var (distances, logarithms, misfits) = (0.0, 0.0, 0.0)
    for i in 0..<n {
      let (dx, dy) = (seen.points[i] - landmarks[i], seen.points[n + i] - landmarks[n + i])
      let distance = (dx * dx + dy * dy).squareRoot()
      distances += distance
      logarithms += log(seen.deviations[i] / width)
      misfits += distance / seen.deviations[i]
    }
    lookDistance = distances / width / Double(n)
    lookDeviation = exp(logarithms / Double(n))
    lookMisfit = misfits / Double(n)
  }
}

/// One pass, rigid or full, at one scale.
public struct PassReport: Sendable, Equatable {
  public var scaleIndex: Int
  public var isRigid: Bool
  /// Mean length of the mean shifts over visible landmarks, by iteration, reference px.
  public var meanShifts: [Double]
  /// Root mean square movement of the landmarks, by iteration, reference px.
  public var steps: [Double]
  /// Whether it ended by the stop rule, not by the limit.
  public var cameToRest: Bool
}

/// What a fit saw at one scale, for `landmarkd inspect` and tests. Kept only on request.
public struct ScaleReport: Sendable {
  public var scaleIndex: Int
  /// px per mm.
  public var patchScaling: Double
  public var windowSize: Int
  public var view: Int
  /// "edges" or "edge-free": which Sigma made the responses; nets have none: "edge-free".
  public var sigma: String
  /// n maps of windowSize x windowSize, row by row, raised to the settings' exponent; empty for
  /// landmarks that are not visible.
  public var responses: [[Float]]
  /// Where the landmarks end in their windows, n each; (windowSize - 1) / 2 is where they began.
  public var offsetX: [Double]
  public var offsetY: [Double]
  /// The final mean shifts, n each, reference px.
  public var meanShiftX: [Double]
  public var meanShiftY: [Double]
  /// Densities, n; -1e8 where not visible.
  public var likelihoods: [Double]
  /// Landmarks at the scale's end, 2n image px, stacked.
  public var landmarks: [Double]
  /// The face at the scale's end.
  public var parameters: FaceParameters
  /// Reference px an image px: lengths of mean shifts over it are in image px.
  public var referenceScale: Double
  /// The rigid and the full pass.
  public var passes: [PassReport]

  /// The highest response of a landmark's map: its column and row, and the value.
  public func peak(of landmark: Int) -> (x: Int, y: Int, value: Float)? {
    let map = responses[landmark]
    guard let best = map.indices.max(by: { map[$0] < map[$1] }) else { return nil }
    return (best % windowSize, best / windowSize, map[best])
  }
}

/// What one iteration saw and did, for tests and reports. Arrays are stacked over landmarks.
struct IterationRecord {
  var scale: Int
  var isRigid: Bool
  var iteration: Int
  /// Before the update.
  var global: GlobalParameters
  var local: [Double]
  /// Landmarks' places in their windows, window px: n each.
  var offsetX: [Double]
  var offsetY: [Double]
  /// 2n, reference px.
  var meanShiftReference: [Double]
  /// 2n, image px; 0 where not visible.
  var meanShiftImage: [Double]
  /// Right-hand side J^T W ms - Lambda q.
  var gradient: [Double]
  /// Lower triangle of J^T W J + Lambda, row by row.
  var hessian: [Double]
  /// The parameters' update.
  var delta: [Double]
}
