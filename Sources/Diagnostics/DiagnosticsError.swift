/// Why nothing can be evaluated, inspected, compared or searched. `description` is one line.
public struct DiagnosticsError: Error, CustomStringConvertible {
  public let description: String
}
