import Recording
import Session
import Testing
import Tracking

@testable import Service

/// What right configurations mean.
@Suite struct ConfigurationValueTests {
  @Test("only streams, name and source must be there; the rest has defaults")
  func defaults() throws {
    let read = try ConfigurationText.read("streams: [{name: a, source: /dev/video0}]")
    let stream = StreamConfiguration(
      name: "a", source: SourceConfiguration(address: "/dev/video0"))
    #expect(read == ServiceConfiguration(http: .standard, logLevel: .info, streams: [stream]))
  }

  @Test("names under which HTTP is asked")
  func hosts() throws {
    let read = try ConfigurationText.read(
      "http: {hosts: [Cameras.example, 192.0.2.1, '2001:db8::1']}\n"
        + "streams: [{name: a, source: /dev/video0}]")
    #expect(read.http.hosts == ["Cameras.example", "192.0.2.1", "2001:db8::1"])
  }

  @Test("the sample is right, and its values are what it says")
  func sample() throws {
    let read = try ConfigurationText.read(try ConfigurationText.sample())
    #expect(read.http == .standard)
    #expect(read.streams.map(\.name) == ["door", "yard"])
    let yard = read.streams[1]
    #expect(yard.tracking.preferredPoint == TrackingSettings.Point(x: 320, y: 240))
    #expect(yard.tracking.smoothing == .standard)
    #expect(yard.outputs.count == 6)
    #expect(
      yard.outputs[0]
        == .csv(
          try LogFileSettings(
            pattern: "rows/{stream}-%Y%m%dT%H%M%SZ.csv", rotateSeconds: 3600,
            rotateBytes: 100_000_000), columns: ColumnGroup.standard))
  }

  @Test("the sample names every key that is known")
  func sampleIsComplete() throws {
    let sample = try ConfigurationText.sample()
    let places = SettingPlace.allCases.filter { !$0.isCommand }
    let keys = Set(places.flatMap(ServiceSettings.table.keys(of:)))
    #expect(keys.count > 40)
    for key in keys.sorted() { #expect(sample.contains("\(key):"), "\(key)") }
  }

  @Test("what the sample says in comments are the defaults")
  func sampleDefaults() throws {
    let sample = try ConfigurationText.sample()
    // The commented values of http and log, as keys.
    let shown = sample.replacing("  # address:", with: "  address:")
      .replacing("  # port: 8080", with: "  port: 8080").replacing("  # level:", with: "  level:")
    #expect(shown != sample)
    #expect(try ConfigurationText.read(shown) == (try ConfigurationText.read(sample)))
  }

  @Test(
    "times and sizes with units",
    arguments: [
      ("500ms", 0.5), ("2", 2), ("30s", 30), ("1.5m", 90), ("1h", 3600), ("7d", 604_800),
    ])
  func durations(text: String, seconds: Double) {
    #expect(ValueFormat.duration(0...1e6).parse(text) == seconds)
  }

  @Test("no times", arguments: ["", "s", "1 s", "-1s", "1S", "0x10s", "1e9d", "inf", "nans", "١s"])
  func noDurations(text: String) { #expect(ValueFormat.duration(0...1e6).parse(text) == nil) }

  @Test(
    "sizes",
    arguments: [
      ("1", 1), ("1kB", 1000), ("1KiB", 1024), ("1.5MB", 1_500_000), ("2GiB", 2_147_483_648),
    ])
  func sizes(text: String, bytes: Int) {
    #expect(ValueFormat.size(0...10_000_000_000).parse(text) == bytes)
  }

  @Test("no sizes", arguments: ["", "MB", "-1", "1mb", "1e300GB", "9999999999999999999"])
  func noSizes(text: String) {
    #expect(ValueFormat.size(0...10_000_000_000).parse(text) == nil)
  }

  @Test(
    "whose loopback",
    arguments: [
      ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("0.0.0.0", false), ("::", false),
      ("128.0.0.1", false), ("::ffff:127.0.0.1", false), ("fe80::1", false),
    ])
  func loopback(address: String, isLoopback: Bool) {
    #expect(NetworkAddress(address)?.isLoopback == isLoopback)
  }

  @Test(
    "distances between words",
    arguments: [
      ("", "abc", 3), ("abc", "abc", 0), ("prot", "port", 1), ("sorce", "source", 1), ("a", "b", 1),
      ("kitten", "sitting", 3),
    ])
  func distance(a: String, b: String, expected: Int) {
    #expect(editDistance(Array(a.unicodeScalars), Array(b.unicodeScalars)) == expected)
    #expect(editDistance(Array(b.unicodeScalars), Array(a.unicodeScalars)) == expected)
  }

  @Test("a source that is printed shows no password")
  func printed() throws {
    let read = try ConfigurationText.read(
      "streams: [{name: a, source: 'rtsp://user:geheim@host:554/live'}]")
    #expect(read.streams[0].source.address.secretText == "rtsp://user:geheim@host:554/live")
    var dumped = ""
    dump(read, to: &dumped)
    #expect(!"\(read) \(dumped)".contains("geheim"))
    #expect("\(read)".contains("rtsp://host:554/live"))
  }
}
