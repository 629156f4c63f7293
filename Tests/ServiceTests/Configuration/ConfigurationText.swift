import Foundation

@testable import Service

/// Reads configurations from text, as a test has them.
enum ConfigurationText {
  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The file that documents every key.
  static func sample() throws -> String {
    try String(
      contentsOf: repository.appending(path: "Samples/landmarkd.yaml"), encoding: .utf8)
  }

  static func read(
    _ text: String, models: ModelStore = ModelStore()
  ) throws(ConfigurationError) -> ServiceConfiguration {
    try ServiceConfiguration.parse(text, name: "c.yaml", models: models)
  }

  /// The mistakes of a text, a line each.
  static func mistakes(_ text: String) -> [String] {
    do {
      _ = try read(text)
      return []
    } catch {
      return error.mistakes.map(\.description)
    }
  }
}
