import Foundation
import Glibc
import Testing

/// Addresses with passwords, as commands are given them: nothing that others can see shows one.
@Suite struct SecretCommandTests {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  /// What everybody on the machine can read of a process.
  private func commandLine(of run: RunningCommand) throws -> String {
    let data = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(run.process)/cmdline"))
    return String(decoding: data, as: UTF8.self)
  }

  /// Nothing listens on port 1: every address is tried again until the command is stopped.
  @Test(
    "a live source's password is in no message, file, name or process list",
    arguments: [
      ("rtsp://admin:Geheim@127.0.0.1:1/live", "live.csv", "rtsp://127.0.0.1:1/live"),
      (
        "rtsp://127.0.0.1:1/user=admin&password=Geheim&channel=1", "127.0.0.1.csv",
        "rtsp://127.0.0.1:1/..."
      ),
      (
        "rtsp://127.0.0.1:1/user=admin_password=Geheim_channel=1_stream=0.sdp", "127.0.0.1.csv",
        "rtsp://127.0.0.1:1/..."
      ),
      (
        "http://127.0.0.1:1/v.cgi?loginuse=admin&loginpas=Geheim", "v.cgi.csv",
        "http://127.0.0.1:1/v.cgi?..."
      ),
      ("rtmp://127.0.0.1:1/live/Geheim", "live.csv", "rtmp://127.0.0.1:1/live/..."),
      ("rtsp://admin:${PASSWORD}@127.0.0.1:1/live", "live.csv", "rtsp://127.0.0.1:1/live"),
    ])
  func live(address: String, output: String, shown: String) throws {
    let environment = ProcessInfo.processInfo.environment.merging(["PASSWORD": "Geheim"]) { $1 }
    let run = try RunningCommand(
      [Command.path, "track", address, "--model", Fixtures.model], in: folder,
      environment: environment)
    try waitUntil("a refusal") { run.errorsSoFar.contains("tried again") }
    let line = try commandLine(of: run)
    #expect(!line.contains("Geheim") && line.contains("--model"), "\(line)")
    #expect(line.contains("127.0.0.1:1"))
    run.kill(SIGINT)
    let result = try run.wait()
    #expect(result.status == 0, "\(result)")
    #expect(!result.errors.contains("Geheim"), "\(result)")
    #expect(result.errors.contains("cannot open \(shown): "), "\(result)")
    #expect(try folder.names == [output, output + ".json"])
    #expect(!(try folder.text(output + ".json")).contains("Geheim"))
  }

  @Test(
    "an address that can never work is said to be so, and nothing is made",
    arguments: [
      "rtsp://admin:2023#Geheim@127.0.0.1:1/s", "rtsp://admin:12/Geheim@127.0.0.1:1/s",
      "rtsp://admin:p@ss/Geheim@127.0.0.1:1/s", "rtsp://us/er:Geheim@127.0.0.1:1/s",
      "rtsp://admin:12?Geheim@127.0.0.1:1/s",
    ])
  func neverWorks(address: String) throws {
    let result = try Command.run("track", address, "--model", Fixtures.model, in: folder)
    #expect(result.status == 1, "\(result)")
    #expect(result.errors.contains("cannot open rtsp://127.0.0.1:1/s: its user name or password"))
    #expect(result.errors.contains("%2F for /") && !result.errors.contains("Geheim"), "\(result)")
    #expect(try folder.names == [])
    try folder.write("streams: [{name: a, source: '\(address)'}]\n", to: "c.yaml")
    let check = try Command.run("serve", "--config", "c.yaml", "--check", in: folder)
    #expect(check.status == 78, "\(check)")
    #expect(check.errors.contains("c.yaml:1:29: streams[0].source: its user name or password"))
    #expect(check.errors.contains("%2F for /") && !check.errors.contains("Geheim"), "\(check)")
  }

  @Test(
    "wrong usage cites no password",
    arguments: [
      ["rtsp://admin:Geheim@h/live"], ["track", "x", "--duration", "rtsp://admin:Geheim@h/live"],
      ["track", "rtsp://admin:Geheim@h/live", "--start", "1"],
      ["track", "rtsp://admin:Geheim@h/live", "http://h/x?pw=Geheim"],
      ["track", "rtsp://admin:${LANDMARKD_TEST_NONE}Geheim@h/live"],
      ["fit", "admin:Geheim@h/live"], ["detect", "admin:Geheim@h/live"],
      ["detect", "rtsp://admin:Geheim@h/live"],
      ["detect", "http://admin:Geheim@127.0.0.1:1/a.mp4"],
      ["inspect", "rtsp://admin:Geheim@h/live"], ["track", "concat://rtsp://admin:Geheim@h/live"],
      ["serve", "--config", "rtsp://admin:Geheim@h/live"],
      ["track", "--model", "rtsp://admin:Geheim@h/live", "/dev/landmarkd-test-no-camera"],
    ])
  func usage(arguments: [String]) throws {
    let result = try Command.run(arguments, in: folder)
    #expect(result.status != 0, "\(result)")
    #expect(!result.errors.isEmpty && !result.errors.contains("Geheim"), "\(result)")
    #expect(!result.output.contains("Geheim"))
  }

  @Test func warningsOfACheck() throws {
    try folder.write("geheim\n", to: "password")
    chmod(folder.file("password"), 0o644)
    try folder.write(
      "streams: [{name: a, source: 'rtsp://admin@h/live', password-file: password}]\n",
      to: "c.yaml")
    let result = try Command.run("serve", "--config", "c.yaml", "--check", in: folder)
    #expect(result.status == 0, "\(result)")
    #expect(result.output == "c.yaml: ok, 1 stream\n")
    #expect(
      result.lines == [
        "warning: c.yaml:1:67: streams[0].password-file: everybody on this machine can read the file; expected mode 0600 or 0640"
      ])
  }
}
