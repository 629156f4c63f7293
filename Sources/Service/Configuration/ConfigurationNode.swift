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

  /// What it is, in words, for messages. A text is shown where it is a plain word: it stands where
  /// something else was expected, and nobody knows what it was meant for.
  var kind: String {
    switch value {
    case .scalar(let text, _):
      isEmpty ? "is empty" : "is \(Self.isPlainWord(text) ? "\"\(text)\"" : "a text")"
    case .mapping: "is a mapping of keys to values"
    case .sequence: "is a list"
    case .unusable: "cannot be used"
    }
  }

  /// The value of a key that holds no secret, in quotes, cut where it is long; without what may be an
  /// address that went astray.
  static func quoted(_ text: String) -> String {
    let isAddress = text.contains { "@=?&".contains($0) } || text.contains("://")
    guard !isAddress else { return "a text that may hold a secret" }
    return text.unicodeScalars.count > 60 ? "\"\(text.prefix(57))...\"" : "\"\(text)\""
  }

  /// A key as far as it may be shown: "token:SECRET", without the blank, is one.
  static func shown(key: String) -> String {
    isPlainWord(key) || key == "<<" ? key : "(a text)"
  }

  /// Whether a text is a word of small letters, with hyphens perhaps: no password that is worth the
  /// name.
  private static func isPlainWord(_ text: String) -> Bool {
    text.utf8.count <= 20 && text.utf8.allSatisfy { (97...122).contains($0) || $0 == 45 }
  }
}
