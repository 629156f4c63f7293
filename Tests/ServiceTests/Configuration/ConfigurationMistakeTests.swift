import Foundation
import TestSupport
import Testing

@testable import Service

/// Every kind of mistake with its place, its key and what was expected.
@Suite struct ConfigurationMistakeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let mistakes: [String]

    init(_ text: String, _ mistakes: String...) {
      self.text = text
      self.mistakes = mistakes
    }

    var testDescription: String { text }
  }

  /// `line` as the body of a stream that is otherwise right; it begins on line 4.
  private static func stream(_ line: String, _ mistakes: String...) -> Case {
    Case("streams:\n  - name: a\n    source: /dev/video0\n    \(line)\n", mistakes)
  }

  /// `line` as an output of such a stream; it begins on line 5, column 9.
  private static func output(_ line: String, _ mistakes: String...) -> Case {
    Case(
      "streams:\n  - name: a\n    source: /dev/video0\n    outputs:\n      - {\(line)}\n", mistakes)
  }

  /// `line` in front of a right stream, from line 1 on.
  private static func root(_ line: String, _ mistakes: String...) -> Case {
    Case("\(line)\nstreams: [{name: a, source: /dev/video0}]\n", mistakes)
  }

  private static let stated = "a list of streams, each with at least name and source"
  private static let yaml =
    "YAML (a tab for indentation, a missing quote or space after \":\" are common)"

  @Test(
    "files that hold no configuration",
    arguments: [
      Case("", "c.yaml: is empty; expected at least one stream under \"streams\""),
      Case("# nothing\n", "c.yaml: is empty; expected at least one stream under \"streams\""),
      Case("~\n", "c.yaml: is empty; expected at least one stream under \"streams\""),
      Case("- a\n", "c.yaml:1:1: is a list; expected keys with values: http, log, streams"),
      Case("hello\n", "c.yaml:1:1: is \"hello\"; expected keys with values: http, log, streams"),
      Case("http:\n", "c.yaml:1:1: streams: is missing; expected \(stated)"),
      Case("streams:\n", "c.yaml:1:9: streams: is empty; expected \(stated)"),
      Case("streams: []\n", "c.yaml:1:10: streams: is empty; expected \(stated)"),
      Case("streams: no\n", "c.yaml:1:10: streams: is \"no\"; expected \(stated)"),
      Case(
        "streams: {name: a}\n",
        "c.yaml:1:10: streams: is a mapping of keys to values; expected \(stated)"),
      Case(
        "streams: [a]\n",
        "c.yaml:1:11: streams[0]: is \"a\"; expected keys with values: \(ServiceSettings.table.keys(of: .stream).joined(separator: ", "))"
      ),
    ])
  func whole(_ one: Case) { #expect(ConfigurationText.mistakes(one.text) == one.mistakes) }

  @Test(
    "text that is no YAML",
    arguments: [
      Case(
        "streams:\n\t- a\n",
        "c.yaml:2:1: is no YAML: while scanning for the next token, found character that cannot start any token; expected \(yaml)"
      ),
      Case(
        "a: 'x\n",
        "c.yaml:2:1: is no YAML: while scanning a quoted scalar, found unexpected end of stream; expected \(yaml)"
      ),
      Case(
        "a: 1\n---\nb: 2\n",
        "c.yaml:2:1: is no YAML: expected a single document in the stream, but found another document; expected \(yaml)"
      ),
      Case("a: 1\nb: x\u{1}y\n", "c.yaml:2:5: has the control character U+1; expected text"),
    ])
  func syntax(_ one: Case) { #expect(ConfigurationText.mistakes(one.text) == one.mistakes) }

  @Test(
    "keys",
    arguments: [
      root("htpt: {}", "c.yaml:1:1: htpt: is no key that is known here; expected \"http\" perhaps"),
      root(
        "version: 3",
        "c.yaml:1:1: version: is no key that is known here; expected one of http, log, streams"),
      root(
        "log: {colour: red}",
        "c.yaml:1:7: log.colour: is no key that is known here; expected level"),
      root(
        "http: {port: off, port: 80}",
        "c.yaml:1:19: http.port: is given again, first on line 1; expected it once"),
      root(
        "http:\n  port: off\n  'port': 80\n  prot: 80",
        "c.yaml:3:3: http.port: is given again, first on line 2; expected it once",
        "c.yaml:4:3: http.prot: is no key that is known here; expected \"port\" perhaps"),
      root(
        "? [a, b]\n: 1", "c.yaml:1:3: has a key that is no plain text; expected a key's name"),
      root(
        "http: [8080]",
        "c.yaml:1:7: http: is a list; expected keys with values: address, port, token, token-file, hosts"
      ),
      stream(
        "fast-motoin: true",
        "c.yaml:4:5: streams[0].fast-motoin: is no key that is known here; expected \"fast-motion\" perhaps"
      ),
      output(
        "type: csv, path: o.csv, rotate-every: off, rotate: 1h",
        "c.yaml:5:53: streams[0].outputs[0].rotate: is no key that is known here; expected one of type, path, rotate-every, rotate-size, flush-every, fsync, columns"
      ),
      Case(
        "defaults: &d {source: /dev/video0}\nstreams:\n  - {name: a, <<: *d}\n",
        "c.yaml:1:1: defaults: is no key that is known here; expected one of http, log, streams",
        "c.yaml:1:11: defaults: has an anchor or is an alias (&name, *name); expected the values themselves",
        "c.yaml:3:5: streams[0].source: is missing; expected \(source)",
        "c.yaml:3:15: streams[0].<<: is no key that is known here; expected one of \(ServiceSettings.table.keys(of: .stream).joined(separator: ", "))",
        "c.yaml:3:19: streams[0].<<: has an anchor or is an alias (&name, *name); expected the values themselves"
      ),
    ])
  func keys(_ one: Case) { #expect(ConfigurationText.mistakes(one.text) == one.mistakes) }

  private static let source =
    "a camera such as /dev/video0 or an address such as rtsp://host/path; recorded files are for landmarkd track"

  @Test(
    "service",
    arguments: [
      root(
        "log: {level: loud}",
        "c.yaml:1:14: log.level: is \"loud\"; expected debug, info, notice, warning or error"),
      root(
        "http: {port: 0}",
        "c.yaml:1:14: http.port: is \"0\"; expected a port from 1 to 65535, or off"),
      root(
        "http: {port: on}",
        "c.yaml:1:14: http.port: is \"on\"; expected a port from 1 to 65535, or off"),
      root(
        "http: {port: }",
        "c.yaml:1:14: http.port: is empty; expected a port from 1 to 65535, or off"),
      root(
        "http: {address: example.org}",
        "c.yaml:1:17: http.address: is \"example.org\"; expected an IPv4 or IPv6 address such as 127.0.0.1, or localhost"
      ),
      root(
        "http: {address: 0.0.0.0}",
        "c.yaml:1:17: http.address: is \"0.0.0.0\", which others can reach, without a token; expected a token (http.token), or a loopback address such as 127.0.0.1"
      ),
      root(
        "http: {address: '::', token: secret-but-short}  # 16 characters are enough"),
      root(
        "http: {address: '::', token: secret}",
        "c.yaml:1:30: http.token: cannot be used; expected 16 to 128 letters, digits, '-', '_', '.' or '~'"
      ),
      root(
        "http: {hosts: [a.example, a b]}",
        "c.yaml:1:27: http.hosts[1]: is \"a b\"; expected a name or an address, without a port"),
      root(
        "http: {hosts: [a.example:80]}",
        "c.yaml:1:16: http.hosts[0]: is \"a.example:80\"; expected a name or an address, without a port"
      ),
      root(
        "http: {hosts: a b}",
        "c.yaml:1:15: http.hosts: is \"a b\"; expected a list of names, such as [cameras.example]"
      ),
    ])
  func service(_ one: Case) { #expect(ConfigurationText.mistakes(one.text) == one.mistakes) }

  @Test(
    "streams",
    arguments: [
      Case(
        "streams: [{source: /dev/video0}]",
        "c.yaml:1:11: streams[0].name: is missing; expected \(name)"),
      Case(
        "streams: [{name: a}]", "c.yaml:1:11: streams[0].source: is missing; expected \(source)"),
      Case(
        "streams: [{name: a/b, source: /dev/video0}]",
        "c.yaml:1:18: streams[0].name: is \"a/b\"; expected \(name)"),
      Case(
        "streams: [{name: .a, source: /dev/video0}]",
        "c.yaml:1:18: streams[0].name: is \".a\"; expected \(name)"),
      Case(
        "streams:\n- {name: a, source: /dev/video0}\n- {name: a, source: /dev/video1}\n",
        "c.yaml:3:10: streams[1].name: is \"a\" as streams[0].name is; expected a name that no other has"
      ),
      // What stands there may be a password.
      Case(
        "streams: [{name: a, source: 'u:secret@host'}]",
        "c.yaml:1:29: streams[0].source: cannot be used; expected \(source)"),
      Case(
        "streams: [{name: a, source: /etc/passwd}]",
        "c.yaml:1:29: streams[0].source: cannot be used; expected \(source)"),
      stream(
        "model: /nowhere/model",
        "c.yaml:4:12: streams[0].model: cannot be used: /nowhere/model: cannot be opened: No such file or directory; expected a .landmarkd file, an OpenFace main_*.txt or clnf_*.txt, or a folder with one"
      ),
      stream(
        "model: []", "c.yaml:4:12: streams[0].model: is a list; expected a model's file or folder"),
      stream(
        "video-size: 640",
        "c.yaml:4:17: streams[0].video-size: is \"640\"; expected WIDTHxHEIGHT in pixels, each from 1 to 16384, such as 640x480"
      ),
      stream(
        "video-size: 0x480",
        "c.yaml:4:17: streams[0].video-size: is \"0x480\"; expected WIDTHxHEIGHT in pixels, each from 1 to 16384, such as 640x480"
      ),
      stream(
        "frame-rate: nan",
        "c.yaml:4:17: streams[0].frame-rate: is \"nan\"; expected frames a second from 0.001 to 1000"
      ),
      stream(
        "pixel-format: 'a b'",
        "c.yaml:4:19: streams[0].pixel-format: is \"a b\"; expected FFmpeg's name of a pixel format or codec, such as yuyv422 or mjpeg"
      ),
      stream(
        "rtsp-transport: sctp",
        "c.yaml:4:21: streams[0].rtsp-transport: is \"sctp\"; expected tcp or udp"),
      stream(
        "open-deadline: 1y",
        "c.yaml:4:20: streams[0].open-deadline: is \"1y\"; expected a time from 100ms to 1h, such as 500ms, 30s, 15m, 1h or 7d"
      ),
      stream(
        "read-deadline: 0",
        "c.yaml:4:20: streams[0].read-deadline: is \"0\"; expected a time from 100ms to 1h, such as 500ms, 30s, 15m, 1h or 7d"
      ),
      stream(
        "buffer: 2m",
        "c.yaml:4:13: streams[0].buffer: is \"2m\"; expected a time from 0s to 1m, such as 500ms, 30s, 15m, 1h or 7d"
      ),
      stream(
        "faces: 65",
        "c.yaml:4:12: streams[0].faces: is \"65\"; expected a number of faces from 1 to 64, or all"
      ),
      stream(
        "face-at: [1]",
        "c.yaml:4:14: streams[0].face-at: is a list; expected a point in pixels, x,y"),
      stream(
        "face-at: 1,2,3",
        "c.yaml:4:14: streams[0].face-at: is \"1,2,3\"; expected a point in pixels, x,y"),
      stream(
        "face-at: [1, x]",
        "c.yaml:4:18: streams[0].face-at[1]: is \"x\"; expected pixels from -100000 to 100000"),
      stream(
        "min-face: -1",
        "c.yaml:4:15: streams[0].min-face: is \"-1\"; expected pixels from 0 to 100000"),
      stream(
        "enlarge: 9", "c.yaml:4:14: streams[0].enlarge: is \"9\"; expected a factor from 0.1 to 8"),
      stream(
        "min-confidence: 1.1",
        "c.yaml:4:21: streams[0].min-confidence: is \"1.1\"; expected a number from 0 to 1"),
      stream(
        "max-step: 0",
        "c.yaml:4:15: streams[0].max-step: is \"0\"; expected model px above 0"),
      stream(
        "fx: -1",
        "c.yaml:4:9: streams[0].fx: is \"-1\"; expected a focal length in pixels above 0"),
      stream("pose: head", "c.yaml:4:11: streams[0].pose: is \"head\"; expected world or camera"),
      stream(
        "fast-motion: yes",
        "c.yaml:4:18: streams[0].fast-motion: is \"yes\"; expected true or false"),
      stream(
        "outputs: {type: csv}",
        "c.yaml:4:14: streams[0].outputs: is a mapping of keys to values; expected a list of outputs, each with a type"
      ),
    ])
  func streams(_ one: Case) { #expect(ConfigurationText.mistakes(one.text) == one.mistakes) }

  private static let name =
    "1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit"
  private static let path = "a file's path, such as rows/{stream}-%Y%m%dT%H%M%SZ.csv"
  private static let duration = "such as 500ms, 30s, 15m, 1h or 7d"

  @Test(
    "outputs",
    arguments: [
      output(
        "path: o.csv",
        "c.yaml:5:9: streams[0].outputs[0].type: is missing; expected csv, ndjson, osc or openseeface"
      ),
      output(
        "type: cvs",
        "c.yaml:5:16: streams[0].outputs[0].type: is \"cvs\"; expected csv, ndjson, osc or openseeface"
      ),
      output("type: csv", "c.yaml:5:9: streams[0].outputs[0].path: is missing; expected \(path)"),
      output(
        "type: csv, path: rows/",
        "c.yaml:5:27: streams[0].outputs[0].path: is \"rows/\"; expected \(path)"),
      output(
        "type: csv, path: o-%Q.csv",
        "c.yaml:5:27: streams[0].outputs[0].path: is \"o-%Q.csv\"; expected only %Y %m %d %j %H %M %S %% after a percent sign"
      ),
      output(
        "type: csv, path: o.csv",
        "c.yaml:5:27: streams[0].outputs[0].path: is \"o.csv\"; expected %Y, %m, %d as well: with a new file every 86400 seconds, two would have the same name"
      ),
      output(
        "type: csv, path: '%Y%j', rotate-every: 1x",
        "c.yaml:5:49: streams[0].outputs[0].rotate-every: is \"1x\"; expected a time from 1s to 366d, \(duration), in whole seconds, or off"
      ),
      output(
        "type: csv, path: '%Y%j', rotate-every: 1500ms",
        "c.yaml:5:49: streams[0].outputs[0].rotate-every: is \"1500ms\"; expected a time from 1s to 366d, \(duration), in whole seconds, or off"
      ),
      output(
        "type: csv, path: '%Y%j', rotate-size: 1",
        "c.yaml:5:48: streams[0].outputs[0].rotate-size: is \"1\"; expected a size from 4096 B to 1000 GB, such as 100MB or 64MiB, or off"
      ),
      output(
        "type: csv, path: '%Y%j', flush-every: 2s",
        "c.yaml:5:48: streams[0].outputs[0].flush-every: is \"2s\"; expected a time from 0s to 1s, \(duration)"
      ),
      output(
        "type: csv, path: '%Y%j', fsync: daily",
        "c.yaml:5:42: streams[0].outputs[0].fsync: is \"daily\"; expected never, on-rotation, always, or a time from 100ms to 1h, \(duration)"
      ),
      output(
        "type: csv, path: '%Y%j', columns: [pose, gaze]",
        "c.yaml:5:51: streams[0].outputs[0].columns[1]: is \"gaze\"; expected one of pose, landmarks, landmarks3d, parameters, fit, confidences, times"
      ),
      output(
        "type: csv, path: '%Y%j', columns: some",
        "c.yaml:5:44: streams[0].outputs[0].columns: is \"some\"; expected standard, all, or a list of pose, landmarks, landmarks3d, parameters, fit, confidences, times"
      ),
      output(
        "type: ndjson",
        "c.yaml:5:9: streams[0].outputs[0].path: is missing; expected one of path, socket and stdout"
      ),
      output(
        "type: ndjson, stdout: true, socket: s",
        "c.yaml:5:32: streams[0].outputs[0].stdout: goes to more than one place; expected one of path, socket and stdout"
      ),
      output(
        "type: ndjson, stdout: true, fsync: never",
        "c.yaml:5:45: streams[0].outputs[0].fsync: is about files; expected it only beside path"),
      output(
        "type: ndjson, stdout: false",
        "c.yaml:5:32: streams[0].outputs[0].stdout: is \"false\"; expected true"),
      output(
        "type: osc",
        "c.yaml:5:9: streams[0].outputs[0].host: is missing; expected a host name or an IPv4 or IPv6 address"
      ),
      output(
        "type: osc, host: 'a b', port: 70000, prefix: x",
        "c.yaml:5:27: streams[0].outputs[0].host: is \"a b\"; expected a host name or an IPv4 or IPv6 address",
        "c.yaml:5:40: streams[0].outputs[0].port: is \"70000\"; expected a port from 1 to 65535",
        "c.yaml:5:55: streams[0].outputs[0].prefix: is \"x\"; expected an OSC address such as /landmarkd, of ASCII without spaces and # * , ? [ ] { }"
      ),
      output(
        "type: openseeface, face-id: -1",
        "c.yaml:5:38: streams[0].outputs[0].face-id: is \"-1\"; expected a whole number, 0 or more"
      ),
      output(
        "type: openseeface, path: x",
        "c.yaml:5:29: streams[0].outputs[0].path: is no key that is known here; expected one of type, host, port, face-id"
      ),
    ])
  func outputs(_ one: Case) { #expect(ConfigurationText.mistakes(one.text) == one.mistakes) }

  @Test func avatarsOfAnotherModel() throws {
    let path = SyntheticFixture.mainFile
    let count = try SyntheticFixture.model().landmarkCount
    let text = "streams:\n  - name: a\n    source: /dev/video0\n    model: \(path)\n    outputs:\n"
    #expect(
      ConfigurationText.mistakes(text + "      - type: openseeface\n") == [
        "c.yaml:6:15: streams[0].outputs[0].type: is openseeface, and the stream's model has \(count) landmarks; expected a model of 68 landmarks, or another output"
      ])
    #expect(ConfigurationText.mistakes(text + "      - {type: osc, host: localhost}\n") == [])
  }

  @Test("two outputs with the same files, also through the stream's name")
  func sharedFiles() {
    let text = """
      streams:
        - name: a
          source: /dev/video0
          outputs:
            - {type: csv, path: "b-%Y%j.x"}
            - {type: ndjson, stdout: true}
        - name: b
          source: /dev/video1
          outputs:
            - {type: ndjson, path: "{stream}-%Y%j.x"}
            - {type: ndjson, stdout: true}
      """
    #expect(
      ConfigurationText.mistakes(text) == [
        "c.yaml:10:30: streams[1].outputs[0].path: is \"b-%Y%j.x\", the same as streams[0].outputs[0].path; expected files of its own; {stream} stands for the stream's name",
        "c.yaml:11:32: streams[1].outputs[1].stdout: is \"stdout\" as streams[0].outputs[1].stdout is; expected one output to standard output",
      ])
  }

  @Test("one file under two names")
  func sameFile() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "same-\(UUID().uuidString)")
    let inner = folder.appending(path: "real")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "link"), withDestinationURL: inner)
    for (first, second, isSame) in [
      ("r/same-%Y%j.csv", "r/./same-%Y%j.csv", true), ("r//a%Y%j", "./r/b/../a%Y%j", true),
      ("real/a%Y%j", "link/a%Y%j", true), ("real/a%Y%j", "link/../real/a%Y%j", true),
      ("a%Y%j", "link/../a%Y%j", true), ("real/a%Y%j", "real/b%Y%j", false),
      ("a%Y%j", "real/a%Y%j", false),
    ] {
      let text = """
        streams:
          - name: a
            source: /dev/video0
            outputs:
              - {type: csv, path: "\(folder.path)/\(first)"}
              - {type: ndjson, path: "\(folder.path)/\(second)"}
        """
      let found = ConfigurationText.mistakes(text)
      #expect(found.count == (isSame ? 1 : 0), "\(first) \(second) \(found)")
      if let mistake = found.first {
        #expect(mistake.hasPrefix("c.yaml:6:30: streams[0].outputs[1].path: is "))
        #expect(mistake.contains(", the same as streams[0].outputs[0].path; expected files of its"))
      }
    }
    // From the working folder on, and from the root.
    #expect(
      FilePlace.canonical("x/../a.csv") == FileManager.default.currentDirectoryPath + "/a.csv")
    #expect(FilePlace.canonical("/../no-such-folder//./a/") == "/no-such-folder/a")
  }

  @Test("all mistakes are said at once, in the order of the file")
  func all() {
    let text = """
      streams:
        - nam: a
          source: 1
        - name: b
          source: /dev/video1
          outputs:
            - {type: csv, path: "%Y%j", rotate-every: 1x}
      http: {port: x}
      """
    #expect(
      ConfigurationText.mistakes(text).map { String($0.prefix { $0 != " " }) }
        == ["c.yaml:2:5:", "c.yaml:2:5:", "c.yaml:3:13:", "c.yaml:7:49:", "c.yaml:8:14:"])
  }
}

extension ConfigurationMistakeTests.Case {
  fileprivate init(_ text: String, _ mistakes: [String]) {
    self.text = text
    self.mistakes = mistakes
  }
}
