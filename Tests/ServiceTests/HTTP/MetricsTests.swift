import BuildInfo
import Foundation
import Testing
import Tracking

@testable import Service

@Suite struct MetricsTests {
  private func page(
    _ directory: FakeDirectory = .liveAndAway(), now: Double = 50,
    record: ServiceRecord = ServiceRecord(version: "1.2.3", utcSeconds: { 1000 })
  ) -> String {
    MetricsPage(
      directory.streams, isReady: true, record: record, now: now, process: ProcessFigures()
    ).text
  }

  @Test("the lines of a stream, as they are")
  func golden() {
    let lines = Set(page().split(separator: "\n").map(String.init))
    let door = "stream=\"door\""
    for line in [
      "landmarkd_build_info{version=\"1.2.3\",commit=\"\(BuildInfo.commit)\"} 1",
      "landmarkd_ready 1",
      "landmarkd_frames_received_total{\(door)} 100",
      "landmarkd_frames_processed_total{\(door),result=\"tracked\"} 90",
      "landmarkd_frames_processed_total{\(door),result=\"doubtful\"} 4",
      "landmarkd_frames_processed_total{\(door),result=\"without_face\"} 3",
      "landmarkd_frames_dropped_total{\(door),cause=\"newer\"} 2",
      "landmarkd_frames_dropped_total{\(door),cause=\"undecodable\"} 1",
      "landmarkd_reconnects_total{\(door)} 5", "landmarkd_detections_total{\(door)} 7",
      "landmarkd_source_hangs_total{\(door)} 3",
      "landmarkd_source_times_distrusted{\(door)} 1",
      "landmarkd_source_state{\(door),state=\"live\"} 1",
      "landmarkd_source_state{\(door),state=\"waiting\"} 0",
      "landmarkd_source_state{stream=\"yard\",state=\"waiting\"} 1",
      "landmarkd_tracking_state{\(door),state=\"tracking\"} 1",
      "landmarkd_tracking_state{\(door),state=\"lost\"} 0",
      "landmarkd_frames_per_second{\(door)} 29.97", "landmarkd_confidence{\(door)} 0.75",
      "landmarkd_mean_shift_pixels{\(door)} 0.5",
      "landmarkd_faces{\(door)} 2", "landmarkd_identities_total{\(door)} 5",
      "landmarkd_latency_seconds_bucket{\(door),le=\"0.001\"} 0",
      "landmarkd_latency_seconds_bucket{\(door),le=\"0.002\"} 1",
      "landmarkd_latency_seconds_bucket{\(door),le=\"0.005\"} 2",
      "landmarkd_latency_seconds_bucket{\(door),le=\"5\"} 3",
      "landmarkd_latency_seconds_bucket{\(door),le=\"+Inf\"} 4",
      "landmarkd_latency_seconds_sum{\(door)} 9.506",
      "landmarkd_latency_seconds_count{\(door)} 4", "landmarkd_fit_seconds_count{\(door)} 1",
      "landmarkd_output_written_total{\(door),output=\"1\",kind=\"csv\",target=\"rows/{stream}.csv\"} 88",
      "landmarkd_output_lost_total{\(door),output=\"2\",kind=\"osc\",target=\"host:9000\",cause=\"no receiver\"} 2",
      "landmarkd_output_lost_total{\(door),output=\"1\",kind=\"csv\",target=\"rows/{stream}.csv\",cause=\"disk full\"} 0",
      "landmarkd_output_failing{\(door),output=\"1\",kind=\"csv\",target=\"rows/{stream}.csv\"} 0",
      "landmarkd_output_failing{\(door),output=\"2\",kind=\"osc\",target=\"host:9000\"} 1",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    #expect(!page().contains("landmarkd_mean_shift_pixels{stream=\"yard\"}"))
    // Nothing is known of a face in pictures that do not come.
    #expect(!page().contains("landmarkd_confidence{stream=\"yard\"}"))
    #expect(!page().contains("landmarkd_faces{stream=\"yard\"}"))
    for state in TrackingState.allCases {
      #expect(
        lines.contains("landmarkd_tracking_state{stream=\"yard\",state=\"\(state.rawValue)\"} 0"))
    }
  }

  @Test("the age of the last frame; before the first, of the stream")
  func age() {
    let directory = FakeDirectory.liveAndAway()
    directory.change {
      $0[0].lastFrameSeconds = 48.5
      $0[1].beginSeconds = 10
    }
    let lines = page(directory).split(separator: "\n")
    #expect(lines.contains("landmarkd_last_frame_age_seconds{stream=\"door\"} 1.5"))
    #expect(lines.contains("landmarkd_last_frame_age_seconds{stream=\"yard\"} 40"))
  }

  @Test("how the configuration was read last")
  func reload() {
    let utcSeconds = Locked(1000.0)
    let record = ServiceRecord(version: "1", utcSeconds: { utcSeconds.value })
    func figures() -> [String] {
      page(record: record).split(separator: "\n").compactMap { line in
        line.hasPrefix("landmarkd_config_last_reload_")
          ? String(line.split(separator: " ")[1]) : nil
      }
    }
    #expect(figures() == ["1", "1000", "1000"])
    #expect(record.reloadTrouble == nil)
    utcSeconds.value = 2000
    record.note(reload: "has a mistake")
    utcSeconds.value = 2300
    #expect(figures() == ["0", "2000", "1000"])
    #expect(record.reloadTrouble == "the configuration has a mistake and was not taken (5 min ago)")
    record.note(reload: nil)
    #expect(figures() == ["1", "2300", "2300"])
    #expect(record.reloadTrouble == nil)
  }

  @Test("callers who were turned away, all causes")
  func refusals() {
    let record = ServiceRecord(version: "1")
    record.refusals.add(.otherSite)
    record.refusals.add(.otherSite)
    let lines = page(record: record).split(separator: "\n")
    for cause in HTTPRefusalCause.allCases {
      let count = cause == .otherSite ? 2 : 0
      #expect(
        lines.contains("landmarkd_http_refused_total{cause=\"\(cause.rawValue)\"} \(count)"))
    }
  }

  @Test("every line is one of the format; families are whole, series are there once")
  func format() throws {
    let directory = FakeDirectory.liveAndAway()
    directory.change {
      $0[0].name = "a\"b\\c\nd,e}"
      $0[0].outputs.append($0[0].outputs[0])
    }
    let series = try PrometheusText(page(directory)).series
    #expect(series.count > 100)
    #expect(series.contains { $0.labels["stream"] == "a\"b\\c\nd,e}" })
    for name in ["landmarkd_latency_seconds", "landmarkd_fit_seconds"] {
      for stream in directory.streams.map(\.name) {
        let buckets = series.filter {
          $0.name == name + "_bucket" && $0.labels["stream"] == stream
        }
        let count = series.first {
          $0.name == name + "_count" && $0.labels["stream"] == stream
        }
        #expect(buckets.last?.labels["le"] == "+Inf")
        #expect(buckets.last?.value == count?.value)
        #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0.value <= $1.value })
      }
    }
  }

  @Test("no streams, no trouble")
  func noStreams() throws {
    let series = try PrometheusText(page(FakeDirectory([]))).series
    #expect(series.contains { $0.name == "landmarkd_ready" })
    #expect(series.allSatisfy { $0.labels["stream"] == nil })
  }

  @Test("numbers as Prometheus reads them")
  func numbers() {
    let written = [0, -3, 0.1, 1e-7, 1e300, .nan, .infinity, -.infinity, 123_456_789_012]
      .map(MetricsText.number)
    #expect(
      written == [
        "0", "-3", "0.1", "1e-07", "1e+300", "NaN", "+Inf", "-Inf", "123456789012",
      ])
  }

  @Test("what the kernel says of this process")
  func process() throws {
    let now = ProcessFigures.now()
    #expect(try #require(now.residentBytes) > 1_000_000)
    #expect(try #require(now.virtualBytes) >= #require(now.residentBytes))
    #expect(try #require(now.openDescriptors) >= 3)
    #expect(try #require(now.threads) >= 1)
    #expect(try #require(now.processorSeconds) > 0)
    let started = try #require(now.startSeconds)
    #expect(abs(started - Date().timeIntervalSince1970) < 7 * 86400)
    var odd = ProcessFigures()
    odd.read(stat: "12 (a) b (c) S 1", bootSeconds: 5)
    #expect(odd.residentBytes == nil)
    odd.read(stat: "nothing", bootSeconds: nil)
    let fields = (3...24).map { "\($0)" }.joined(separator: " ")
    odd.read(stat: "12 (a) b) \(fields)", bootSeconds: 5)
    #expect(odd.threads == 20 && odd.virtualBytes == 23)
  }
}

/// A small reader of the format that complains about what it does not know.
struct PrometheusText {
  struct Series: Equatable {
    var name: String
    var labels: [String: String]
    var value: Double
  }

  private(set) var series: [Series] = []

  init(_ text: String) throws {
    try #require(text.hasSuffix("\n"))
    var family: (name: String, kind: String)?
    var done: Set<String> = []
    var seen: Set<String> = []
    var help: String?
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      if line.hasPrefix("# HELP ") {
        try #require(words.count == 4 && done.insert(words[2]).inserted, "\(line)")
        help = words[2]
      } else if line.hasPrefix("# TYPE ") {
        try #require(words.count == 4 && help == words[2], "\(line)")
        family = (words[2], words[3])
      } else {
        let one = try Self.sample(String(line))
        let (name, kind) = try #require(family)
        let endings = kind == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        try #require(endings.contains { name + $0 == one.name }, "\(line) in \(name)")
        try #require(kind != "counter" || name.hasSuffix("_total"), "\(line)")
        let key = one.name + one.labels.sorted { $0.key < $1.key }.description
        try #require(seen.insert(key).inserted, "twice: \(line)")
        series.append(one)
      }
    }
  }

  private static func sample(_ line: String) throws -> Series {
    var rest = Substring(line)
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    rest = rest.dropFirst(name.count)
    var labels: [String: String] = [:]
    if rest.first == "{" {
      repeat {
        rest = rest.dropFirst()
        let key = rest.prefix { $0 != "=" }
        rest = rest.dropFirst(key.count)
        try #require(rest.hasPrefix("=\""), "\(line)")
        rest = rest.dropFirst(2)
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
          guard character == "\\" else {
            value.append(character)
            continue
          }
          switch rest.popFirst() {
          case "n": value += "\n"
          case "\\": value += "\\"
          case "\"": value += "\""
          default: Issue.record("an unknown escape in \(line)")
          }
        }
        try #require(labels.updateValue(value, forKey: String(key)) == nil, "\(line)")
      } while rest.first == ","
      try #require(rest.popFirst() == "}", "\(line)")
    }
    try #require(rest.popFirst() == " ", "\(line)")
    let text = rest == "+Inf" ? "inf" : rest == "-Inf" ? "-inf" : String(rest)
    return Series(
      name: String(name), labels: labels, value: try #require(Double(text), "\(line)"))
  }
}
