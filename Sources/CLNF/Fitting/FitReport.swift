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
  /// Mean over visible landmarks of log(density + 1e-8), of the last scale's full pass.
  public var likelihood = -Double.infinity
  /// Mean length of the mean shifts of the last scale's last iteration over visible landmarks,
  /// reference px.
  public var meanShift = 0.0
  /// Mean distance from landmark to response peak, last scale, reference px.
  public var peakOffset = 0.0
  /// Iterations of all passes.
  public var iterations = 0
  /// The view chosen at the last scale.
  public var view = 0
  /// The last scale that was fitted, an index; -1 if none.
  public var lastScale = -1

  public init() {}

  public var succeeded: Bool { failure == nil }
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
