import Glibc
import SystemNames

/// A small file that is durable as its partial before it gets its name.
///
/// What must not be missing beside another file is settled first, and published when that one has
/// its name. A run that is killed between the two leaves the partial, which `adopt` publishes.
public final class SettledFile {
  private let file: OutputFile

  /// Writes `bytes` to the partial of `path` and makes them durable. Throws `RecordingError` as
  /// `WholeFile.write`; nothing is then left.
  public init(_ bytes: [UInt8], for path: String, force: Bool) throws(RecordingError) {
    file = try OutputFile(path, force: force)
    do throws(RecordingError) {
      try bytes.span.withUnsafeBytes { (bytes) throws(RecordingError) in try file.write(bytes) }
      try file.settle()
    } catch {
      file.discard()
      throw error
    }
  }

  /// Gives the file its name.
  public func publish() throws(RecordingError) { try file.publish() }

  /// Takes the partial away.
  public func discard() { file.discard() }

  /// What became of a partial that a run left.
  public enum Adoption: Sendable {
    /// It has its name now.
    case published([UInt8])
    /// Another run is writing it.
    case inUse
    /// There is none, or it is not the right one.
    case none
  }

  /// Gives the settled partial of `path` its name, where there is one that nobody is writing and
  /// that `isRight`. A `path` that is there stays as it is.
  public static func adopt(_ path: String, where isRight: ([UInt8]) -> Bool) -> Adoption {
    let partial = NameBeside.path(of: path, ending: ".partial")
    let descriptor = open(partial, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return .none }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK { return .inUse }
    var opened = stat()
    var named = stat()
    guard fstat(descriptor, &opened) == 0, opened.st_mode & S_IFMT == S_IFREG,
      lstat(partial, &named) == 0, named.st_ino == opened.st_ino, named.st_dev == opened.st_dev,
      let bytes = SystemName.contents(ofFile: partial), isRight(bytes),
      lstat(path, &named) != 0, rename(partial, path) == 0
    else { return .none }
    return .published(bytes)
  }
}
