/// Why training material cannot be used. `description` is one line that names the file, what was
/// found and what was expected.
public struct MaterialError: Error, Sendable, Equatable, CustomStringConvertible {
  public let path: String
  public let problem: String

  public init(_ path: String, _ problem: String) {
    self.path = path
    self.problem = problem
  }

  public var description: String { "\(path): \(problem)" }
}
