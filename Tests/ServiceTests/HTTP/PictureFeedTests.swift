import CLNF
import Foundation
import Synchronization
import Testing
import Tracking

@testable import Service

@Suite struct PictureFeedTests {
  private let time = ManualClock()

  /// Waits until the encoder's thread has called `tell` so often.
  private func wait(_ told: Locked<Int>, _ count: Int) throws {
    try waitUntil("told \(count) times") { told.value == count }
  }

  @Test("nobody looks: nothing is copied")
  func nobody() {
    let feed = PictureFeed(clock: time.clock)
    #expect(!feed.isWanted)
    for _ in 0..<10 {
      feed.offer(ramp(8, 8), [circleFrame()])
      time.advance(1)
    }
    #expect(feed.counts == (0, 0))
    #expect(feed.newest(after: 0) == nil)
  }

  @Test("two who wait have one picture, which is encoded once")
  func two() throws {
    let feed = PictureFeed(clock: time.clock)
    let told = Locked(0)
    let watchers = (0..<2).map { _ in feed.addWatcher(after: 0) { told.value += 1 } }
    #expect(feed.isWanted)
    feed.offer(ramp(32, 24), [circleFrame()])
    try wait(told, 2)
    #expect(feed.counts == (1, 1))
    let picture = try #require(feed.newest(after: 0))
    #expect(picture.number == 1 && picture.jpeg.starts(with: [0xFF, 0xD8]))
    #expect(feed.newest(after: 1) == nil)
    for watcher in watchers { feed.removeWatcher(watcher) }
  }

  @Test("who has waited looks for two seconds more; copies are encoded only for those who wait")
  func interest() throws {
    let feed = PictureFeed(clock: time.clock)
    let told = Locked(0)
    feed.removeWatcher(feed.addWatcher(after: 0) { told.value += 1 })
    time.advance(1.9)
    #expect(feed.isWanted)
    feed.offer(ramp(8, 8), [circleFrame(number: 3)])
    #expect(feed.counts == (1, 0))
    // The copy is fresh: who comes now needs not wait for another.
    let watcher = feed.addWatcher(after: 0) { told.value += 1 }
    try wait(told, 1)
    feed.removeWatcher(watcher)
    time.advance(2.1)
    #expect(!feed.isWanted)
    feed.offer(ramp(8, 8), [circleFrame()])
    #expect(feed.counts == (1, 1))
  }

  @Test("what is old is not shown as if it were now")
  func old() throws {
    let feed = PictureFeed(clock: time.clock)
    let told = Locked(0)
    let first = feed.addWatcher(after: 0) { told.value += 1 }
    feed.offer(ramp(8, 8), [circleFrame()])
    try wait(told, 1)
    feed.removeWatcher(first)
    time.advance(1)
    feed.offer(ramp(8, 8), [circleFrame()])
    time.advance(3)
    #expect(feed.newest(after: 0) == nil)
    let second = feed.addWatcher(after: 0) { told.value += 1 }
    feed.offer(ramp(8, 8), [circleFrame(number: 77)])
    try wait(told, 2)
    let picture = try #require(feed.newest(after: 0))
    #expect(String(decoding: picture.json, as: UTF8.self).contains("\"frameNumber\":77"))
    feed.removeWatcher(second)
  }

  @Test("at most 15 pictures a second are copied, and nearly as many of 30 frames a second")
  func rate() {
    for (framesPerSecond, expected) in [(30.0, 150...151), (15.0, 150...151), (1000.0, 145...151)] {
      let time = ManualClock()
      let feed = PictureFeed(clock: time.clock)
      let watcher = feed.addWatcher(after: Int.max) {}
      for _ in 0..<Int(10 * framesPerSecond) {
        feed.offer(ramp(4, 4), [circleFrame()])
        time.advance(1 / framesPerSecond)
      }
      #expect(expected.contains(feed.counts.copies), "\(framesPerSecond): \(feed.counts)")
      feed.removeWatcher(watcher)
    }
  }

  @Test("the picture told is a copy: the tracker goes on with its own")
  func copies() throws {
    let feed = PictureFeed(clock: time.clock)
    let told = Locked(0)
    let watcher = feed.addWatcher(after: 0) { told.value += 1 }
    var frame = circleFrame()
    feed.offer(ramp(8, 8), [frame])
    frame.landmarks[0] = 999
    try wait(told, 1)
    let json = String(decoding: try #require(feed.newest(after: 0)).json, as: UTF8.self)
    #expect(json.contains("\"x\":[10.1,11.1,"))
    feed.removeWatcher(watcher)
  }

  @Test("several faces are all told, with their numbers; of one there is no list")
  func severalFaces() throws {
    let feed = PictureFeed(clock: time.clock)
    let told = Locked(0)
    func json(after: Int, _ frames: [TrackedFrame]) throws -> [String: Any] {
      let watcher = feed.addWatcher(after: after) { told.value += 1 }
      defer { feed.removeWatcher(watcher) }
      time.advance(1)
      feed.offer(ramp(8, 8), frames)
      try wait(told, after + 1)
      let bytes = try #require(feed.newest(after: after)).json
      return try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }
    var (doubted, lost) = (circleFrame(), circleFrame())
    (doubted.faceID, doubted.success, doubted.state) = (3, false, .doubtful)
    lost.hasFit = false
    var right = circleFrame()
    (right.faceID, right.landmarks[0]) = (7, 50)
    let told3 = try json(after: 0, [doubted, right, lost])
    // What stands beside the list is the believed one's.
    #expect(told3["success"] as? Bool == true && (told3["x"] as? [Double])?.first == 50)
    let faces = try #require(told3["faces"] as? [[String: Any]])
    #expect(faces.map { $0["faceId"] as? Int } == [3, 7])
    #expect(faces.map { $0["state"] as? String } == ["doubtful", "tracking"])
    #expect(faces.allSatisfy { ($0["x"] as? [Double])?.count == 68 })
    let one = try json(after: 1, [right])
    #expect(one["faces"] == nil && (one["x"] as? [Double])?.count == 68)
  }

  @Test("without a fit there are no landmarks; what is no number is far away")
  func withoutFit() throws {
    let feed = PictureFeed(clock: time.clock)
    let told = Locked(0)
    var frame = circleFrame()
    frame.landmarks[0] = .nan
    var watcher = feed.addWatcher(after: 0) { told.value += 1 }
    feed.offer(ramp(8, 8), [frame])
    try wait(told, 1)
    #expect(
      String(decoding: try #require(feed.newest(after: 0)).json, as: UTF8.self)
        .contains("\"x\":[-1,"))
    feed.removeWatcher(watcher)
    frame.hasFit = false
    frame.state = .searching
    watcher = feed.addWatcher(after: 1) { told.value += 1 }
    time.advance(1)
    feed.offer(ramp(8, 8), [frame])
    try wait(told, 2)
    let json = String(decoding: try #require(feed.newest(after: 1)).json, as: UTF8.self)
    #expect(json.contains("\"state\":\"searching\"") && !json.contains("\"x\""))
    feed.removeWatcher(watcher)
  }

  @Test("wide pictures become 640 px wide; empty ones are left out")
  func sizes() throws {
    let feed = PictureFeed(clock: time.clock)
    let told = Locked(0)
    let watcher = feed.addWatcher(after: 0) { told.value += 1 }
    feed.offer(GreyImage(width: 0, height: 0, repeating: 0), [circleFrame()])
    #expect(feed.counts.copies == 0)
    feed.offer(ramp(1280, 720), [circleFrame()])
    try wait(told, 1)
    let picture = try #require(feed.newest(after: 0))
    #expect(jpegSize(picture.jpeg) == [640, 360])
    #expect(String(decoding: picture.json, as: UTF8.self).contains("\"width\":1280"))
    feed.removeWatcher(watcher)
  }

  @Test("streams that offer and callers who come and go at once")
  func crowd() throws {
    let feed = PictureFeed()
    let isOver = Locked(false)
    let stream = Thread {
      let image = ramp(160, 120)
      var frame = circleFrame()
      while !isOver.value {
        frame.frameNumber += 1
        feed.offer(image, [frame])
      }
    }
    stream.start()
    let seen = Locked(0)
    let group = DispatchGroup()
    for _ in 0..<4 {
      group.enter()
      Thread.detachNewThread {
        var last = 0
        for i in 0..<12 {
          let told = DispatchSemaphore(value: 0)
          let watcher = feed.addWatcher(after: last) { told.signal() }
          // Some leave before they are told.
          if i % 3 != 2, told.wait(timeout: .now() + 10) == .success,
            let picture = feed.newest(after: last)
          {
            if picture.number <= last { Issue.record("number \(picture.number) after \(last)") }
            last = picture.number
            seen.value += 1
          }
          feed.removeWatcher(watcher)
        }
        group.leave()
      }
    }
    #expect(group.wait(timeout: .now() + 60) == .success)
    isOver.value = true
    #expect(feed.watcherCount == 0)
    #expect(seen.value >= 4)
    #expect(feed.counts.encodings <= feed.counts.copies)
  }

  /// Width and height of a baseline JPEG's frame header.
  private func jpegSize(_ bytes: [UInt8]) -> [Int] {
    for i in 0..<(max(9, bytes.count) - 9) where bytes[i] == 0xFF && bytes[i + 1] == 0xC0 {
      return [
        Int(bytes[i + 7]) << 8 + Int(bytes[i + 8]), Int(bytes[i + 5]) << 8 + Int(bytes[i + 6]),
      ]
    }
    return []
  }
}
