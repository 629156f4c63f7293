import Foundation
import Synchronization

/// The thread on which all feeds' pictures are encoded, one after another: a page of many streams
/// takes one core at most. It begins with the first picture and then stays. Thread-safe.
final class PictureEncoding: Sendable {
  static let shared = PictureEncoding()

  private let feeds = Mutex<[PictureFeed]>([])
  private let count = DispatchSemaphore(value: 0)

  private init() {
    let thread = Thread { [self] in
      while true {
        count.wait()
        // A feed is here at most once; those that come meanwhile go behind it.
        let feed = feeds.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        feed?.encodePending()
      }
    }
    thread.name = "pictures"
    thread.start()
  }

  /// Has the feed's pending picture encoded.
  func add(_ feed: PictureFeed) {
    feeds.withLock { $0.append(feed) }
    count.signal()
  }
}
