import Foundation
import Glibc
import Testing

/// The built command, run as a user runs it.
enum Command {
  struct NotFound: Error, CustomStringConvertible {
    let description: String
  }

  /// The `landmarkd` beside the test bundle, whatever the build folder is called.
  static let path: String = {
    let manager = FileManager.default
    var folders: [URL] = []
    if let own = try? manager.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      folders.append(URL(fileURLWithPath: own).deletingLastPathComponent())
    }
    let first = URL(fileURLWithPath: CommandLine.arguments[0])
    folders += [
      first.deletingLastPathComponent(), Bundle.main.bundleURL,
      Bundle.main.bundleURL.deletingLastPathComponent(),
      Fixtures.package.appending(path: ".build/release"),
      Fixtures.package.appending(path: ".build/debug"),
    ]
    return folders.map { $0.appending(path: "landmarkd").path }
      .first { access($0, X_OK) == 0 } ?? "landmarkd-is-not-built"
  }()

  /// How a run ended and what it said.
  struct Result: CustomStringConvertible {
    /// The exit status; nil after a signal.
    var status: Int32?
    /// The signal that ended it.
    var signal: Int32?
    var output: String
    var errors: String

    /// The lines on standard error.
    var lines: [String] { errors.split(separator: "\n").map(String.init) }

    var description: String {
      let end = status.map { "status \($0)" } ?? "signal \(signal ?? 0)"
      return "\(end)\nstdout: \(output.prefix(2000))\nstderr: \(errors)"
    }
  }

  /// Runs `landmarkd` with `arguments` in `folder` to its end.
  static func run(
    _ arguments: [String], in folder: Scratch, input: String? = nil,
    environment: [String: String]? = nil
  ) throws -> Result {
    try RunningCommand(
      [path] + arguments, in: folder, input: input, environment: environment
    ).wait()
  }

  static func run(_ arguments: String..., in folder: Scratch) throws -> Result {
    try run(arguments, in: folder)
  }

  /// Runs a shell script in which "$@" is `landmarkd` with `arguments`.
  static func shell(
    _ script: String, _ arguments: [String], in folder: Scratch
  ) throws -> Result {
    try RunningCommand(["/bin/sh", "-c", script, "sh", path] + arguments, in: folder).wait()
  }
}

/// A process that was started; killed when nobody waits for it.
final class RunningCommand {
  private(set) var process: pid_t = 0
  private let log: Scratch
  private var result: Command.Result?

  struct CannotStart: Error {
    let arguments: [String]
    let code: Int32
  }

  /// - Parameters:
  ///   - input: the file that standard input is read from; without one it is empty.
  ///   - environment: instead of the tests' own.
  ///   - terminal: the terminal that is all three standard descriptors.
  init(
    _ arguments: [String], in folder: Scratch, input: String? = nil,
    environment: [String: String]? = nil, terminal: String? = nil
  ) throws {
    log = try Scratch()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(
      &actions, 0, terminal ?? input ?? "/dev/null", terminal == nil ? O_RDONLY : O_RDWR, 0)
    for (descriptor, name) in [(1 as Int32, "stdout"), (2, "stderr")] {
      try log.write("", to: name)
      posix_spawn_file_actions_addopen(
        &actions, descriptor, terminal ?? log.file(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    }
    // The tests may run where signals are ignored (a job in the background).
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

    let variables = environment ?? ProcessInfo.processInfo.environment
    // env executes the rest in its own place: the process stays the same.
    let line = ["env", "-C", folder.path] + arguments
    var words = line.map { strdup($0) } + [nil]
    var settings = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { (words + settings).forEach { free($0) } }
    let code = posix_spawnp(&process, line[0], &actions, &attributes, &words, &settings)
    guard code == 0 else { throw CannotStart(arguments: arguments, code: code) }
  }

  deinit {
    if result == nil, process > 0 {
      Glibc.kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
  }

  func kill(_ signal: Int32) { Glibc.kill(process, signal) }

  /// Whether the process has a handler for `signal`.
  func hears(_ signal: Int32) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
    let mask = caught.flatMap { UInt64($0.dropFirst(8), radix: 16) } ?? 0
    return mask & (1 << UInt64(signal - 1)) != 0
  }

  /// What the process has written to standard error so far.
  var errorsSoFar: String { (try? log.text("stderr")) ?? "" }

  /// Waits for the end; a process that takes longer than `seconds` is killed, which its result
  /// then shows.
  func wait(seconds: Double = 60) throws -> Command.Result {
    if let result { return result }
    var status: Int32 = 0
    let deadline = ContinuousClock.now + .seconds(seconds)
    while waitpid(process, &status, WNOHANG) == 0 {
      if ContinuousClock.now > deadline { kill(SIGKILL) }
      usleep(2000)
    }
    let signal = status & 0x7F
    let made = Command.Result(
      status: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal,
      output: try log.text("stdout"), errors: try log.text("stderr"))
    result = made
    return made
  }
}

/// Waits until `condition` holds; a test that needs it fails after `seconds`.
func waitUntil(
  seconds: Double = 30, _ what: Comment, _ condition: () throws -> Bool
) throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while try !condition() {
    try #require(ContinuousClock.now < deadline, what)
    usleep(2000)
  }
}

/// A temporary folder that goes away with its last user.
final class Scratch: Sendable {
  let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "landmarkd-command-\(UUID().uuidString)")
    path = folder.path
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // Other users' runs work in it too.
    chmod(path, 0o777)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  func exists(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

  func text(_ name: String) throws -> String {
    String(decoding: try data(name), as: UTF8.self)
  }

  func data(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: file(name)))
  }

  func size(_ name: String) -> Int {
    var status = stat()
    return stat(file(name), &status) == 0 ? Int(status.st_size) : 0
  }

  func write(_ bytes: some Collection<UInt8>, to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }

  func write(_ text: String, to name: String) throws { try write(text.utf8, to: name) }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: file(name), withIntermediateDirectories: true)
  }

  func copy(_ source: String, to name: String) throws {
    try FileManager.default.copyItem(atPath: source, toPath: file(name))
  }
}

/// What the tests read, in the repository.
enum Fixtures {
  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let folder = package.appending(path: "Tests/Fixtures")
  static let modelFolder = folder.appending(path: "synthetic/model").path
  /// 16 landmarks and 5 modes.
  static let model = modelFolder + "/main_synthetic.txt"
  /// A face that the detector finds, 256 x 256.
  static let portrait = folder.appending(path: "portrait.pgm").path
}
