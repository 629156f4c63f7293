import Foundation
import Yams

/// Reads the YAML of a configuration file into nodes with places.
///
/// Whatever the bytes are, this ends soon and in little memory: files are bounded, nesting is
/// bounded, and anchors and aliases (whose copies of copies make small files large) are refused.
struct ConfigurationDocument {
  /// A configuration of a hundred streams has about 50 KB.
  static let largestFile = 256 * 1024
  /// The deepest value of a right configuration lies 6 deep.
  static let deepestNesting = 20
  /// The parser hashes keys through aliases before they can be refused; so many cost no time.
  private static let mostAliases = 16
  /// Each costs one more pass over the file.
  private static let mostDuplicates = 50
  /// The parser recurses with the nesting, which libyaml ends at 1000.
  private static let stackBytes = 64 << 20

  private typealias Place = ConfigurationMistake.Place

  private let list: MistakeList
  private var text: [Unicode.Scalar]
  /// Keys that were given twice, by what stands in their place for the parser.
  private var renamed: [String: String] = [:]

  /// The file's root; nil where there is none, with the reason in `list`.
  static func read(_ path: String, into list: MistakeList) -> ConfigurationNode? {
    guard let bytes = ConfigurationFile.bytes(of: path, into: list),
      let text = ConfigurationFile.text(bytes, into: list)
    else { return nil }
    return parse(text, into: list)
  }

  /// The root of a file's text.
  static func parse(_ text: String, into list: MistakeList) -> ConfigurationNode? {
    var document = ConfigurationDocument(list: list, text: Array(text.unicodeScalars))
    guard document.hasOnlyText(), document.hasFewAliases() else { return nil }
    let work = LargeStackWork { document.root() }
    return work.result(stackBytes: stackBytes)
  }

  private init(list: MistakeList, text: [Unicode.Scalar]) {
    self.list = list
    self.text = text
  }

  /// The parser, which says no place, takes no control characters.
  private func hasOnlyText() -> Bool {
    var line = 1
    var begin = 0
    for (index, scalar) in text.enumerated() {
      if scalar == "\n" { (line, begin) = (line + 1, index + 1) }
      let isText =
        scalar.properties.generalCategory != .control
        || "\t\n\r\u{85}".unicodeScalars.contains(scalar)
      guard !isText else { continue }
      list.add(
        Place(line: line, column: index - begin + 1), "",
        "has the control character U+" + String(scalar.value, radix: 16, uppercase: true),
        expected: "text")
      return false
    }
    return true
  }

  private func hasFewAliases() -> Bool {
    var (count, line) = (0, 1)
    for (index, scalar) in text.enumerated() {
      if scalar == "\n" { line += 1 }
      guard scalar == "*", index + 1 < text.count else { continue }
      let next = text[index + 1].properties
      guard
        next.isAlphabetic || next.numericType != nil
          || "-_".unicodeScalars.contains(text[index + 1])
      else { continue }
      count += 1
      if count > Self.mostAliases {
        list.add(
          Place(line: line, column: 1), "", "has more than \(Self.mostAliases) aliases (*name)",
          expected: "the values themselves")
        return false
      }
    }
    return true
  }

  private mutating func root() -> ConfigurationNode? {
    for _ in 0...Self.mostDuplicates {
      do {
        let parser = try Parser(
          yaml: String(String.UnicodeScalarView(text)), resolver: .basic, encoding: .utf8)
        // The nodes know their anchors only as long as the parser lives.
        defer { withExtendedLifetime(parser) {} }
        guard let node = try parser.singleRoot() else {
          list.add(nil, "", "is empty", expected: "at least one stream under \"streams\"")
          return nil
        }
        return convert(node, key: "", depth: 0)
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let place = Place(line: context.mark.line, column: context.mark.column)
        guard let key = keys.first, hide(key, at: place) else {
          list.add(
            place, ConfigurationNode.shown(key: keys.first ?? ""), "is given twice",
            expected: "it once")
          return nil
        }
      } catch {
        add(error)
        return nil
      }
    }
    list.add(nil, "", "gives more than \(Self.mostDuplicates) keys twice", expected: "each once")
    return nil
  }

  /// Puts another key of the same length in the place of one that is given twice, so that the
  /// parser, which stops at such, goes on. Returns whether that could be done.
  private mutating func hide(_ key: String, at place: Place) -> Bool {
    let scalars = Array(key.unicodeScalars)
    guard !scalars.isEmpty, var start = index(of: place) else { return false }
    if text[start] == "\"" || text[start] == "'" { start += 1 }
    let end = start + scalars.count
    guard end <= text.count, text[start..<end].elementsEqual(scalars) else { return false }
    // The private use area; YAML allows it in keys and nobody writes it.
    let free = (0xE000...0xF8FF).lazy.compactMap(Unicode.Scalar.init).first { !text.contains($0) }
    guard let free else { return false }
    let cover = [Unicode.Scalar](repeating: free, count: scalars.count)
    text.replaceSubrange(start..<end, with: cover)
    renamed[String(String.UnicodeScalarView(cover))] = key
    return true
  }

  /// Where a place is in the text. Lines end as YAML 1.1 has them end.
  private func index(of place: Place) -> Int? {
    var (line, column) = (1, 1)
    for (index, scalar) in text.enumerated() {
      if line == place.line && column == place.column { return index }
      switch scalar {
      case "\r" where index + 1 < text.count && text[index + 1] == "\n": continue
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
        line += 1
        column = 1
      default: column += 1
      }
      if line > place.line { return nil }
    }
    return nil
  }

  private func convert(_ node: Node, key: String, depth: Int) -> ConfigurationNode {
    let mark = node.mark
    let place = Place(line: mark?.line ?? 1, column: mark?.column ?? 1)
    func unusable(_ problem: String, expected: String) -> ConfigurationNode {
      list.add(place, key, problem, expected: expected)
      return ConfigurationNode(place: place, value: .unusable)
    }
    guard node.anchor == nil else {
      return unusable(
        "has an anchor or is an alias (&name, *name)", expected: "the values themselves")
    }
    guard depth <= Self.deepestNesting else {
      return unusable("lies too deep", expected: "at most \(Self.deepestNesting) levels")
    }
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      return ConfigurationNode(place: place, value: .scalar(scalar.string, isPlain: isPlain))
    case .sequence(let sequence):
      let nodes = sequence.enumerated().map { index, element in
        convert(element, key: "\(key)[\(index)]", depth: depth + 1)
      }
      return ConfigurationNode(place: place, value: .sequence(nodes))
    case .mapping(let mapping):
      return ConfigurationNode(place: place, value: .mapping(entries(mapping, key, depth)))
    case .alias:
      return unusable("is an alias (*name)", expected: "the value itself")
    }
  }

  private func entries(
    _ mapping: Node.Mapping, _ key: String, _ depth: Int
  ) -> [ConfigurationNode.Entry] {
    var entries: [ConfigurationNode.Entry] = []
    /// Line of the first of keys that are given twice.
    var first: [String: Int] = [:]
    for (name, value) in mapping {
      let mark = name.mark ?? value.mark
      let place = Place(line: mark?.line ?? 1, column: mark?.column ?? 1)
      guard case .scalar(let scalar) = name, scalar.anchor == nil else {
        list.add(place, key, "has a key that is no plain text", expected: "a key's name")
        continue
      }
      if let original = renamed[scalar.string] {
        if first[original] == nil { first[original] = place.line }
        continue
      }
      let path = ConfigurationSection.join(key, ConfigurationNode.shown(key: scalar.string))
      if let line = first[scalar.string] {
        list.add(place, path, "is given again, first on line \(line)", expected: "it once")
      }
      entries.append(
        ConfigurationNode.Entry(
          key: scalar.string, place: place, value: convert(value, key: path, depth: depth + 1)))
    }
    return entries
  }

  private func add(_ error: any Error) {
    let expected = "YAML (a tab for indentation, a missing quote or space after \":\" are common)"
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let words = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
      list.add(
        Place(line: mark.line, column: mark.column), "", "is no YAML: \(words)",
        expected: expected)
    case .reader(let problem, _, _, _):
      list.add(nil, "", "is no YAML: \(problem)", expected: "text without control characters")
    default:
      list.add(nil, "", "is no YAML", expected: expected)
    }
  }
}

/// Work that needs a larger stack than the threads that are there.
private final class LargeStackWork<Result>: @unchecked Sendable {
  // Touched by one thread at a time: the semaphore hands them over.
  private let work: () -> Result
  private var made: Result?

  init(_ work: @escaping () -> Result) { self.work = work }

  func result(stackBytes: Int) -> Result {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      self.made = self.work()
      done.signal()
    }
    thread.stackSize = stackBytes
    thread.start()
    done.wait()
    guard let made else { preconditionFailure("the work's thread ended without a result") }
    return made
  }
}
