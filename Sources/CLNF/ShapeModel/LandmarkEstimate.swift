/// Where the landmarks of a face are thought to be, and how far each may be off.
public struct LandmarkEstimate: Sendable, Equatable {
  /// 2n px of the image, stacked.
  public var points: [Double]
  /// n: standard deviations along either axis, px; above 0.
  public var deviations: [Double]

  public init(points: [Double] = [], deviations: [Double] = []) {
    self.points = points
    self.deviations = deviations
  }

  /// Whether it is one of `count` landmarks that can be fitted to.
  func isUsable(count: Int) -> Bool {
    points.count == 2 * count && deviations.count == count && points.allSatisfy(\.isFinite)
      && deviations.allSatisfy { $0 > 0 && $0.isFinite }
  }
}
