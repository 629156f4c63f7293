import Testing

@testable import Service

@Suite struct LivePageTests {
  private func policy(_ answer: HTTPAnswer) -> String? {
    answer.headers.first { $0.name == "Content-Security-Policy" }?.value
  }

  @Test("nothing runs but the page's own script, and every page has a nonce of its own")
  func policy() throws {
    let answer = LivePage.answer()
    let text = try #require(policy(answer))
    #expect(text.hasPrefix("default-src 'none'; script-src 'nonce-"))
    #expect(!text.contains("unsafe"))
    let nonce = try #require(text.split(separator: "'").first { $0.hasPrefix("nonce-") })
      .dropFirst(6)
    #expect(nonce.count > 20)
    let page = String(decoding: answer.body.joined(), as: UTF8.self)
    #expect(page.components(separatedBy: "nonce=\"\(nonce)\"").count == 3)
    #expect(policy(LivePage.answer()) != text)
  }

  @Test("every mark of the page's file got its text")
  func marks() {
    let page = LivePage.document("n")
    #expect(!page.contains("{{") && !page.contains("}}"))
    #expect(page.contains("data-most-pictures=\"\(PicturesWait.mostStreams)\""))
    for text in [":root {", "function drawFace(", "class Card {", "keepPictures();"] {
      #expect(page.contains(text), "\(text)")
    }
  }

  @Test("the page brings everything with it and writes nothing as HTML")
  func selfContained() {
    let page = LivePage.document("n")
    for word in [
      "http://", "https://", "src=", "@import", "url(", "innerHTML", "outerHTML", "document.write",
      "insertAdjacentHTML", "eval(", " style=\"", " onclick", "localStorage",
    ] {
      let found = page.components(separatedBy: word).count - 1
      // The icon's name space is no address that is fetched.
      #expect(found == (word == "http://" ? 1 : 0), "\(word)")
    }
  }
}

@Suite struct StatusHistoryTests {
  private func stream(
    _ name: String, _ state: SourceState, tracking: String? = "tracking"
  ) -> StreamStatus {
    var status = StreamStatus(name: name, source: "s")
    status.sourceState = state
    status.trackingState = tracking
    (status.meanShift, status.confidence, status.framesPerSecond) = (0.12345, 1, 30)
    return status
  }

  @Test("samples come in their order, those asked for alone")
  func excerpts() {
    let history = StatusHistory()
    history.add([stream("a", .opening)])
    history.add([stream("a", .live, tracking: "searching")])
    history.add([stream("a", .live), stream("b", .waiting)])
    let all = history.since(0)
    #expect(all.last == 3)
    let silent = StatusHistory()
    silent.add([stream("a", .live, tracking: nil)])
    #expect(silent.since(0).streams["a"]?.state == ["silent"])
    #expect(silent.since(0).streams["a"]?.confidence == [nil])
    #expect(all.streams["a"]?.state == ["opening", "searching", "tracking"])
    #expect(all.streams["a"]?.meanShift == [nil, nil, 0.123])
    #expect(all.streams["a"]?.framesPerSecond == [0, 30, 30])
    #expect(all.streams["b"]?.state == ["waiting"])
    #expect(history.since(2).streams["a"]?.state == ["tracking"])
    #expect(history.since(3).streams["a"]?.state == [])
    #expect(history.since(999).streams["a"]?.state.count == 3)
    history.add([stream("b", .waiting)])
    #expect(history.since(0).streams["a"] == nil)
  }

  @Test("five minutes are kept")
  func bounded() {
    let history = StatusHistory()
    for _ in 0..<400 { history.add([stream("a", .live)]) }
    #expect(history.since(0).last == 400)
    #expect(history.since(0).streams["a"]?.state.count == StatusHistory.length)
  }
}
