import Session

/// A mapping of the configuration with the keys that it may have. Whatever is wrong goes to the
/// list of mistakes; what can still be read is.
struct ConfigurationSection {
  typealias Place = ConfigurationMistake.Place

  /// Where it stands in the whole, "streams[1]"; empty for the root.
  let path: String
  let place: Place
  let list: MistakeList
  private var entries: [String: ConfigurationNode.Entry] = [:]

  /// Complains about keys that are not among `keys`; nil where the node is no mapping.
  /// An empty value is a mapping without keys.
  /// - Parameter successors: what keys of earlier versions are called now.
  init?(
    _ node: ConfigurationNode, path: String, keys: [String], successors: [String: String] = [:],
    list: MistakeList
  ) {
    self.path = path
    self.list = list
    place = node.place
    switch node.value {
    case .mapping(let entries):
      for entry in entries {
        if let now = successors[entry.key] {
          list.add(
            entry.place, Self.join(path, entry.key), "has another name now", expected: now)
          continue
        }
        guard keys.contains(entry.key) else {
          list.add(
            entry.place, Self.join(path, ConfigurationNode.shown(key: entry.key)),
            "is no key that is known here",
            expected: Self.suggestion(for: entry.key, among: keys))
          continue
        }
        self.entries[entry.key] = entry
      }
    case .scalar where node.isEmpty: break
    case .unusable: return nil
    case .scalar, .sequence:
      list.add(
        place, path, node.kind, expected: "keys with values: \(keys.joined(separator: ", "))")
      return nil
    }
  }

  static func join(_ path: String, _ key: String) -> String {
    path.isEmpty ? singleLine(key) : "\(path).\(singleLine(key))"
  }

  /// The key that was probably meant, or all there are.
  private static func suggestion(for key: String, among keys: [String]) -> String {
    // Longer ones are nothing that was mistyped, and the distance's cost is their product.
    let typed = Array(key.unicodeScalars.prefix(64))
    let near = keys.map { ($0, editDistance(typed, Array($0.unicodeScalars))) }
      .min { $0.1 < $1.1 }
    if let near, near.1 <= max(1, near.0.count / 3) { return "\"\(near.0)\" perhaps" }
    return keys.count == 1 ? keys[0] : "one of \(keys.joined(separator: ", "))"
  }

  func has(_ key: String) -> Bool { entries[key] != nil }

  func path(of key: String) -> String { Self.join(path, key) }

  /// Adds a mistake about a key: at its value where there is one, else at the section's beginning.
  func complain(_ key: String, _ problem: String, expected: String) {
    list.add(entries[key]?.value.place ?? place, path(of: key), problem, expected: expected)
  }

  /// Adds a warning about a key that is there.
  func warn(_ key: String, _ problem: String, expected: String) {
    list.warn(entries[key]?.value.place ?? place, path(of: key), problem, expected: expected)
  }

  func has<Value>(_ setting: Setting<Value>) -> Bool { has(setting.key) }

  /// The value of a setting; nil where it is not given or wrong.
  func read<Value>(_ setting: Setting<Value>) -> Value? {
    guard let entry = entries[setting.key] else { return nil }
    return Self.value(of: entry.value, path(of: setting.key), setting.format, list)
  }

  /// The value of a setting, or its default, which it must have.
  func value<Value>(_ setting: Setting<Value>) -> Value { setting.value(read(setting)) }

  /// The value of a setting that must be there; nil where it is not or is wrong.
  func require<Value>(_ setting: Setting<Value>) -> Value? {
    guard has(setting) else {
      list.add(place, path(of: setting.key), "is missing", expected: setting.format.expected)
      return nil
    }
    return read(setting)
  }

  static func value<Value>(
    of node: ConfigurationNode, _ path: String, _ format: ValueFormat<Value>, _ list: MistakeList
  ) -> Value? {
    switch node.value {
    case .unusable: return nil
    case .scalar(let text, _) where !node.isEmpty:
      if ValueFormat<String>.isPlainText(text), let value = format.parse(text) { return value }
    case .sequence(let nodes):
      if let element = format.element {
        return elements(nodes, path, format, element, of: node, list)
      }
    case .scalar, .mapping: break
    }
    list.add(node.place, path, problem(of: node, format), expected: format.expected)
    return nil
  }

  /// A list's elements, each with its own place where it is wrong.
  private static func elements<Value>(
    _ nodes: [ConfigurationNode], _ path: String, _ format: ValueFormat<Value>,
    _ element: ValueFormat<Value>.Element, of whole: ConfigurationNode, _ list: MistakeList
  ) -> Value? {
    let one = ValueFormat<String>(element.expected) { text in
      element.isRight(text) && !text.contains(",") ? text : nil
    }
    let texts = nodes.enumerated().compactMap { index, node in
      value(of: node, "\(path)[\(index)]", one, list)
    }
    guard texts.count == nodes.count else { return nil }
    if !texts.isEmpty, let value = format.parse(texts.joined(separator: ",")) { return value }
    list.add(whole.place, path, problem(of: whole, format), expected: format.expected)
    return nil
  }

  private static func problem<Value>(
    of node: ConfigurationNode, _ format: ValueFormat<Value>
  ) -> String {
    if node.isEmpty { return node.kind }
    if format.isSecret { return "cannot be used" }
    if case .scalar(let text, _) = node.value { return "is \(ConfigurationNode.quoted(text))" }
    return node.kind
  }

  /// The section that a place of settings is; nil where it is not given or no mapping.
  func section(_ place: SettingPlace) -> ConfigurationSection? {
    guard let entry = entries[place.rawValue] else { return nil }
    return ConfigurationSection(
      entry.value, path: path(of: place.rawValue),
      keys: ServiceSettings.table.keys(of: place), list: list)
  }

  /// The node of a key, for those who accept several kinds of value.
  func node(_ key: String) -> ConfigurationNode? { entries[key]?.value }

  /// The elements of a list with their paths; none where the key is not given, empty or no list.
  func elements(_ key: String, expected: String) -> [(node: ConfigurationNode, path: String)] {
    guard let node = entries[key]?.value else { return [] }
    switch node.value {
    case .sequence(let nodes):
      return nodes.enumerated().map { ($1, "\(path(of: key))[\($0)]") }
    case .unusable: return []
    case .scalar where node.isEmpty: return []
    case .scalar, .mapping:
      list.add(node.place, path(of: key), node.kind, expected: expected)
      return []
    }
  }
}

/// How many insertions, deletions, exchanges and swaps of neighbours make `a` of `b` (optimal
/// string alignment).
func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var before: [Int] = []
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
      row.append(best)
    }
    before = last
    last = row
  }
  return last[b.count]
}
