import Foundation
import Synchronization

/// Packets to one UDP receiver, without ever waiting for it. Thread-safe.
///
/// A numeric address is used at once, and tried again while the system knows no way there; a name is
/// looked up by a thread of its own, and again when the receiver cannot be reached. Where a name has
/// several addresses, the next is tried when one refuses. A receiver that is not there is only
/// counted.
final class DatagramSender: Sendable {
  /// Kept as it comes: making text of it costs memory, and a dead receiver gives it for every row.
  private enum Problem {
    case system(Int32)
    case other(RecordingError)
  }

  private struct State {
    var descriptor: Int32 = -1
    var addresses: [SocketAddress] = []
    var current = 0
    var isResolving = false
    var isClosed = false
    var nextResolutionSeconds = -Double.infinity
    var nextAddressSeconds = -Double.infinity
    var written = 0
    var losses = LossCounts()
    /// What is wrong; for as long as nothing shows that it is over.
    var problem: Problem?
    var problemSeconds = -Double.infinity
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
  /// How long after a failure packets have to go without another before all is well: a refusal
  /// comes back some time after its packet, and only the next send hears of it.
  private static let problemLifeSeconds = 2.0

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

  /// Sends a packet, or counts it as lost. Takes as long as a system call.
  func send(_ bytes: UnsafeRawBufferPointer) {
    state.withLock { state in
      guard !state.isClosed else { return state.losses.add(1, .closed) }
      guard state.descriptor >= 0 else {
        state.losses.add(1, .unreachable)
        return openAgain(&state)
      }
      var failure = send(bytes, state.descriptor)
      if failure == nil { noteSuccess(&state) }
      if failure == ECONNREFUSED {
        // Of an earlier packet, which was counted as written: the error is taken away by being
        // reported, and this one not sent.
        state.written -= min(1, state.written)
        state.losses.add(1, .noReceiver)
        fail(&state, ECONNREFUSED)
        failure = send(bytes, state.descriptor)
      }
      switch failure {
      case nil: state.written += 1
      case ECONNREFUSED?: state.losses.add(1, .noReceiver)
      case EAGAIN?, ENOBUFS?:
        state.losses.add(1, .receiverSlow)
        note(&state, .other(unreachable(LossCounts.problem(.receiverSlow))))
      case let code?:
        state.losses.add(1, .unreachable)
        fail(&state, code)
      }
    }
  }

  func close() {
    state.withLock { state in
      state.isClosed = true
      guard state.descriptor >= 0 else { return }
      // What the last packet met was not reported yet.
      var failure: Int32 = 0
      var size = socklen_t(MemoryLayout.size(ofValue: failure))
      if getsockopt(state.descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) == 0,
        failure == ECONNREFUSED, state.written > 0
      {
        state.written -= 1
        state.losses.add(1, .noReceiver)
      }
      _ = Glibc.close(state.descriptor)
      state.descriptor = -1
    }
  }

  func countWrongShape(_ problem: RecordingError) {
    state.withLock { state in
      state.losses.add(1, .wrongShape)
      note(&state, .other(problem))
    }
  }

  func status(kind: String) -> SinkStatus {
    state.withLock { state in
      let isUnknown = state.descriptor < 0 && state.isResolving
      let lookup = isUnknown ? unreachable("its name is looked up").description : nil
      return SinkStatus(
        kind: kind, target: target, written: state.written, lost: state.losses.byCause,
        problem: state.problem.map(text) ?? lookup)
    }
  }

  private func text(of problem: Problem) -> String {
    switch problem {
    case .system(let code): unreachable(String(cString: strerror(code))).description
    case .other(let error): error.description
    }
  }

  private func unreachable(_ reason: String) -> RecordingError {
    .receiver(target: target, reason: reason)
  }

  /// The errno of a send that failed; nil where it did not.
  private func send(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32) -> Int32? {
    let sent = Glibc.send(
      descriptor, bytes.baseAddress, bytes.count,
      Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    return sent >= 0 ? nil : errno
  }

  /// A packet went and none before it was refused.
  private func noteSuccess(_ state: inout State) {
    guard state.problem != nil,
      clock.monotonicSeconds() - state.problemSeconds >= Self.problemLifeSeconds
    else { return }
    state.problem = nil
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

  /// Takes note of an error, and goes to the next address or looks the name up again.
  private func fail(_ state: inout State, _ code: Int32) {
    let now = clock.monotonicSeconds()
    note(&state, .system(code))
    guard now >= state.nextAddressSeconds else { return }
    state.nextAddressSeconds = now + Self.addressSeconds
    if state.addresses.count > 1 {
      state.current = (state.current + 1) % state.addresses.count
      connect(&state)
    }
    resolve(&state)
  }

  /// Connects to the current address, or to the first after it that the system can connect to.
  private func connect(_ state: inout State) {
    if state.descriptor >= 0 { _ = Glibc.close(state.descriptor) }
    state.descriptor = -1
    for step in 0..<state.addresses.count {
      let index = (state.current + step) % state.addresses.count
      switch state.addresses[index].connect() {
      case .success(let descriptor):
        state.descriptor = descriptor
        state.current = index
        return
      case .failure(let failure):
        note(&state, .other(unreachable(failure.text)))
      }
    }
  }

  private func note(_ state: inout State, _ problem: Problem) {
    state.problem = problem
    state.problemSeconds = clock.monotonicSeconds()
  }

  /// Has the name looked up by a thread, unless that was done a moment ago.
  private func resolve(_ state: inout State) {
    let now = clock.monotonicSeconds()
    guard isName, !state.isResolving, now >= state.nextResolutionSeconds else { return }
    state.isResolving = true
    state.nextResolutionSeconds = now + Self.resolutionSeconds
    let thread = Thread { [self] in
      let result = SocketAddress.resolve(host, port: port, isNumeric: false)
      self.state.withLock { state in
        state.isResolving = false
        guard !state.isClosed else { return }
        switch result {
        case .failure(let failure):
          guard state.descriptor < 0 else { return }
          note(&state, .other(unreachable(failure.text)))
        case .success(let addresses):
          guard addresses != state.addresses || state.descriptor < 0 else { return }
          state.addresses = addresses
          state.current = 0
          connect(&state)
        }
      }
    }
    thread.name = "resolver"
    thread.start()
  }
}
