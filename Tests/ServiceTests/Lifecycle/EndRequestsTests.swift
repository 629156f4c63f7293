import Testing

@testable import Service

/// What a second signal means.
@Suite struct EndRequestsTests {
  @Test("a second within a second is the first once more; a later one ends at once")
  func secondSignals() {
    var requests = EndRequests()
    #expect(requests.hear(at: 100) == .begin)
    #expect(requests.hear(at: 100) == .same)
    #expect(requests.hear(at: 100.9) == .same)
    #expect(requests.hear(at: 101.1) == .atOnce)
  }

  @Test("a closed terminal is heard of more than once and nobody's impatience")
  func hangups() {
    var requests = EndRequests()
    #expect(requests.hear(isHangup: true, at: 5) == .begin)
    #expect(requests.hear(isHangup: true, at: 9) == .same)
    #expect(requests.hear(at: 9) == .atOnce)
  }
}
