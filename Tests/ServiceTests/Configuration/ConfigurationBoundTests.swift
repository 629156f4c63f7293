import Foundation
import TestSupport
import Testing

@testable import Service

/// Files that would be costly to read whole, and files that are no text.
@Suite struct ConfigurationBoundTests {
  /// Reads bytes as a file.
  private func mistakes(_ bytes: some Collection<UInt8>) throws -> [String] {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "landmarkd-configuration-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(bytes).write(to: file)
    return mistakes(of: file.path).map { $0.replacing(file.path, with: "c.yaml") }
  }

  private func mistakes(of path: String) -> [String] {
    do {
      _ = try ServiceConfiguration.load(path, models: ModelStore())
      return []
    } catch {
      return error.mistakes.map(\.description)
    }
  }

  @Test("files that cannot be read")
  func unreadable() {
    #expect(
      mistakes(of: "/nowhere/c.yaml") == [
        "/nowhere/c.yaml: cannot be opened: No such file or directory; expected a YAML file that can be read"
      ])
    #expect(
      mistakes(of: "/tmp") == [
        "/tmp: is not a regular file; expected a YAML file that can be read"
      ])
  }

  @Test("text that is not UTF-8, with its place")
  func notUTF8() throws {
    #expect(
      try mistakes(Array("a: ü\r\nbü".utf8) + [0xFF, 0x41]) == [
        "c.yaml:2:3: is not UTF-8: byte 0xFF; expected text in UTF-8"
      ])
    // Cut within a letter.
    #expect(
      try mistakes([0x61, 0xC3]) == [
        "c.yaml:1:2: is not UTF-8: byte 0xC3; expected text in UTF-8"
      ])
  }

  @Test("a byte order mark is no mistake")
  func byteOrderMark() throws {
    #expect(
      try mistakes([0xEF, 0xBB, 0xBF] + Array("streams: [{name: a, source: /dev/video0}]".utf8))
        == [])
  }

  @Test("a large file is not read")
  func large() throws {
    let text = "# " + String(repeating: "x", count: ConfigurationDocument.largestFile)
    #expect(
      try mistakes(text.utf8) == [
        "c.yaml: has more than 262144 bytes, the most that a configuration may have; expected a YAML file that can be read"
      ])
  }

  @Test("nesting ends somewhere", arguments: ["[", "{a: ", "- ", "? ", "a:\n "])
  func deep(opening: String) {
    var text = ""
    if opening.hasSuffix("\n ") {
      for depth in 0..<600 { text += String(repeating: " ", count: depth) + "a:\n" }
    } else {
      text = String(repeating: opening, count: 120_000 / opening.count)
    }
    let mistakes = ConfigurationText.mistakes(text)
    #expect(mistakes.count == 1 || mistakes.contains { $0.contains("lies too deep") })
    #expect(!mistakes.isEmpty)
  }

  @Test("aliases of nothing are told where they stand, and what hangs on a bad key is not")
  func aliasesOfNothing() {
    let streams = "streams: [{name: a, source: /dev/video0}]\n"
    #expect(
      ConfigurationText.mistakes(streams + "http: {port: *b}") == [
        "c.yaml:2:14: http.port: has an anchor or is an alias (&name, *name); expected the values themselves"
      ])
    #expect(
      ConfigurationText.mistakes(streams + "? *b\n: &c [*d]\nhtpt: 1") == [
        "c.yaml:2:3: has a key that is no plain text; expected a key's name",
        "c.yaml:4:1: htpt: is no key that is known here; expected \"http\" perhaps",
      ])
  }

  @Test("aliases of aliases cost nothing")
  func aliases() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...12 {
      let one = "*a\(level - 1)"
      text += "a\(level): &a\(level) [\(one), \(one), \(one), \(one), \(one), \(one)]\n"
    }
    text += "? *a12\n: x\n"
    let clock = ContinuousClock()
    let begin = clock.now
    #expect(
      ConfigurationText.mistakes(text) == [
        "c.yaml:4:30: has more than 16 aliases (*name); expected the values themselves"
      ])
    #expect(clock.now - begin < .seconds(2))
  }

  @Test("many keys that are given twice")
  func duplicates() {
    let text = (0..<100).map { "k\($0): 1\nk\($0): 2\n" }.joined()
    #expect(
      ConfigurationText.mistakes(text) == [
        "c.yaml: gives more than 50 keys twice; expected each once"
      ])
  }
}

/// Mutated right configurations: nothing traps, and what is refused is refused in lines of their
/// own. LANDMARKD_FUZZ_CASES asks for more.
@Suite struct ConfigurationFuzzTests {
  private let cases = Int(ProcessInfo.processInfo.environment["LANDMARKD_FUZZ_CASES"] ?? "") ?? 1000
  private let seed = TestSeed.of(7)

  @Test func mutatedSamples() throws {
    var generator = SeededGenerator(seed: seed)
    let original = Array(try ConfigurationText.sample().utf8)
    // Comments would take most of the mutations.
    let bare = Array(
      String(decoding: original, as: UTF8.self).split(separator: "\n")
        .filter { !$0.drop { $0 == " " }.hasPrefix("#") }.joined(separator: "\n").utf8)
    let models = ModelStore()
    var taken = 0
    for number in 0..<cases {
      let bytes = Self.mutate(bare, using: &generator)
      let list = MistakeList(file: "c.yaml")
      guard let text = ConfigurationFile.text(bytes, into: list) else {
        #expect(list.mistakes.count == 1)
        continue
      }
      do {
        _ = try ConfigurationText.read(text, models: models)
        taken += 1
      } catch {
        for mistake in error.mistakes {
          let isOneLine = !mistake.description.contains(where: \.isNewline)
          #expect(isOneLine, "seed \(seed), case \(number)")
        }
        #expect(!error.mistakes.isEmpty)
      }
    }
    print("fuzz: seed \(seed), configurations: \(cases) cases, \(taken) are taken")
  }

  private static let pieces: [String] = [
    "&a ", "*a", "- ", "? ", ": ", "[", "]", "{", "}", "\"", "'", "|\n", ">\n", "\t", "\n", "#",
    "!!int ", "---\n", "...\n", "%YAML 1.1\n", "~", "<<: *a", "\u{2028}", "\u{85}", "\u{E000}",
    "\\u0000", "-1", "1e999", "99999999999999999999", "é", "name: door\n", "@", "`",
  ]

  private static func mutate(
    _ original: [UInt8], using generator: inout SeededGenerator
  ) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0...bytes.count, using: &generator)
      let length = min(Int.random(in: 0...20, using: &generator), bytes.count - place)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes.removeSubrange(place..<place + length)
      case 1 where place < bytes.count:
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 2: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
      case 3:
        let other = Int.random(in: 0...bytes.count - length, using: &generator)
        bytes.insert(contentsOf: bytes[other..<other + length], at: place)
      default:
        let piece = pieces[Int.random(in: 0..<pieces.count, using: &generator)]
        bytes.insert(contentsOf: piece.utf8, at: place)
      }
    }
    return bytes
  }
}
