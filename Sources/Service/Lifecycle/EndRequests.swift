/// What a signal that asks the process to end means, when it is not the first.
///
/// `timeout` signals its child and then the child's group, a closing terminal its foreground and then,
/// through the shell, its jobs: what comes within a second of the first is the same wish. Later ones
/// are of somebody who does not want to wait.
public struct EndRequests: Sendable {
  public enum Meaning: Sendable, Equatable {
    /// The first: close everything, then end.
    case begin
    /// The first once more.
    case same
    /// End now.
    case atOnce
  }

  private static let sameSeconds = 1.0
  private var firstSeconds: Double?

  public init() {}

  /// - Parameters:
  ///   - isHangup: whether it came of a closed terminal, which nobody presses again.
  ///   - seconds: of a clock that never goes back.
  public mutating func hear(isHangup: Bool = false, at seconds: Double) -> Meaning {
    guard let first = firstSeconds else {
      firstSeconds = seconds
      return .begin
    }
    return isHangup || seconds - first < Self.sameSeconds ? .same : .atOnce
  }
}
