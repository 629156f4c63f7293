import Glibc
import Synchronization
import SystemSupport

/// Packets to one UDP receiver, without ever waiting for it. Thread-safe.
///
/// A numeric address is used at once, and tried again while the system knows no way there; a name is
/// looked up by a thread of its own, and again when the receiver cannot be reached. Where a name has
/// several addresses, the next is tried when one refuses. A receiver that is not there is only
/// counted (`DatagramCounts`).
final class DatagramSender: Sendable {
  private struct State {
    var descriptor: Int32 = -1
    var addresses: [SocketAddress] = []
    var current = 0
    var isResolving = false
    var isClosed = false
    var nextResolutionSeconds = -Double.infinity
    var nextAddressSeconds = -Double.infinity
    var counts = DatagramCounts()
  }

  /// HOST:PORT, as it was asked for.
  let target: String
  private let host: String
  private let port: Int
  /// Whether the host is a name: an address is not looked up again.
  private let isName: Bool
  private let clock: LogClock
  private let state = Mutex(State())

  /// Between two look-ups of a name.
  private static let resolutionSeconds = 10.0
  /// Between two tries of other addresses.
  private static let addressSeconds = 1.0

  init(host: String, port: Int, clock: LogClock = LogClock()) throws(RecordingError) {
    guard !host.isEmpty, !host.utf8.contains(0) else {
      throw .invalidSetting(name: "host", value: "'\(host)'", expected: "a name or address")
    }
    guard (1...65_535).contains(port) else {
      throw .invalidSetting(name: "port", value: "\(port)", expected: "1 to 65535")
    }
    self.host = host
    self.port = port
    self.clock = clock
    target = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    let numeric = try? SocketAddress.resolve(host, port: port, isNumeric: true).get()
    isName = numeric == nil
    state.withLock { state in
      state.addresses = numeric ?? []
      openAgain(&state)
    }
  }

  deinit {
    state.withLock { if $0.descriptor >= 0 { _ = Glibc.close($0.descriptor) } }
  }

  /// Sends a packet, or counts it as lost. Takes as long as a system call or two.
  func send(_ bytes: UnsafeRawBufferPointer) {
    state.withLock { state in
      guard !state.isClosed else { return state.counts.lose(.closed) }
      guard state.descriptor >= 0 else {
        state.counts.lose(.unreachable)
        return openAgain(&state)
      }
      switch sendOnce(bytes, state.descriptor) {
      case nil: state.counts.went(at: clock.monotonicSeconds())
      case EAGAIN?, ENOBUFS?: loseToSlowness(&state)
      case let code?: sendAgain(bytes, after: code, &state)
      }
    }
  }

  /// The system told of a failure, and the packet was not sent. That was what an earlier packet met
  /// unless this one meets it again: an error is taken away by being told.
  private func sendAgain(
    _ bytes: UnsafeRawBufferPointer, after code: Int32, _ state: inout State
  ) {
    let second = sendOnce(bytes, state.descriptor)
    // No packet is refused while it is being sent.
    if code == ECONNREFUSED || second == nil { state.counts.wereRefused(code, Self.cause(code)) }
    switch second {
    case nil: state.counts.went(at: clock.monotonicSeconds())
    case EAGAIN?, ENOBUFS?: loseToSlowness(&state)
    case let code?: state.counts.lose(Self.cause(code), .system(code))
    }
    tryOtherAddress(&state)
  }

  private func loseToSlowness(_ state: inout State) {
    state.counts.lose(
      .receiverSlow, .other(unreachable(LossCounts.problem(.receiverSlow))))
  }

  private static func cause(_ code: Int32) -> LossCause {
    code == ECONNREFUSED ? .noReceiver : .unreachable
  }

  func close() {
    state.withLock { state in
      state.isClosed = true
      closeSocket(&state)
      state.counts.end()
    }
  }

  func countWrongShape(_ problem: RecordingError) {
    state.withLock { $0.counts.lose(.wrongShape, .other(problem)) }
  }

  func status(kind: String) -> SinkStatus {
    state.withLock { state in
      if hearRefusal(&state) {
        tryOtherAddress(&state)
      } else {
        state.counts.settle(at: clock.monotonicSeconds())
      }
      let isUnknown = state.descriptor < 0 && state.isResolving
      let lookup = isUnknown ? unreachable("its name is looked up").description : nil
      return SinkStatus(
        kind: kind, target: target, written: state.counts.written,
        lost: state.counts.losses.byCause, problem: state.counts.problem.map(text) ?? lookup)
    }
  }

  private func text(of problem: DatagramCounts.Problem) -> String {
    switch problem {
    case .system(let code): unreachable(String(cString: strerror(code))).description
    case .other(let error): error.description
    }
  }

  private func unreachable(_ reason: String) -> RecordingError {
    .receiver(target: target, reason: reason)
  }

  // MARK: The socket

  /// The errno of a send that failed; nil where it did not.
  private func sendOnce(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32) -> Int32? {
    let sent = Glibc.send(
      descriptor, bytes.baseAddress, bytes.count,
      Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    return sent >= 0 ? nil : errno
  }

  /// Counts what the packets that went have met, as far as the system has not told yet. Returns
  /// whether they were refused.
  private func hearRefusal(_ state: inout State) -> Bool {
    guard state.descriptor >= 0 else { return false }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout.size(ofValue: code))
    guard getsockopt(state.descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0, code != 0 else {
      return false
    }
    state.counts.wereRefused(code, Self.cause(code))
    return true
  }

  private func closeSocket(_ state: inout State) {
    guard state.descriptor >= 0 else { return }
    _ = hearRefusal(&state)
    _ = Glibc.close(state.descriptor)
    state.descriptor = -1
  }

  /// Tries what is known of the receiver's addresses, and to know more.
  private func openAgain(_ state: inout State) {
    let now = clock.monotonicSeconds()
    if now >= state.nextAddressSeconds {
      state.nextAddressSeconds = now + Self.addressSeconds
      connect(&state)
    }
    if state.descriptor < 0 { resolve(&state) }
  }

  /// After a failure: goes to the next address and looks the name up again, once a second at most.
  private func tryOtherAddress(_ state: inout State) {
    let now = clock.monotonicSeconds()
    guard !state.isClosed, now >= state.nextAddressSeconds else { return }
    state.nextAddressSeconds = now + Self.addressSeconds
    if state.addresses.count > 1 {
      state.current = (state.current + 1) % state.addresses.count
      connect(&state)
    }
    resolve(&state)
  }

  /// Connects to the current address, or to the first after it that the system can connect to.
  private func connect(_ state: inout State) {
    closeSocket(&state)
    for step in 0..<state.addresses.count {
      let index = (state.current + step) % state.addresses.count
      switch state.addresses[index].connect() {
      case .success(let descriptor):
        state.descriptor = descriptor
        state.current = index
        return
      case .failure(let failure):
        state.counts.fail(.other(unreachable(failure.text)))
      }
    }
  }

  /// Has the name looked up by a thread, unless that was done a moment ago.
  private func resolve(_ state: inout State) {
    let now = clock.monotonicSeconds()
    guard isName, !state.isResolving, now >= state.nextResolutionSeconds else { return }
    state.isResolving = true
    state.nextResolutionSeconds = now + Self.resolutionSeconds
    SystemThread.start("resolver") { [self] in
      let result = SocketAddress.resolve(host, port: port, isNumeric: false)
      self.state.withLock { state in
        state.isResolving = false
        guard !state.isClosed else { return }
        switch result {
        case .failure(let failure):
          guard state.descriptor < 0 else { return }
          state.counts.fail(.other(unreachable(failure.text)))
        case .success(let addresses):
          guard addresses != state.addresses || state.descriptor < 0 else { return }
          state.addresses = addresses
          state.current = 0
          connect(&state)
        }
      }
    }
  }
}
