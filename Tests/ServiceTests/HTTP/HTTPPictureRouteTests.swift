import Foundation
import Testing

@testable import Service

@Suite struct HTTPPictureRouteTests {
  /// A stream's thread that offers pictures until it is told to stop.
  private func offering(_ feed: PictureFeed) -> Locked<Bool> {
    let goesOn = Locked(true)
    Thread.detachNewThread {
      let image = ramp(64, 48)
      var number = 0
      while goesOn.value {
        number += 1
        feed.offer(image, [circleFrame(number: number)])
        usleep(5000)
      }
    }
    return goesOn
  }

  @Test("a picture comes as JPEG with its frame's figures; the next after it is another")
  func single() throws {
    let directory = FakeDirectory.liveAndAway()
    let front = try RunningFront(directory)
    let offers = offering(try #require(directory.pictures(of: "door")))
    defer { offers.value = false }
    let caller = try HTTPCaller(front.port)
    let first = try caller.get("/api/streams/door/picture")
    #expect(first.status == 200 && first.headers["content-type"] == "image/jpeg")
    #expect(first.body.starts(with: [0xFF, 0xD8]) && first.body.suffix(2) == [0xFF, 0xD9])
    let text = try #require(first.headers["landmarkd-frame"])
    let frame = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(frame["width"] as? Int == 64 && frame["height"] as? Int == 48)
    #expect(frame["state"] as? String == "tracking" && frame["success"] as? Bool == true)
    let x = try #require(frame["x"] as? [Double])
    let y = try #require(frame["y"] as? [Double])
    #expect(x.count == 68 && x[0] == 10.1 && y.count == 68 && y[0] == 5)
    let number = try #require(frame["number"] as? Int)
    let second = try caller.get("/api/streams/door/picture?after=\(number)")
    #expect(second.headers["landmarkd-frame"]?.contains("\"number\":\(number),") == false)
    // A number of an earlier run of the service does not hold anybody up.
    #expect(try caller.get("/api/streams/door/picture?after=1000000").status == 200)
  }

  @Test("pictures of several streams come together, each part with its name")
  func several() throws {
    let directory = FakeDirectory.liveAndAway()
    let front = try RunningFront(directory)
    let offers = ["door", "yard"].compactMap { directory.pictures(of: $0) }.map(offering)
    defer { for offer in offers { offer.value = false } }
    let caller = try HTTPCaller(front.port)
    var seen: Set<String> = []
    try waitUntil("pictures of both streams") {
      let answer = try caller.get("/api/pictures?of=0:door&of=0:yard&of=0:gone")
      #expect(answer.headers["content-type"] == PicturesWait.contentType)
      for part in try parts(answer.body) {
        seen.insert(part.name)
        #expect(part.jpeg.starts(with: [0xFF, 0xD8]))
        #expect(part.json.contains("\"frameNumber\""))
      }
      return seen == ["door", "yard"]
    }
  }

  @Test("a stream that is asked for again and again is in the answer once; 40 are the most")
  func once() throws {
    let directory = FakeDirectory.liveAndAway()
    let front = try RunningFront(directory)
    let offers = offering(try #require(directory.pictures(of: "door")))
    defer { offers.value = false }
    let asked = String(repeating: "&of=0:door", count: 700)
    #expect(try parts(ask(front, "/api/pictures?wait=20\(asked)").body).map(\.name) == ["door"])
    func many(_ count: Int) -> String { (0..<count).map { "&of=0:s\($0)" }.joined() }
    #expect(try ask(front, "/api/pictures?wait=0\(many(40))").status == 200)
    let refused = try ask(front, "/api/pictures?wait=0\(many(41))")
    #expect(refused.status == 400 && refused.text.contains("at most 40 streams"))
  }

  @Test("all answers have the one picture's bytes, not copies")
  func shared() throws {
    let directory = FakeDirectory.liveAndAway()
    let feed = try #require(directory.pictures(of: "door"))
    let told = Locked(false)
    let watcher = feed.addWatcher(after: 0) { told.value = true }
    defer { feed.removeWatcher(watcher) }
    feed.offer(ramp(64, 48), [circleFrame()])
    try waitUntil("a picture") { told.value }
    func addresses(_ pieces: [[UInt8]]) -> Set<UnsafePointer<UInt8>> {
      Set(pieces.compactMap { $0.withUnsafeBufferPointer(\.baseAddress) })
    }
    let picture = try #require(feed.newest(after: 0))
    let wait = PicturesWait([.init(name: "door", feed: feed, after: 0)], longestSeconds: 1)
    let single = SinglePictureWait(feed, after: 0, longestSeconds: 1)
    for answer in [wait.answer(isOver: false), single.answer(isOver: false)] {
      let sent = try #require(answer).encoded(bodyIsLeftOut: false, isLast: true)
      #expect(addresses(sent).isSuperset(of: addresses([picture.jpeg])))
    }
  }

  @Test("where none comes in time, the answer says so")
  func none() throws {
    let front = try RunningFront(.liveAndAway())
    #expect(try ask(front, "/api/streams/yard/picture?wait=0").status == 503)
    let answer = try ask(front, "/api/pictures?of=0:yard&wait=0")
    #expect(answer.status == 200 && answer.body.isEmpty)
  }

  @Test("one encoding serves all callers, and the thread that offers is not held up by them")
  func oneEncoding() throws {
    let directory = FakeDirectory.liveAndAway()
    let front = try RunningFront(directory)
    let feed = try #require(directory.pictures(of: "door"))
    let callers = try (0..<5).map { _ in try HTTPCaller(front.port) }
    for caller in callers {
      caller.send("GET /api/streams/door/picture HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }
    try waitUntil("all wait") { feed.watcherCount == 5 }
    feed.offer(ramp(64, 48), [circleFrame()])
    let answers = try callers.map { try $0.read()?.body }
    #expect(Set(answers).count == 1 && answers[0]?.isEmpty == false)
    #expect(feed.counts.encodings == 1)
  }

  @Test("who leaves while he waits is not waited for")
  func vanished() throws {
    let directory = FakeDirectory.liveAndAway()
    let front = try RunningFront(directory)
    let feed = try #require(directory.pictures(of: "door"))
    var caller: HTTPCaller? = try HTTPCaller(front.port)
    caller?.send("GET /api/streams/door/picture?wait=20 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try waitUntil("he waits") { feed.watcherCount == 1 }
    caller = nil
    try waitUntil(seconds: 5, "he is forgotten") { feed.watcherCount == 0 }
  }

  /// As the page reads them.
  private func parts(
    _ body: [UInt8]
  ) throws -> [(name: String, json: String, jpeg: [UInt8])] {
    var parts: [(name: String, json: String, jpeg: [UInt8])] = []
    var rest = body[...]
    func take(_ count: Int) throws -> [UInt8] {
      try #require(rest.count >= count)
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    while !rest.isEmpty {
      let lengths = try (0..<3).map { _ in
        try take(4).reduce(0) { $0 << 8 + Int($1) }
      }
      let (name, json) = (try take(lengths[0]), try take(lengths[1]))
      parts.append(
        (
          String(decoding: name, as: UTF8.self), String(decoding: json, as: UTF8.self),
          try take(lengths[2])
        ))
    }
    return parts
  }
}
