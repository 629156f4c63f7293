import CYAML

/// What libyaml reads in a text, piece by piece.
///
/// Cost: linear in the text's length where nesting is bounded, which is the caller's business.
final class YAMLEvents {
  enum Piece {
    case document
    case scalar(String, isPlain: Bool)
    /// A value that was named before.
    case alias
    case sequence
    case mapping
    /// Of a sequence, a mapping, or of all.
    case end
  }

  struct Event {
    var piece: Piece
    /// Whether others may refer to it, or it refers to another.
    var hasAnchor = false
    var place: ConfigurationMistake.Place
  }

  /// Why the text is no YAML. `place` is nil where libyaml says none.
  struct Failure: Error {
    var place: ConfigurationMistake.Place?
    var text: String
  }

  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)

  init(_ text: String) {
    let utf8 = Array(text.utf8)
    bytes = .allocate(capacity: utf8.count)
    _ = bytes.initialize(from: utf8)
    // Fails where memory does.
    guard yaml_parser_initialize(parser) == 1 else { fatalError("no memory for a YAML parser") }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    bytes.deallocate()
  }

  /// The next piece. After the last one, and after a failure, it is not to be called again.
  func next() throws(Failure) -> Event {
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
      defer { yaml_event_delete(&event) }
      let place = Self.place(event.start_mark)
      switch event.type {
      case YAML_DOCUMENT_START_EVENT: return Event(piece: .document, place: place)
      case YAML_SCALAR_EVENT:
        let scalar = event.data.scalar
        let text = String(
          decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
        let isPlain =
          scalar.style == YAML_PLAIN_SCALAR_STYLE || scalar.style == YAML_ANY_SCALAR_STYLE
        return Event(
          piece: .scalar(text, isPlain: isPlain), hasAnchor: scalar.anchor != nil, place: place)
      case YAML_ALIAS_EVENT: return Event(piece: .alias, hasAnchor: true, place: place)
      case YAML_SEQUENCE_START_EVENT:
        return Event(
          piece: .sequence, hasAnchor: event.data.sequence_start.anchor != nil, place: place)
      case YAML_MAPPING_START_EVENT:
        return Event(
          piece: .mapping, hasAnchor: event.data.mapping_start.anchor != nil, place: place)
      case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT, YAML_STREAM_END_EVENT:
        return Event(piece: .end, place: place)
      // The stream's beginning, a document's end.
      default: continue
      }
    }
  }

  private func failure() -> Failure {
    let parser = parser.pointee
    func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
    let words = [text(parser.context), text(parser.problem)].compactMap { $0 }
    let isPlaced = parser.error == YAML_SCANNER_ERROR || parser.error == YAML_PARSER_ERROR
    return Failure(
      place: isPlaced ? Self.place(parser.problem_mark) : nil,
      text: words.isEmpty ? "out of memory" : words.joined(separator: ", "))
  }

  private static func place(_ mark: yaml_mark_t) -> ConfigurationMistake.Place {
    ConfigurationMistake.Place(line: mark.line + 1, column: mark.column + 1)
  }
}
