import Dispatch
import FoundationEssentials
import Glibc
import Logging
import Recording
import Synchronization
import SystemNames
import SystemSupport
import VideoInput

/// Where the service's messages go: lines to a descriptor, written by a thread of its own.
///
/// Nobody who logs waits for the reader: past 1000 lines that wait messages are lost, and their
/// number is said. Thread-safe.
public final class LogOutput: Sendable {
  /// How a line begins.
  public enum Style: Sendable, Equatable {
    /// `<6>`: the priority that systemd's journal reads (sd-daemon(3)); it has the time itself.
    case journal
    /// The time in UTC and the level.
    case plain

    /// `journal` where standard error leads to the journal: JOURNAL_STREAM then names its device
    /// and inode (systemd.exec(5)).
    public static func ofStandardError(
      _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Style {
      var status = stat()
      guard let named = environment["JOURNAL_STREAM"], fstat(STDERR_FILENO, &status) == 0 else {
        return .plain
      }
      return named == "\(status.st_dev):\(status.st_ino)" ? .journal : .plain
    }
  }

  private struct Queue {
    var lines: [String] = []
    var lost = 0
    var isWriting = false
  }

  private static let mostLines = 1000

  private let descriptor: Int32
  private let style: Style
  private let queue = Mutex(Queue())
  private let more = DispatchSemaphore(value: 0)

  /// - Parameter descriptor: stays the caller's.
  public init(descriptor: Int32 = STDERR_FILENO, style: Style = .ofStandardError()) {
    self.descriptor = descriptor
    self.style = style
    SystemThread.start("log") { self.work() }
  }

  func add(_ level: Logger.Level, _ text: String) {
    // Whatever a library put into its words: no address gives its secrets away here.
    let line = self.line(level, SystemName.shown(singleLine(VideoInput.redacted(message: text))))
    queue.withLock { queue in
      if queue.lines.count < Self.mostLines {
        queue.lines.append(line)
      } else {
        queue.lost += 1
      }
    }
    more.signal()
  }

  /// Waits until everything is written, but not longer than `seconds`. Blocks.
  public func flush(within seconds: Double) {
    let deadline = DispatchTime.now() + seconds
    while queue.withLock({ !$0.lines.isEmpty || $0.isWriting }), DispatchTime.now() < deadline {
      usleep(2000)
    }
  }

  private func line(_ level: Logger.Level, _ text: String) -> String {
    switch style {
    case .journal: return "<\(level.priority)>\(text)\n"
    case .plain:
      let time = UTCTimestamp.text(secondsSince1970: Date().timeIntervalSince1970) ?? ""
      return "\(time) \(level): \(text)\n"
    }
  }

  private func work() {
    while true {
      more.wait()
      let text = queue.withLock { queue in
        var text = queue.lines.joined()
        if queue.lost > 0 { text += line(.warning, "\(queue.lost) messages were lost") }
        queue = Queue(isWriting: !text.isEmpty)
        return text
      }
      write(text)
      queue.withLock { $0.isWriting = false }
    }
  }

  /// What cannot be written is lost.
  private func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno == EAGAIN {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&waiting, 1, -1)
      } else if errno != EINTR {
        return
      }
    }
  }
}

extension Logger.Level {
  /// syslog(3)'s number.
  fileprivate var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}

/// From which level on messages are logged, for all loggers of a service. Thread-safe.
public final class LogThreshold: Sendable {
  private let level: Mutex<Logger.Level>

  public init(_ level: Logger.Level) { self.level = Mutex(level) }

  public var value: Logger.Level {
    get { level.withLock { $0 } }
    set { level.withLock { $0 = newValue } }
  }
}

/// Gives a logger's messages to a `LogOutput`.
public struct ServiceLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  private let output: LogOutput
  private let threshold: LogThreshold

  public init(_ output: LogOutput, _ threshold: LogThreshold) {
    self.output = output
    self.threshold = threshold
  }

  /// The service's, which a configuration sets: setting it here sets it for all.
  public var logLevel: Logger.Level {
    get { threshold.value }
    set { threshold.value = newValue }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var text = "\(event.message)"
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(value)" }
    if let error = event.error { text += ": \(error)" }
    output.add(event.level, text)
  }
}
