import CProcessArguments
import Glibc
import SystemNames
import VideoInput

/// What the process was called with.
enum ProcessArguments {
  /// The arguments without the program's name. Afterwards `ps` and /proc/PID/cmdline, which everybody
  /// on the machine may read, show of addresses in them what may be shown.
  ///
  /// To be called once, first: Swift copies the arguments when they are asked for, and until then a
  /// reader of /proc sees them all (some hundredths of a second).
  static func takeHidingSecrets() -> [String] {
    // Swift's own copies hold U+FFFD for what is no UTF-8.
    var taken: [String] = []
    for index in 1..<max(1, landmarkd_argument_count()) {
      guard let bytes = landmarkd_argument(index) else { continue }
      let text = SystemName.text(bytes)
      taken.append(text)
      let shown = VideoInput.redacted(text)
      guard shown != text else { continue }
      let length = strlen(bytes)
      memset(bytes, Int32(UInt8(ascii: " ")), length)
      for (offset, byte) in shown.utf8.prefix(length).enumerated() {
        bytes[offset] = CChar(bitPattern: byte)
      }
    }
    return taken
  }
}
