import Glibc
import SystemNames

/// A destination of lines that has one name: a file, standard output, a device or a named pipe.
struct FixedDestination: ~Copyable {
  let lines: any LineDestination
  /// What rows are lost for when lines come faster than they are taken.
  let slowCause: LossCause

  static let queueBytes = 4 << 20
  static let flushSeconds = 0.25

  /// Opens it. A file gets its header at once; an existing one is replaced only with `force`. A
  /// named pipe is opened once it has a reader; what finds no room until then is lost.
  ///
  /// Throws `alreadyExists`, `inUse`, `notARegularFile`, `system`.
  static func open(
    _ path: String, header: [UInt8], force: Bool, calls: sending FileCalls
  ) throws(RecordingError) -> sending FixedDestination {
    guard path != "-" else {
      let lines = StreamDestination(
        calls.standardOutput, name: "standard output", owns: false, header: header, calls: calls)
      return FixedDestination(lines: lines, slowCause: .receiverSlow)
    }
    guard !path.isEmpty else { throw .system(operation: "create", path: "''", code: ENOENT) }
    var status = stat()
    let kind = stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    switch kind {
    case S_IFCHR, S_IFIFO:
      let lines = try StreamDestination(path: path, header: header, calls: calls)
      return FixedDestination(lines: lines, slowCause: .receiverSlow)
    case S_IFDIR: throw .system(operation: "create", path: path, code: EISDIR)
    case nil, S_IFREG: break
    default: throw .notARegularFile(path: path)
    }
    let plan = RotatingFile.Plan(
      names: NamePattern(path: path), header: header, existing: force ? .replace : .refuse)
    let lines = RotatingFile(plan, calls: calls)
    try lines.open(at: 0)
    return FixedDestination(lines: lines, slowCause: .diskSlow)
  }
}
