import Glibc
import SystemNames
import SystemSupport

/// Waits for something to happen where a device's name will appear.
///
/// The folder of the name may be gone with the device (/dev/v4l/by-id): the nearest one that is
/// there is watched. Where inotify does not work (too many watches, a file system without) it only
/// waits. One thread.
final class DeviceWatch {
  private let descriptor: Int32

  /// Watches for `path` from now on; without one it only waits.
  init(path: String?) {
    guard let path else {
      descriptor = -1
      return
    }
    descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard descriptor >= 0, let folder = Self.nearestFolder(of: path) else { return }
    // ATTRIB: udev makes the node first and gives it its group afterwards.
    inotify_add_watch(descriptor, folder, UInt32(IN_CREATE | IN_ATTRIB | IN_MOVED_TO))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Waits at most `seconds`; returns early when something happened in the folder, or when
  /// `interruption` was set (seen within 50 ms).
  func wait(seconds: Double, _ interruption: Interruption) {
    let end = Clocks.monotonicSeconds + seconds
    while !interruption.isInterrupted {
      let left = end - Clocks.monotonicSeconds
      guard left > 0 else { return }
      let step = Int32((min(left, 0.05) * 1000).rounded(.up))
      // A negative descriptor is passed over: then this only waits.
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, step) > 0, waiting.revents != 0 {
        drain()
        // The node is made, then gets its group and its links: once for all of it.
        usleep(20_000)
        return
      }
    }
  }

  private func drain() {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { bytes in
      while read(descriptor, bytes.baseAddress, bytes.count) > 0 {}
    }
  }

  private static func nearestFolder(of path: String) -> String? {
    var folder = path
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      let name = folder.isEmpty ? "/" : folder
      var status = stat()
      if stat(name, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return name }
    }
    return nil
  }
}
