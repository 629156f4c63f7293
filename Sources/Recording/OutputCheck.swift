import Glibc
import SystemNames

/// What can be known of an output before the work for it is done.
public enum OutputCheck {
  /// Whether `path` takes bytes as they come (standard output, a device, a pipe), so that nothing
  /// can stand beside it.
  public static func isStream(_ path: String) -> Bool {
    var status = stat()
    guard path != "-" else { return true }
    guard stat(path, &status) == 0 else { return false }
    return [S_IFCHR, S_IFIFO].contains(status.st_mode & S_IFMT)
  }

  /// Whether another run, or another output of this process, is writing `path`: its partial is
  /// locked. False on file systems without locks.
  public static func isBeingWritten(_ path: String) -> Bool {
    let descriptor = open(
      NameBeside.path(of: path, ending: ".partial"),
      O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // Shared: two who ask at a time do not take each other for a writer.
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// Throws what writing `path` would throw later: it is there and may not be replaced, it is a
  /// folder, or its folder is missing or closed to this user.
  public static func beforehand(_ path: String, force: Bool) throws(RecordingError) {
    var status = stat()
    if lstat(path, &status) == 0 {
      switch status.st_mode & S_IFMT {
      case S_IFDIR: throw .system(operation: "create", path: path, code: EISDIR)
      case S_IFREG, S_IFLNK:
        guard force else { throw .alreadyExists(path: path, rows: nil) }
      default: return
      }
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    guard access(folder, W_OK | X_OK) == 0 else {
      throw .system(operation: "create", path: path, code: errno)
    }
  }
}
