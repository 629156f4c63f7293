import Dispatch
import Synchronization
import SystemSupport

/// The thread on which all feeds' pictures are encoded, one after another: a page of many streams
/// takes one core at most. It begins with the first picture and then stays. Thread-safe.
final class PictureEncoding: Sendable {
  static let shared = PictureEncoding()

  private let feeds = Mutex<[PictureFeed]>([])
  private let count = DispatchSemaphore(value: 0)

  private init() {
    SystemThread.start("pictures") { [self] in
      while true {
        count.wait()
        // A feed is here at most once; those that come meanwhile go behind it.
        let feed = feeds.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        feed?.encodePending()
      }
    }
  }

  /// Has the feed's pending picture encoded.
  func add(_ feed: PictureFeed) {
    feeds.withLock { $0.append(feed) }
    count.signal()
  }
}
