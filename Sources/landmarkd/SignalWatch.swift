import Glibc
import Recording
import Service
import Synchronization
import SystemSupport

/// Hears the signals that ask a command to end: SIGINT, SIGTERM, and SIGHUP of a terminal that was
/// closed unless it is ignored (nohup).
enum SignalWatch {
  /// How long readers that take nothing are waited for after the first signal.
  private static let patienceSeconds = 1.5

  /// Calls `action` at the first signal, on a thread of its own; one that comes more than a second
  /// later ends the process at once, with the same status.
  ///
  /// To be called once. Handlers, not a mask and a thread that waits: libraries have started threads
  /// before this, which would still be ended by a signal.
  static func start(_ action: @escaping @Sendable () -> Void) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    signalPipe.store(ends[1], ordering: .releasing)
    let reader = ends[0]
    SystemThread.start("signals") { listen(to: reader, action) }
    for number in [SIGINT, SIGTERM] { hear(number) }
    if !isIgnored(SIGHUP) { hear(SIGHUP) }
  }

  private static func hear(_ number: Int32) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      let before = errno
      var number = number
      _ = write(signalPipe.load(ordering: .acquiring), &number, MemoryLayout<Int32>.size)
      errno = before
    }
    action.sa_flags = SA_RESTART
    sigaction(number, &action, nil)
    // A caller's thread that blocks it hands that on.
    var heard = sigset_t()
    sigemptyset(&heard)
    sigaddset(&heard, number)
    pthread_sigmask(SIG_UNBLOCK, &heard, nil)
  }

  private static func listen(to reader: Int32, _ action: () -> Void) {
    var requests = EndRequests()
    var number: Int32 = 0
    while read(reader, &number, MemoryLayout<Int32>.size) > 0 {
      switch requests.hear(isHangup: number == SIGHUP, at: ServiceClock.monotonic.now()) {
      case .begin:
        ReaderPatience.process.end(after: patienceSeconds)
        action()
      case .same: break
      case .atOnce: _exit(Terminal.interrupted.rawValue)
      }
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

/// Where the handlers write which signal came: a descriptor.
private let signalPipe = Atomic<Int32>(-1)
