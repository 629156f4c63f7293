/// Why nothing can be evaluated, inspected or compared. `description` is one line.
public struct DiagnosticsError: Error, CustomStringConvertible {
  public let description: String
}
