/// The last pass of a fit in the 68-point markup that did not reach the model's finest scale.
///
/// Lids and lips alone look at the image once more, at that scale, and move against a prior of its own. The
/// other landmarks are held by what held them in the pass before. A closing lid is a step of a pixel or two at
/// a coarse scale, which hardly sees it.
///
/// A face of less than `leastShare` of the finest scale has no such pass. Figures of the fit are those of the
/// pass before. Source: docs/decisions/0034-details-at-the-finest-scale.md.
public struct DetailPass: Sendable, Equatable, Codable {
  /// Width and height of the windows, px of the finest scale.
  public var window: Int
  /// Weight of the shape prior, > 0: the other landmarks are held in proportion to it.
  public var regularisation: Double
  /// Most iterations, >= 1.
  public var iterationLimit: Int

  public init(window: Int, regularisation: Double, iterationLimit: Int) {
    self.window = window
    self.regularisation = regularisation
    self.iterationLimit = iterationLimit
  }

  /// Of the 68-point markup.
  static let landmarks = 36..<68
  /// Of the finest scale's px/mm.
  static let leastShare = 0.4

  /// - Throws: `ModelDataError` naming the setting, its value and what was expected.
  func validate() throws(ModelDataError) {
    guard FitSettings.isWindow(window) else {
      throw ModelDataError(
        "a window of \(window) for details; expected an odd number from 3 to \(ExpertScale.largestWindow)"
      )
    }
    guard regularisation.isFinite, regularisation > 0 else {
      throw ModelDataError("a regularisation of \(regularisation) for details; expected above 0")
    }
    guard (1...1000).contains(iterationLimit) else {
      throw ModelDataError(
        "an iteration limit of \(iterationLimit) for details; expected 1 to 1000")
    }
  }
}
