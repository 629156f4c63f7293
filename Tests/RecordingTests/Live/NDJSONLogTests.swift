import Foundation
import Glibc
import Measurement
import TestSupport
import Testing
import Tracking

@testable import Recording

private func line(
  _ frame: TrackedFrame, _ measurement: FaceMeasurement,
  groups: Set<ColumnGroup> = ColumnGroup.standard, stream: String = "door",
  latency: Double? = nil
) -> String {
  var bytes = ByteWriter(capacity: 16)
  var context = sampleContext
  context.stream = stream
  NDJSONRow(groups: groups).append(
    frame, measurement, context, latencySeconds: latency, to: &bytes)
  return String(decoding: bytes.bytes, as: UTF8.self)
}

private func frameNumbers(_ text: some StringProtocol) throws -> [Int] {
  try text.split(separator: "\n").map { line in
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    return try #require(object?["frame"] as? Int)
  }
}

@Suite struct NDJSONLogTests {
  let folder: ScratchFolder
  let path: String

  init() throws {
    folder = try ScratchFolder()
    path = folder.file("rows")
  }

  @Test func aRowWithAFit() {
    #expect(
      line(sampleFrame(), sampleMeasurement(), latency: 0.0125)
        == #"{"stream":"door","frame":7,"face_id":1,"timestamp":0.200200,"confidence":0.9877,"#
        + #""success":true,"width":640,"height":480,"#
        + #""pose":{"translation":[-1.50,20.25,600.00],"rotation":[0.25000,-0.12500,0.00000]},"#
        + #""landmarks":[[100.500,102.500],[101.500,103.500]],"#
        + #""landmarks3d":[[0.00,20.00,40.00],[10.00,30.00,50.00]],"#
        + #""parameters":{"scale":1.25000,"rotation":[0.10000,-0.20000,0.00000],"#
        + #""translation":[320.12346,-4.00000],"modes":[-2.50000,-1.50000]},"#
        + #""state":"tracking","mean_shift":0.7123,"peak_offset":1.5000,"likelihood":-0.4000,"#
        + #""iterations":30,"pts":2002,"time_utc":"2026-01-31T09:30:00.250000Z","#
        + #""latency":0.012500}"# + "\n")
  }

  @Test func withoutAFitItsValuesAreNull() {
    #expect(
      line(lostFrame(), sampleMeasurement())
        == #"{"stream":"door","frame":8,"face_id":0,"timestamp":1.000000,"confidence":0.0000,"#
        + #""success":false,"width":640,"height":480,"pose":null,"landmarks":null,"#
        + #""landmarks3d":null,"parameters":null,"state":"lost","mean_shift":null,"#
        + #""peak_offset":null,"likelihood":null,"iterations":null,"pts":null,"#
        + #""time_utc":null,"latency":null}"# + "\n")
    #expect(
      line(lostFrame(), FaceMeasurement(), groups: [])
        == #"{"stream":"door","frame":8,"face_id":0,"timestamp":1.000000,"confidence":0.0000,"#
        + #""success":false,"width":640,"height":480}"# + "\n")
  }

  @Test func confidencesAreAList() {
    var frame = sampleFrame()
    frame.landmarkConfidences = [0.5, .nan, 0.98765]
    let with = line(frame, FaceMeasurement(), groups: [.confidences])
    #expect(with.hasSuffix(#","confidences":[0.5000,null,0.9877]}"# + "\n"))
    frame.landmarkConfidences = []
    let without = line(frame, FaceMeasurement(), groups: [.confidences])
    #expect(without.hasSuffix(#","confidences":null}"# + "\n"))
  }

  @Test(arguments: TestSeed.of([1, 2])) func everyRowIsJSONWhateverItsValues(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let odd: [Double] = [.nan, .infinity, -.infinity, -0.0, 1e300, -1e-300, 5, -0.00001]
    func number() -> Double { odd.randomElement(using: &generator) ?? 0 }
    for _ in 0..<300 {
      var frame = sampleFrame(landmarks: 5, modes: 3)
      frame.hasFit = Bool.random(using: &generator)
      frame.landmarks = (0..<10).map { _ in number() }
      frame.local = (0..<Int.random(in: 0...3, using: &generator)).map { _ in number() }
      frame.timestampSeconds = number()
      frame.utcSeconds = number()
      frame.confidence = number()
      frame.global.scale = number()
      frame.landmarkConfidences = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
        number()
      }
      var measurement = sampleMeasurement(landmarks: 5)
      measurement.headPose?.translation.y = number()
      let groups = Set(ColumnGroup.allCases.filter { _ in Bool.random(using: &generator) })
      let name = "a\"b\\c\n\u{1}\u{7f}é"
      let text = line(frame, measurement, groups: groups, stream: name, latency: number())
      #expect(text.hasSuffix("}\n") && text.count { $0 == "\n" } == 1)
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      #expect(object?["stream"] as? String == name, "seed \(seed)")
    }
  }

  @Test func filesAreMendedAndGoneOnWith() throws {
    let whole = line(sampleFrame(1), sampleMeasurement(), groups: [])
    for length in [0, 1, 20, whole.utf8.count - 1, whole.utf8.count, whole.utf8.count + 30] {
      let torn = String((whole + whole).prefix(length))
      try torn.write(toFile: path, atomically: false, encoding: .utf8)
      let log = try NDJSONLog(
        .files(LogFileSettings(pattern: path)), groups: [], stream: "door")
      log.fill(1, from: 2)
      log.close()
      #expect(log.status == SinkStatus(kind: "ndjson", target: path, written: 1))
      let second = line(sampleFrame(2), sampleMeasurement(), groups: [])
      #expect(
        try text(path) == (length < whole.utf8.count ? "" : whole) + second,
        "torn at byte \(length)")
    }
    // What is not ours is left alone.
    try "a,b\n".write(toFile: path, atomically: false, encoding: .utf8)
    let log = try NDJSONLog(.files(LogFileSettings(pattern: path)), stream: "door")
    log.fill(1)
    log.close()
    #expect(try folder.names == ["rows", "rows-1"])
  }

  @Test func outputsThatShareStandardOutputDoNotMixTheirLines() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    var logs: [NDJSONLog] = []
    for name in ["a", "b", "c"] {
      var calls = FileCalls()
      calls.standardOutput = writer
      logs.append(
        try NDJSONLog(
          .standardOutput, groups: Set(ColumnGroup.allCases), stream: name, calls: calls,
          clock: LogClock()))
    }
    // Longer than what a pipe takes in one piece.
    let frame = sampleFrame(landmarks: 200, modes: 2)
    for _ in 0..<60 {
      for log in logs { log.write(frame, sampleMeasurement(landmarks: 200), sampleContext) }
    }
    let done = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var data = Data()
    Thread {
      var bytes = [UInt8](repeating: 0, count: 65_536)
      while case let count = read(reader, &bytes, bytes.count), count > 0 {
        data += bytes.prefix(count)
      }
      done.signal()
    }.start()
    for log in logs { log.close() }
    close(writer)
    done.wait()
    close(reader)
    #expect(
      try frameNumbers(String(decoding: data, as: UTF8.self)) == Array(repeating: 7, count: 180))
  }
}

@Suite struct UnixSocketTests {
  let folder: ScratchFolder
  let path: String

  init() throws {
    folder = try ScratchFolder()
    path = folder.file("s")
  }

  /// A socket that listens at `path`.
  private func listen() throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let isBound = withUnsafeBytes(of: &address) { bytes in
      guard let start = bytes.baseAddress else { return false }
      return bind(
        descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
    }
    try #require(isBound && Glibc.listen(descriptor, 4) == 0)
    return descriptor
  }

  /// What a receiver gets until the sender goes.
  private static func readAll(_ connection: Int32) -> String {
    var data = Data()
    var bytes = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(connection, &bytes, bytes.count), count > 0 {
      data += bytes.prefix(count)
    }
    return String(decoding: data, as: UTF8.self)
  }

  @Test func aReceiverGetsTheRowsAsTheyCome() throws {
    let server = try listen()
    defer { close(server) }
    let log = try NDJSONLog(.socket(path: path), groups: [], stream: "door")
    log.fill(3)
    let connection = accept(server, nil, nil)
    try #require(connection >= 0)
    #expect(log.wait { $0.written == 3 }.problem == nil)
    log.fill(2, from: 4)
    log.close()
    #expect(try frameNumbers(Self.readAll(connection)) == [1, 2, 3, 4, 5])
    #expect(log.status == SinkStatus(kind: "ndjson", target: path, written: 5))
    close(connection)
  }

  @Test func aSlowReceiverLosesWholeLinesAndNobodyWaits() throws {
    let server = try listen()
    defer { close(server) }
    let log = try NDJSONLog(.socket(path: path), stream: "door")
    let sent = 20_000
    // Nobody has accepted the connection yet: a sink that waited would wait for ever.
    log.fill(sent)
    let lost = try #require(log.status.lost["receiver slow"])
    #expect(lost > 1000)
    let connection = accept(server, nil, nil)
    try #require(connection >= 0)
    // Somebody reads again: what was queued comes, then new rows.
    let done = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var text = ""
    Thread {
      text = Self.readAll(connection)
      done.signal()
    }.start()
    let after = log.wait { $0.written == sent - lost }
    #expect(after.written == sent - lost)
    #expect(after.problem == "the receiver takes rows more slowly than they come")
    log.fill(1, from: sent + 1)
    log.close()
    done.wait()
    close(connection)
    let numbers = try frameNumbers(text)
    #expect(numbers.count == sent - lost + 1)
    #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
    #expect(numbers.last == sent + 1)
  }

  @Test func closingBesideAReceiverThatTakesNothingEnds() throws {
    let server = try listen()
    defer { close(server) }
    let log = try NDJSONLog(.socket(path: path), stream: "door")
    log.fill(3000)
    let begin = Date()
    log.close()
    #expect(Date().timeIntervalSince(begin) < 3)
    let status = log.status
    #expect(status.written + (status.lost["receiver slow"] ?? 0) == 3000)
    #expect(status.lostAtEnd > 0 && status.endedWithLoss)
    #expect(status.problem == "the receiver takes rows more slowly than they come")
  }

  @Test func aNewReceiverBeginsWithAWholeLine() throws {
    let log = try NDJSONLog(.socket(path: path), groups: [], stream: "door")
    log.fill(5)
    let alone = log.wait { $0.lost["no receiver"] == 5 }
    #expect(alone.lost == ["no receiver": 5])
    #expect(alone.problem == "cannot send to \(path): No such file or directory")
    let server = try listen()
    defer { close(server) }
    // It is looked for again at most once a second.
    var number = 6
    let first = Thread.detachedAccept(server)
    while log.status.written == 0, number < 400 {
      log.fill(1, from: number)
      number += 1
      usleep(10_000)
    }
    #expect(log.status.problem == nil)
    let connection = first.wait()
    var bytes = [UInt8](repeating: 0, count: 30)
    #expect(read(connection, &bytes, bytes.count) == 30)
    close(connection)
    // The receiver went away in the middle of a line.
    let second = Thread.detachedAccept(server)
    let written = log.status.written
    while log.status.written < written + 3, number < 1000 {
      log.fill(1, from: number)
      number += 1
      usleep(10_000)
    }
    log.close()
    let next = second.wait()
    #expect(try frameNumbers(Self.readAll(next)).count >= 2)
    close(next)
  }

  @Test func whatIsNoPath() {
    for path in ["", String(repeating: "x", count: 108), "a\0b"] {
      #expect(throws: RecordingError.self) {
        _ = try NDJSONLog(.socket(path: path), stream: "door")
      }
    }
  }
}

/// A connection that somebody waits for on a thread of its own.
private final class Accepted: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var connection: Int32 = -1

  func set(_ connection: Int32) {
    self.connection = connection
    done.signal()
  }

  func wait() -> Int32 {
    done.wait()
    return connection
  }
}

extension Thread {
  fileprivate static func detachedAccept(_ server: Int32) -> Accepted {
    let accepted = Accepted()
    Thread { accepted.set(accept(server, nil, nil)) }.start()
    return accepted
  }
}
