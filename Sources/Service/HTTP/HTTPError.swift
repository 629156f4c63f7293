import Glibc

/// Why HTTP cannot be served. `description` is one line.
public enum HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A setting cannot be used: which, what it is (never a secret) and what was expected.
  case setting(name: String, got: String, expected: String)
  /// Another program, or another service like this, listens there.
  case addressInUse(address: String, port: UInt16)
  /// No interface of this machine has the address.
  case addressNotHere(address: String)
  /// The system refused: `operation` is a verb, `code` an errno value.
  case system(operation: String, code: Int32)

  public var description: String {
    switch self {
    case .setting(let name, let got, let expected): "\(name) \(got), expected \(expected)"
    case .addressInUse(let address, let port):
      "\(address), port \(port) is in use by another program; choose another port or end it"
    case .addressNotHere(let address): "\(address) is no address of this machine"
    case .system(let operation, let code): "cannot \(operation): \(String(cString: strerror(code)))"
    }
  }

  /// The current `errno` as an error; call it right after what failed.
  static func current(_ operation: String) -> HTTPError {
    .system(operation: operation, code: errno)
  }
}
