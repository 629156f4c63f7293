import Foundation
import Glibc
import Measurement
import Synchronization
import Tracking

@testable import Recording

/// Clocks that stand still until they are moved.
final class ManualClock: Sendable {
  private let seconds = Mutex((utc: 0.0, monotonic: 1000.0))

  /// Seconds since 1970-01-01T00:00:00Z.
  init(utc: Double) { set(utc: utc) }

  func set(utc: Double) { seconds.withLock { $0.utc = utc } }

  func advance(_ amount: Double) {
    seconds.withLock {
      $0.utc += amount
      $0.monotonic += amount
    }
  }

  var utc: Double { seconds.withLock { $0.utc } }

  var logClock: LogClock {
    LogClock(
      monotonicSeconds: { self.seconds.withLock { $0.monotonic } }, utcSeconds: { self.utc })
  }
}

/// 2026-01-31T09:30:00Z.
let halfPastNine = 1_769_851_800.0

/// Counts system calls and fails them when told to. Its `room` is that of a disk: the write that
/// does not fit goes in as far as it fits.
final class TestDisk: Sendable {
  struct State {
    var room = Int.max
    var failure = ENOSPC
    var writes = 0
    var dataSyncs = 0
    var folderSyncs = 0
    var syncFailure: Int32?
  }
  let state = Mutex(State())

  var room: Int {
    get { state.withLock { $0.room } }
    set { state.withLock { $0.room = newValue } }
  }

  var calls: FileCalls {
    var calls = FileCalls()
    calls.write = { descriptor, bytes in
      self.state.withLock { state in
        state.writes += 1
        guard state.room > 0 else {
          errno = state.failure
          return -1
        }
        let count = write(descriptor, bytes.baseAddress, min(state.room, bytes.count))
        state.room -= max(0, count)
        return count
      }
    }
    calls.synchroniseData = { _ in
      self.state.withLock { state in
        state.dataSyncs += 1
        guard let failure = state.syncFailure else { return 0 }
        errno = failure
        return -1
      }
    }
    calls.synchronise = { _ in
      self.state.withLock { $0.folderSyncs += 1 }
      return 0
    }
    return calls
  }
}

extension LineBatch {
  /// Lines, without their newlines, all made at one time.
  init(_ lines: [String], at utcSeconds: Double) {
    self.init()
    for line in lines { add(line, at: utcSeconds) }
  }

  mutating func add(_ line: String, at utcSeconds: Double) {
    bytes.append(line + "\n")
    endLine(at: utcSeconds)
  }
}

extension RotatingFile {
  /// Writes lines that were made at one time; how many went in, and what was wrong.
  @discardableResult
  func write(_ lines: [String], at utcSeconds: Double) -> LineProgress {
    write(LineBatch(lines, at: utcSeconds), from: 0)
  }
}

let sampleContext: FrameContext = {
  guard let camera = try? CameraIntrinsics(width: 640, height: 480) else { fatalError("no camera") }
  return FrameContext(stream: "door", width: 640, height: 480, camera: camera)
}()

extension FrameSink {
  /// Writes `count` rows, numbered from `first`.
  func fill(_ count: Int, from first: Int = 1) {
    for number in first..<first + count {
      write(sampleFrame(number), sampleMeasurement(), sampleContext)
    }
  }

  /// Waits until the sink's status is as asked, but not for ever.
  func wait(seconds: Double = 10, _ isReached: (SinkStatus) -> Bool) -> SinkStatus {
    let deadline = Date().addingTimeInterval(seconds)
    while !isReached(status), Date() < deadline { usleep(5000) }
    return status
  }
}
