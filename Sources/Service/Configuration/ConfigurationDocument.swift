/// Reads the YAML of a configuration file into nodes with places.
///
/// Whatever the bytes are, this ends soon and in little memory: files are bounded, nesting is
/// bounded, and anchors and aliases (whose copies of copies make small files large) are refused.
struct ConfigurationDocument {
  /// A configuration of a hundred streams has about 50 KB.
  static let largestFile = 256 * 1024
  /// The deepest value of a right configuration lies 6 deep.
  static let deepestNesting = 20
  /// More are one mistake, not one each.
  private static let mostAliases = 16
  private static let mostDuplicates = 50

  private typealias Place = ConfigurationMistake.Place

  /// Why there is no more to read: all that was found so far is of no interest beside it.
  private struct Stop: Error {
    var place: Place?
    var problem: String
    var expected: String
  }

  private static let yaml =
    "YAML (a tab for indentation, a missing quote or space after \":\" are common)"

  private let events: YAMLEvents
  /// What is wrong with the values, whose text is right YAML.
  private var found: [(place: Place, key: String, problem: String, expected: String)] = []
  private var aliases = 0
  private var duplicates = 0

  /// The file's root; nil where there is none, with the reason in `list`.
  static func read(_ path: String, into list: MistakeList) -> ConfigurationNode? {
    guard let bytes = ConfigurationFile.bytes(of: path, into: list),
      let text = ConfigurationFile.text(bytes, into: list)
    else { return nil }
    return parse(text, into: list)
  }

  /// The root of a file's text.
  static func parse(_ text: String, into list: MistakeList) -> ConfigurationNode? {
    do throws(Stop) {
      try checkIsText(text)
      var document = ConfigurationDocument(events: YAMLEvents(text))
      let root = try document.root()
      for mistake in document.found {
        list.add(mistake.place, mistake.key, mistake.problem, expected: mistake.expected)
      }
      return root
    } catch {
      list.add(error.place, "", error.problem, expected: error.expected)
      return nil
    }
  }

  private init(events: YAMLEvents) { self.events = events }

  /// libyaml, which says no place, takes no control characters.
  private static func checkIsText(_ text: String) throws(Stop) {
    var (line, column) = (1, 0)
    for scalar in text.unicodeScalars {
      column += 1
      if scalar == "\n" { (line, column) = (line + 1, 0) }
      let isText =
        scalar.properties.generalCategory != .control
        || "\t\n\r\u{85}".unicodeScalars.contains(scalar)
      guard !isText else { continue }
      throw Stop(
        place: Place(line: line, column: column),
        problem: "has the control character U+" + String(scalar.value, radix: 16, uppercase: true),
        expected: "text")
    }
  }

  private mutating func next() throws(Stop) -> YAMLEvents.Event {
    let event: YAMLEvents.Event
    do {
      event = try events.next()
    } catch {
      throw Stop(
        place: error.place, problem: "is no YAML: \(error.text)",
        expected: error.place == nil
          ? "text without control characters"
          : Self.yaml)
    }
    if case .alias = event.piece {
      aliases += 1
      guard aliases <= Self.mostAliases else {
        throw Stop(
          place: event.place, problem: "has more than \(Self.mostAliases) aliases (*name)",
          expected: "the values themselves")
      }
    }
    return event
  }

  private mutating func root() throws(Stop) -> ConfigurationNode {
    guard case .document = try next().piece else {
      throw Stop(
        place: nil, problem: "is empty", expected: "at least one stream under \"streams\"")
    }
    let root = try node(of: try next(), key: "", depth: 0)
    let event = try next()
    guard case .end = event.piece else {
      throw Stop(
        place: event.place,
        problem: "is no YAML: expected a single document in the stream, but found another document",
        expected: Self.yaml)
    }
    return root
  }

  private mutating func add(_ place: Place, _ key: String, _ problem: String, expected: String) {
    found.append((place, key, problem, expected))
  }

  /// The node that begins with `event`, read to its end.
  private mutating func node(
    of event: YAMLEvents.Event, key: String, depth: Int
  ) throws(Stop) -> ConfigurationNode {
    guard depth <= Self.deepestNesting else {
      throw Stop(
        place: event.place, problem: "lies too deep",
        expected: "at most \(Self.deepestNesting) levels")
    }
    let value: ConfigurationNode.Value =
      switch event.piece {
      case .scalar(let text, let isPlain): .scalar(text, isPlain: isPlain)
      case .sequence: .sequence(try elements(key, depth))
      case .mapping: .mapping(try entries(key, depth))
      // Nothing else begins a node.
      case .alias, .document, .end: .unusable
      }
    guard !event.hasAnchor else {
      add(
        event.place, key, "has an anchor or is an alias (&name, *name)",
        expected: "the values themselves")
      return ConfigurationNode(place: event.place, value: .unusable)
    }
    return ConfigurationNode(place: event.place, value: value)
  }

  private mutating func elements(
    _ key: String, _ depth: Int
  ) throws(Stop) -> [ConfigurationNode] {
    var nodes: [ConfigurationNode] = []
    while true {
      let event = try next()
      if case .end = event.piece { return nodes }
      nodes.append(try node(of: event, key: "\(key)[\(nodes.count)]", depth: depth + 1))
    }
  }

  /// Of a key that is given twice the last value counts.
  private mutating func entries(
    _ key: String, _ depth: Int
  ) throws(Stop) -> [ConfigurationNode.Entry] {
    var entries: [ConfigurationNode.Entry] = []
    /// Where keys are in `entries`.
    var indices: [String: Int] = [:]
    while true {
      let event = try next()
      if case .end = event.piece { return entries }
      guard case .scalar(let name, _) = event.piece, !event.hasAnchor else {
        add(event.place, key, "has a key that is no plain text", expected: "a key's name")
        // Its own mistakes and its value's are no longer of interest.
        let kept = found.count
        _ = try node(of: event, key: key, depth: depth + 1)
        _ = try node(of: try next(), key: key, depth: depth + 1)
        found.removeSubrange(kept...)
        continue
      }
      let path = ConfigurationSection.join(key, ConfigurationNode.shown(key: name))
      let value = try node(of: try next(), key: path, depth: depth + 1)
      let entry = ConfigurationNode.Entry(key: name, place: event.place, value: value)
      guard let index = indices[name] else {
        indices[name] = entries.count
        entries.append(entry)
        continue
      }
      duplicates += 1
      guard duplicates <= Self.mostDuplicates else {
        throw Stop(
          place: nil, problem: "gives more than \(Self.mostDuplicates) keys twice",
          expected: "each once")
      }
      add(
        event.place, path, "is given again, first on line \(entries[index].place.line)",
        expected: "it once")
      entries[index] = ConfigurationNode.Entry(
        key: name, place: entries[index].place, value: value)
    }
  }
}
