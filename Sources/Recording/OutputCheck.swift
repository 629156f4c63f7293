import Foundation
import SystemNames

/// What can be known of an output before the work for it is done.
public enum OutputCheck {
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
