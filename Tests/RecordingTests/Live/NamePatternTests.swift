import TestSupport
import Testing

@testable import Recording

@Suite struct NamePatternTests {
  private func path(_ pattern: String, stream: String = "door", counter: Int = 0) throws -> String {
    try NamePattern(pattern, stream: stream).path(at: halfPastNine + 61.75, counter: counter)
  }

  @Test func codesAreFilledIn() throws {
    #expect(
      try path("/log/{stream}-%Y%m%dT%H%M%SZ.csv") == "/log/door-20260131T093101Z.csv")
    #expect(try path("%j%%/{stream}/x") == "031%/door/x")
    #expect(try path("a.b/{stream}", counter: 2) == "a.b/door-2")
    #expect(try path("x-%Y.csv.gz", counter: 10) == "x-2026.csv-10.gz")
    #expect(try path(".hidden", counter: 1) == ".hidden-1")
    #expect(try path("{stream}.csv", stream: "../up\n") == "_._up_.csv")
    #expect(try path("{str}.csv") == "{str}.csv")
    let leap = try NamePattern("%Y-%m-%d-%j", stream: "").path(at: 1_709_164_800)
    #expect(leap == "2024-02-29-060")
    #expect(try NamePattern("%Y-%j", stream: "").path(at: 1_735_603_200) == "2024-366")
  }

  @Test(arguments: ["", "folder/", "%q.csv", "%", "a\0b"]) func whatIsNoPattern(text: String) {
    #expect(throws: RecordingError.self) { _ = try NamePattern(text, stream: "") }
    #expect(throws: RecordingError.self) { _ = try LogFileSettings(pattern: text) }
  }

  @Test func whichNamesAreThePatterns() throws {
    let pattern = try NamePattern("/log/%Y/{stream}-%Y%m%dT%H%M%SZ.csv", stream: "door")
    #expect(pattern.matches(fileName: "door-20260131T093101Z.csv"))
    #expect(pattern.matches(fileName: "door-20260131T093101Z-12.csv"))
    for other in [
      "door-20260131T093101Z.csv.gz", "door-2026013T093101Z.csv", "front-20260131T093101Z.csv",
      "door-20260131T093101Z-.csv", "door-", "",
    ] {
      #expect(!pattern.matches(fileName: other), "\(other)")
    }
  }

  @Test func theParts() throws {
    let parts = try NamePattern("/log//%Y-{stream}/x/%H.csv", stream: "a.b").components
    #expect(
      parts == [
        [], [.text("log")], [], [.time(.year), .text("-a.b")], [.text("x")], [.time(.hour)],
      ])
    #expect(NamePattern.matches(folderName: "2026-a.b", parts[3]))
    #expect(!NamePattern.matches(folderName: "2026-a.bc", parts[3]))
    #expect(NamePattern(path: "a/b.csv").components == [[.text("a")], [.text("b.csv")]])
  }

  @Test func twoPeriodsNeverHaveTheSameName() throws {
    for (seconds, pattern, missing) in [
      (86_400, "%Y%m%d", nil), (86_400, "%Y%j", nil), (3600, "%Y%m%d", "%H"),
      (3600, "%Y%m%d%H", nil), (1800, "%Y%m%d%H", "%M"), (90, "%Y%m%d%H%M", "%S"),
      (60, "%H%M", "%Y, %m, %d"), (3600, "x", "%Y, %m, %d, %H"),
    ] as [(Int, String, String?)] {
      guard let missing else {
        _ = try LogFileSettings(pattern: pattern, rotateSeconds: seconds)
        continue
      }
      #expect {
        _ = try LogFileSettings(pattern: pattern, rotateSeconds: seconds)
      } throws: { error in
        "\(error)".hasPrefix("path is '\(pattern)', expected \(missing) as well")
      }
    }
  }

  @Test func settingsOutOfRange() {
    func refused(_ make: () throws(RecordingError) -> LogFileSettings, _ text: String) {
      #expect {
        _ = try make()
      } throws: { error in
        "\(error)" == text
      }
    }
    refused(
      { () throws(RecordingError) in
        try LogFileSettings(pattern: "x", flushSeconds: 1.5)
      }, "flushSeconds is 1.5, expected 0 to 1")
    refused(
      { () throws(RecordingError) in try LogFileSettings(pattern: "x", rotateSeconds: 0) },
      "rotateSeconds is 0, expected 1 to 31622400")
    refused(
      { () throws(RecordingError) in try LogFileSettings(pattern: "x", rotateBytes: 0) },
      "rotateBytes is 0, expected at least 1")
    refused(
      { () throws(RecordingError) in
        try LogFileSettings(pattern: "x", fsync: .interval(seconds: 0))
      }, "fsync interval is 0.0, expected 0.1 to 3600 seconds")
    refused(
      { () throws(RecordingError) in try LogFileSettings(pattern: "x", queueBytes: 1) },
      "queueBytes is 1, expected 65536 to 268435456")
  }
}
