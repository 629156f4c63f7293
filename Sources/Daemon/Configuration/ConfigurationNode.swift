/// A value of a configuration file with its place. Types are the reader's business: a scalar is the
/// text that stands there.
struct ConfigurationNode: Sendable {
  typealias Place = ConfigurationMistake.Place

  enum Value: Sendable {
    case scalar(String, isPlain: Bool)
    case mapping([Entry])
    case sequence([ConfigurationNode])
    /// Has been complained about already.
    case unusable
  }

  struct Entry: Sendable {
    let key: String
    let place: Place
    let value: ConfigurationNode
  }

  let place: Place
  let value: Value

  /// Whether nothing stands there: YAML's null.
  var isEmpty: Bool {
    guard case .scalar(let text, isPlain: true) = value else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  var isEmptyList: Bool {
    if case .sequence(let nodes) = value { nodes.isEmpty } else { false }
  }

  /// What it is, in words, for messages.
  var kind: String {
    switch value {
    case .scalar(let text, _): isEmpty ? "is empty" : "is \(Self.quoted(text))"
    case .mapping: "is a mapping of keys to values"
    case .sequence: "is a list"
    case .unusable: "cannot be used"
    }
  }

  /// A text in quotes, cut where it is long.
  static func quoted(_ text: String) -> String {
    text.unicodeScalars.count > 60 ? "\"\(text.prefix(57))...\"" : "\"\(text)\""
  }
}
