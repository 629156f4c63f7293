import CLNF

/// Why a service, or a part of it, cannot go on. `description` is one line.
public enum ServiceError: Error, Sendable, CustomStringConvertible {
  /// A capture said that it had been stopped, which nobody had asked for.
  case captureEnded
  /// The model of a stream cannot be loaded any more.
  case model(stream: String, ModelError)
  /// Streams, by name, whose outputs did not close in time.
  case notClosed([String])
  /// Streams, by name, whose outputs were closed without all of their rows.
  case rowsLost([String])

  public var description: String {
    switch self {
    case .captureEnded: "the source ended by itself"
    case .model(let stream, let error): "stream \(stream): \(error)"
    case .notClosed(let streams):
      "not closed in time, rows may be lost: \(streams.joined(separator: ", "))"
    case .rowsLost(let streams):
      "all outputs are closed, but rows that waited to be written were lost: "
        + streams.joined(separator: ", ")
    }
  }
}
