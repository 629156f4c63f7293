import Glibc
import SystemNames

/// A printf pattern for the names of numbered images: `frames/shot%04d.png`.
struct ImagePattern {
  let text: String
  private let folder: String
  private let prefix: String
  private let suffix: String
  /// Least number of digits; more are allowed, as printf has it.
  private let digits: Int

  /// Nil where `text` has not exactly one `%d` or `%0Nd` in the file's name. `%%` is a percent
  /// sign.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.last else { return nil }
    var before = ""
    var after = ""
    var width: Int?
    var rest = name[...]
    while let character = rest.popFirst() {
      var literal = String(character)
      if character == "%" {
        if rest.first == "%" {
          rest.removeFirst()
        } else {
          let number = rest.prefix { $0.isASCII && $0.isNumber }
          rest.removeFirst(number.count)
          guard width == nil, rest.popFirst() == "d", number.count < 3 else { return nil }
          width = number.isEmpty ? 1 : max(1, Int(number) ?? 1)
          literal = ""
        }
      }
      if width == nil { before += literal } else { after += literal }
    }
    guard let width else { return nil }
    self.text = text
    folder = parts.dropLast().joined(separator: "/")
    prefix = before
    suffix = after
    digits = width
  }

  /// The files that there are, by number, from the lowest. Throws `.notFound` for a missing
  /// folder, `.noImages`.
  func files() throws(VideoInputError) -> [String] {
    let isAbsolute = text.hasPrefix("/")
    let place = folder.isEmpty ? (isAbsolute ? "/" : ".") : folder
    var found: [(number: Int, name: String)] = []
    for name in try listFolder(place, source: text) {
      guard name.hasPrefix(prefix), name.hasSuffix(suffix),
        name.utf8.count > prefix.utf8.count + suffix.utf8.count
      else { continue }
      let middle = name.dropFirst(prefix.count).dropLast(suffix.count)
      guard middle.utf8.count >= digits, middle.utf8.allSatisfy({ (48...57).contains($0) }),
        // `%d` writes no leading zero, `%04d` only up to four digits.
        middle.utf8.count == digits || middle.utf8.first != 48,
        let number = Int(middle)
      else { continue }
      found.append((number, name))
    }
    guard !found.isEmpty else {
      throw VideoInputError(
        .noImages, operation: "open", source: text, problem: "no file has such a name")
    }
    return found.sorted { $0.number < $1.number }.map { joined(place, $0.name) }
  }
}

/// The image files of a folder in natural order (`shot2` before `shot10`); others, hidden ones
/// and folders are left out. Throws `.noImages` where nothing remains.
func imageFiles(inFolder folder: String) throws(VideoInputError) -> [String] {
  let names = try listFolder(folder, source: folder).filter { name in
    !name.hasPrefix(".")
      && ImageFormat.fileExtension(name).map { ImageFormat.extensions.contains($0) } ?? false
  }
  guard !names.isEmpty else {
    throw VideoInputError(
      .noImages, operation: "open", source: folder, problem: "the folder has no images",
      expected: "files named .png, .jpg, .bmp and so on")
  }
  return names.sorted(by: naturalOrder).map { joined(folder, $0) }
}

private func joined(_ folder: String, _ name: String) -> String {
  folder.hasSuffix("/") ? folder + name : folder + "/" + name
}

/// The names in a folder, without its folders.
private func listFolder(
  _ folder: String, source: String
) throws(VideoInputError) -> [String] {
  guard let names = SystemName.names(inFolder: folder) else {
    let kind: VideoInputError.Kind = errno == ENOENT || errno == ENOTDIR ? .notFound : .notReadable
    throw VideoInputError(
      kind, operation: "open", source: source, problem: "the folder cannot be read",
      libraryText: systemText(errno))
  }
  return names.filter { !$0.isFolder }.map(\.name)
}

/// Whether `first` comes before `second` when runs of digits count as numbers.
func naturalOrder(_ first: String, _ second: String) -> Bool {
  var left = Array(first.utf8)[...]
  var right = Array(second.utf8)[...]
  while let a = left.first, let b = right.first {
    if isDigit(a) && isDigit(b) {
      let one = left.prefix(while: isDigit)
      let other = right.prefix(while: isDigit)
      left = left.dropFirst(one.count)
      right = right.dropFirst(other.count)
      let value = one.drop { $0 == 48 }
      let otherValue = other.drop { $0 == 48 }
      if value.count != otherValue.count { return value.count < otherValue.count }
      if !value.elementsEqual(otherValue) { return value.lexicographicallyPrecedes(otherValue) }
    } else if a != b {
      return a < b
    } else {
      left.removeFirst()
      right.removeFirst()
    }
  }
  if left.isEmpty != right.isEmpty { return left.isEmpty }
  // Equal but for leading zeros: any order will do as long as it is always the same.
  return first.utf8.lexicographicallyPrecedes(second.utf8)
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
