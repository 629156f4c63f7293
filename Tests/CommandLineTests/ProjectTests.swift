import BuildInfo
import Foundation
import Testing

/// What the project's files say about each other.
@Suite struct ProjectTests {
  private func text(_ name: String) throws -> String {
    try String(contentsOf: Fixtures.package.appending(path: name), encoding: .utf8)
  }

  @Test func theTopOfTheChangesIsAboutThisVersion() throws {
    let heading = try text("CHANGELOG.md").split(separator: "\n").first { $0.hasPrefix("## ") }
    let words = try #require(heading).dropFirst(3).split { " ,".contains($0) }
    #expect(words.first.map(String.init) == BuildInfo.version)
  }

  /// Twelve digits of the commit at least, where it is known.
  @Test func theCommitIsOne() {
    let isOne = BuildInfo.commit.wholeMatch(of: /unknown|[0-9a-f]{12,40}(\+changes)?/) != nil
    #expect(isOne, "\(BuildInfo.commit)")
  }

  /// What is built with is what Package.swift says, to the last package that another one brings.
  @Test func everyPackageIsPinned() throws {
    struct Resolved: Decodable {
      struct Pin: Decodable {
        struct State: Decodable { var version: String? }
        var identity: String
        var state: State
      }
      var pins: [Pin]
    }
    let pattern = /\.package\(url: "[^"]*\/([^"\/]+?)(?:\.git)?", exact: "([0-9.]+)"\)/
    let manifest = try text("Package.swift")
    let pinned = Dictionary(
      uniqueKeysWithValues: manifest.matches(of: pattern).map {
        (String($0.output.1).lowercased(), String($0.output.2))
      })
    #expect(pinned.count == manifest.matches(of: /\.package\(/).count)
    let resolved = try JSONDecoder().decode(
      Resolved.self, from: Data(try text("Package.resolved").utf8))
    let used = Dictionary(
      uniqueKeysWithValues: resolved.pins.map { ($0.identity, $0.state.version ?? "none") })
    #expect(!used.isEmpty && used == pinned)
  }
}
