import Foundation
import Testing

@testable import Service

/// Secrets that a configuration takes from elsewhere, and mistakes that must not show them.
@Suite struct ConfigurationSecretTests {
  /// A folder with files of secrets.
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "secrets-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
    let path = folder.appending(path: name).path
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  private func read(
    _ text: String, _ environment: [String: String] = [:]
  ) throws(ConfigurationError) -> ServiceConfiguration {
    try ServiceConfiguration.parse(
      text, name: "c.yaml", models: ModelStore(), environment: environment)
  }

  private func mistakes(_ text: String, _ environment: [String: String] = [:]) -> [String] {
    do {
      _ = try read(text, environment)
      return []
    } catch {
      return error.mistakes.map(\.description)
    }
  }

  private static func stream(_ body: String) -> String { "streams: [{name: a, \(body)}]" }

  @Test func fromTheEnvironment() throws {
    let text = Self.stream("source: 'rtsp://${U}:${CAMERA_PASSWORD}@host/live'")
    let read = try read(text, ["U": "admin", "CAMERA_PASSWORD": "12/Ge@heim"])
    #expect(read.streams[0].source.address.secretText == "rtsp://admin:12%2FGe%40heim@host/live")
    #expect(
      mistakes(text, ["U": "admin"]) == [
        "c.yaml:1:29: streams[0].source: cannot be used: the environment has no variable CAMERA_PASSWORD, or an empty one; expected ${NAME} of a variable that is set"
      ])
  }

  @Test func fromAFile() throws {
    let file = try write("1/2?\n", to: "door")
    let pair = try read(Self.stream("source: 'rtsp://host/live', user: a, password-file: \(file)"))
    #expect(pair.streams[0].source.address.secretText == "rtsp://a:1%2F2%3F@host/live")
    #expect(pair.warnings.isEmpty)
    let named = Self.stream("source: 'rtsp://joe@host/live', password-file: \(file)")
    #expect(try read(named).streams[0].source.address.secretText == "rtsp://joe:1%2F2%3F@host/live")
    // Each reading reads the file anew.
    _ = try write("other", to: "door")
    #expect(try read(named).streams[0].source.address.secretText == "rtsp://joe:other@host/live")
    #expect(try read(named).streams != pair.streams)
  }

  @Test("systemd's credentials come before the working folder")
  func credentials() throws {
    _ = try write("geheim\r\n", to: "door-password", mode: 0o400)
    let text = Self.stream("source: 'rtsp://a@host/live', password-file: door-password")
    let read = try read(text, ["CREDENTIALS_DIRECTORY": folder.path])
    #expect(read.streams[0].source.address.secretText == "rtsp://a:geheim@host/live")
    #expect(mistakes(text).first?.contains("cannot be opened: No such file") == true)
  }

  @Test func readableByAll() throws {
    let file = try write("geheim", to: "door", mode: 0o644)
    let read = try read(Self.stream("source: 'rtsp://a@host/live', password-file: \(file)"))
    #expect(
      read.warnings.map(\.description) == [
        "c.yaml:1:66: streams[0].password-file: everybody on this machine can read the file; expected mode 0600 or 0640"
      ])
  }

  @Test func tokens() throws {
    let stream = Self.stream("source: /dev/video0")
    let good = try write("0123456789abcdef\n", to: "token")
    #expect(
      try read("http: {address: '::', token-file: \(good)}\n\(stream)").http.token
        == "0123456789abcdef")
    let bad = try write("geheim\n", to: "bad")
    #expect(
      mistakes("http: {token-file: \(bad)}\n\(stream)") == [
        "c.yaml:1:20: http.token-file: the file's token cannot be used; expected 16 to 128 letters, digits, '-', '_', '.' or '~'"
      ])
    #expect(
      mistakes("http: {token: 0123456789abcdef, token-file: \(good)}\n\(stream)") == [
        "c.yaml:1:45: http.token-file: is given beside token; expected one of them"
      ])
  }

  @Test func filesThatAreNone() throws {
    let wanted = "; expected a file with one line, or a credential of systemd's"
    func problem(_ path: String) -> String? {
      mistakes(Self.stream("source: 'rtsp://a@host/live', password-file: \(path)")).first
    }
    for (text, words) in [("", "is empty"), ("\n\n", "is empty"), ("a\nb\n", "more than one line")]
    {
      let found = try #require(problem(try write(text, to: "file")))
      #expect(found.contains(words) && found.hasSuffix(wanted), "\(found)")
    }
    #expect(problem(folder.path)?.contains("is not a regular file") == true)
    #expect(problem("/nowhere")?.contains("No such file") == true)
    let large = try write(String(repeating: "x", count: 5000), to: "large")
    #expect(problem(large)?.contains("4096 bytes") == true)
  }

  @Test func passwordsThatDoNotFit() throws {
    let file = try write("geheim", to: "door")
    for (body, key, words) in [
      ("source: 'rtsp://host/live', password-file: F", "password-file", "no user"),
      ("source: 'rtsp://a:b@host/live', password-file: F", "password-file", "already"),
      ("source: 'rtsp://a@host/live', user: b, password-file: F", "user", "already"),
      ("source: /dev/video0, user: b, password-file: F", "user", "network"),
    ] {
      let found = mistakes(Self.stream(body.replacing("F", with: file)))
      #expect(found.count == 1, "\(found)")
      #expect(found.first?.contains("streams[0].\(key): cannot be used: ") == true, "\(found)")
      #expect(found.first?.contains(words) == true, "\(found)")
    }
  }

  @Test("an address that can never work is a mistake, with the remedy")
  func unescaped() {
    #expect(
      mistakes(Self.stream("source: 'rtsp://admin:12/Geheim@127.0.0.1:9/s'")) == [
        "c.yaml:1:29: streams[0].source: its user name or password holds \"/\" as it is, which ends the host's name; expected user name and password percent-encoded: %2F for /, %3F for ?, %23 for #, %40 for @ (in a path as well)"
      ])
  }

  /// Mistakes that a hand makes around secrets.
  @Test(
    "no mistake shows a secret",
    arguments: [
      "streams: ['rtsp://admin:hunter2secret@h/']", "streams: 'rtsp://admin:hunter2secret@h/'",
      "streams: {'rtsp://admin:hunter2secret@h/': x}", "streams: [{source: [hunter2secret]}]",
      "'rtsp://admin:hunter2secret@h/'", "http: hunter2secret", "http: {token:hunter2secret}",
      "http: {tokenhunter2secret: x}", "http: {token: [hunter2secret]}", "http: [hunter2secret]",
      "http: {token: {hunter2secret: x}}", "http: {token: hunter2secret}",
      "http: {token:hunter2secret: &a b}",
      "http: {token:hunter2secret: 1, token:hunter2secret: 2}", "log: 'x:hunter2secret@h'",
      "log: {level: 'rtsp://admin:hunter2secret@h/'}", "http: {address: 'admin:hunter2secret@h'}",
      "http: {port: 'rtsp://admin:hunter2secret@h/'}", "sourcertsp://admin:hunter2secret@h/: x",
      "streams: [{name: 'rtsp://admin:hunter2secret@h/', source: /dev/video0}]",
      "streams: [{name: a, source: 'rtsp://admin:hunter2secret'}]",
      "streams: [{name: a, source: 'rtsp://admin:hunter2secret/x@10.0.0.1/'}]",
      "streams: [{name: a, source: 'rtsp:/admin:hunter2secret@h/'}]",
      "streams: [{name: a, source: 'rtsp://h/${hunter2secret@h/'}]",
      "streams: [{name: a, source: /dev/video0, model: 'http://h/?password=hunter2secret'}]",
      "streams: [{name: a, source: /dev/video0, camera: 'admin:hunter2secret@h'}]",
      "streams: [{name: a, source: /dev/video0, password: hunter2secret}]",
      "streams: [{name: a, source: /dev/video0, pixel-format: 'user=a&pwd=hunter2secret'}]",
      "streams: [{name: a, source: /dev/video0, outputs: ['rtsp://admin:hunter2secret@h/']}]",
      "streams: [{name: a, source: /dev/video0, outputs: [{type: 'rtsp://a:hunter2secret@h/'}]}]",
      "streams: [{name: a, source: /dev/video0, outputs: [{type: osc, host: 'u:hunter2secret@h'}]}]",
      "streams: [{name: a, source: /dev/video0, outputs: [{type: csv, path: 'http://u:hunter2secret@h/%Q'}]}]",
    ])
  func notShown(text: String) {
    let found = mistakes(text)
    #expect(!found.isEmpty)
    for mistake in found { #expect(!mistake.contains("hunter2secret")) }
  }
}
