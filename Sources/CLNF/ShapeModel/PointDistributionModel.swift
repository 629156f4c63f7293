/// A 3D point distribution model: X = mean + V q, projected by weak perspective.
///
/// Object space is in millimetres: origin near the face's centre, x right, y down, z away from
/// the camera. 3D shapes are stacked [x0 ... x(n-1), y0 ..., z0 ...] and 2D shapes
/// [x0 ... x(n-1), y0 ...] in pixels. Immutable; safe to share between threads.
///
/// Source: Saragih, Lucey, Cohn, "Deformable Model Fitting by Regularized Landmark Mean-Shift",
/// IJCV 2011, section 3; docs/reference/clnf.md section 2.
public final class PointDistributionModel: Sendable {
  /// n.
  public let landmarkCount: Int
  /// m.
  public let modeCount: Int
  /// 3n, mm.
  let mean: Buffer<Double>
  /// m modes of 3n each, mode after mode; unit vectors.
  let modes: Buffer<Double>
  /// m variances in mm^2, each > 0.
  public let variances: [Double]

  /// - Parameters:
  ///   - mean: 3n values, mm.
  ///   - modes: m modes of 3n values each, one after the other.
  ///   - variances: m values, mm^2.
  /// - Throws: `ModelDataError` where lengths disagree, a value is not finite or a variance is
  ///   not positive.
  public init(mean: [Double], modes: [Double], variances: [Double]) throws(ModelDataError) {
    guard mean.count % 3 == 0, mean.count >= 9 else {
      throw ModelDataError(
        "a mean shape has \(mean.count) values; expected 3 for each of 3 or more landmarks")
    }
    guard !variances.isEmpty, modes.count == mean.count * variances.count else {
      throw ModelDataError(
        "the modes have \(modes.count) values; expected \(mean.count) for each of the \(variances.count) variances"
      )
    }
    guard mean.allSatisfy(\.isFinite), modes.allSatisfy(\.isFinite) else {
      throw ModelDataError("the shape model holds values that are not finite")
    }
    guard variances.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw ModelDataError("the shape model's variances are not all positive and finite")
    }
    landmarkCount = mean.count / 3
    modeCount = variances.count
    self.mean = Buffer(mean)
    self.modes = Buffer(modes)
    self.variances = variances
  }

  /// 6 rigid parameters and one a mode.
  public var parameterCount: Int { 6 + modeCount }

  /// The mean shape, 3n, mm.
  public var meanShape: [Double] { mean.array }

  /// The modes, m times 3n.
  public var modeVectors: [Double] { modes.array }
}

/// Figures of a model that contradict each other or cannot be used. The readers of files turn it
/// into a `ModelError` that names the file.
public struct ModelDataError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
