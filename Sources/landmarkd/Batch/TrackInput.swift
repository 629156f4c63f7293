import FoundationEssentials
import SystemNames

/// One input of a batch, and where it belongs.
struct TrackInput: Sendable {
  /// As it is opened.
  var name: String
  /// The folders below the base that its outputs mirror, with / at the end; empty where outputs
  /// stand side by side.
  var folder = ""
  /// What its part of several (`--shard`) follows from: the name below the base, else as given.
  var key: [UInt8]

  init(_ name: String) {
    self.name = name
    key = SystemName.bytes(name)
  }

  /// - Parameter relative: the name below the base.
  init(_ name: String, relative: [UInt8]) {
    self.name = name
    key = relative
    folder = SystemName.text(relative[..<(relative.lastIndex(of: slash).map { $0 + 1 } ?? 0)])
  }
}

/// What the arguments and the list come to.
struct BatchInputs: Sendable {
  var inputs: [TrackInput] = []
  /// What was named and cannot be used, a line each.
  var problems: [Problem] = []

  struct Problem: Sendable {
    var input: String
    var text: String
  }
}

/// Kept with the options, which are decoded: nothing of it is.
struct ExpandedInputs: Codable, Sendable {
  var value = BatchInputs()

  init() {}
  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws {}
}

let slash = UInt8(ascii: "/")

/// Names below a folder.
struct BaseFolder {
  private let given: String
  private let parts: [ArraySlice<UInt8>]
  private let realParts: [ArraySlice<UInt8>]?
  private static let here = FileManager.default.currentDirectoryPath

  init(_ path: String) {
    given = path
    parts = Self.parts(of: path)
    realParts = SystemName.realPath(of: path).map(Self.parts)
  }

  /// The name of `input` below the folder; nil where it is not below it. First as both are written,
  /// then as links lead.
  func relative(_ input: String) -> [UInt8]? {
    if let name = Self.below(parts, Self.parts(of: input)) { return name }
    guard let realParts, let real = SystemName.realPath(of: input) else { return nil }
    return Self.below(realParts, Self.parts(of: real))
  }

  private static func below(
    _ base: [ArraySlice<UInt8>], _ input: [ArraySlice<UInt8>]
  ) -> [UInt8]? {
    guard input.count > base.count, input.starts(with: base) else { return nil }
    return Array(input[base.count...].joined(separator: [slash]))
  }

  /// The parts of the absolute name, without "." and "..".
  private static func parts(of path: String) -> [ArraySlice<UInt8>] {
    let bytes = SystemName.bytes(path)
    let whole = bytes.first == slash ? bytes : SystemName.bytes(here) + [slash] + bytes
    var parts: [ArraySlice<UInt8>] = []
    for part in whole.split(separator: slash) {
      if part.elementsEqual(".".utf8) { continue }
      if part.elementsEqual("..".utf8) {
        _ = parts.popLast()
      } else {
        parts.append(part)
      }
    }
    return parts
  }
}
