import Glibc
import Pictures
import Recording
import VideoInput

/// Errors that may be gone at the next try: of disks, networks and memory, and deadlines. Not those
/// that say what a file is.
enum PassingTrouble {
  private static let codes: [Int32] = [
    EIO, ENOSPC, EDQUOT, ESTALE, ETIMEDOUT, ENOMEM, EMFILE, ENFILE, EAGAIN, ENOLCK, EBUSY,
    ENETDOWN, ENETUNREACH, ENETRESET, ECONNRESET, ECONNABORTED, ECONNREFUSED, EHOSTDOWN,
    EHOSTUNREACH, EREMOTEIO,
  ]
  /// Of reading, the system's words alone are known.
  private static let words = codes.map { String(cString: strerror($0)) }

  /// Whether a reason in words is one of them.
  static func isSaid(in text: String) -> Bool { words.contains { text.contains($0) } }

  static func isSeen(in error: any Error) -> Bool {
    switch error {
    case let error as VideoInputError:
      switch error.kind {
      case .timedOut, .lost: return true
      case .failed, .notReadable:
        let text = [error.libraryText, error.problem].compactMap(\.self)
        return text.contains(where: isSaid)
      default: return false
      }
    case RecordingError.system(_, _, let code), PicturesError.file(.system(_, _, let code)):
      return codes.contains(code)
    default: return false
    }
  }
}
