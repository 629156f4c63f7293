import Glibc

/// Names of files as the system has them: any bytes but NUL, where a String holds text.
///
/// Bytes of a name that are no UTF-8 stand in its String as code points of a private plane, U+10FF80 to
/// U+10FFFF, one a byte; code points of that range that a name really has stand as their bytes. So each
/// name has one String, and goes to it and back unchanged (docs/decisions/0014). Names come in by `text`,
/// go out by the calls of `SystemCalls.swift`, and are shown by `shown`.
public enum SystemName {
  /// What stands for the byte 0 would be; only 0x80 to 0xFF occur.
  private static let firstCodePoint: UInt32 = 0x10FF00

  /// The String of a name. Cost: a pass over the bytes.
  public static func text(_ bytes: some Collection<UInt8>) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !hasReserved(text) { return text }
    var scalars = String.UnicodeScalarView()
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      var parser = UTF8.ForwardParser()
      var source = rest.makeIterator()
      let length: Int
      switch parser.parseScalar(from: &source) {
      case .valid(let encoded):
        length = encoded.count
        let scalar = UTF8.decode(encoded)
        if isReserved(scalar) {
          scalars.append(contentsOf: rest.prefix(length).map(standIn))
        } else {
          scalars.append(scalar)
        }
      case .error(let count):
        length = max(1, min(count, rest.count))
        scalars.append(contentsOf: rest.prefix(length).map(standIn))
      case .emptyInput: return String(scalars)
      }
      rest = rest.dropFirst(length)
    }
    return String(scalars)
  }

  /// The String of a name that ends with NUL.
  public static func text(_ name: UnsafePointer<CChar>) -> String {
    let length = strlen(name)
    return name.withMemoryRebound(to: UInt8.self, capacity: length) {
      text(UnsafeBufferPointer(start: $0, count: length))
    }
  }

  /// The bytes of the name that `text` stands for.
  public static func bytes(_ text: String) -> [UInt8] {
    guard hasReserved(text) else { return Array(text.utf8) }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      if isReserved(scalar) {
        bytes.append(UInt8(scalar.value - firstCodePoint))
      } else {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? .init())
      }
    }
    return bytes
  }

  /// Text that holds a name, for people and for other programs: bytes that are no text as `\xE9`.
  public static func shown(_ text: String) -> String {
    guard hasReserved(text) else { return text }
    var shown = ""
    for scalar in text.unicodeScalars {
      if isReserved(scalar) {
        shown += "\\x" + String(scalar.value - firstCodePoint, radix: 16, uppercase: true)
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  private static func standIn(_ byte: UInt8) -> Unicode.Scalar {
    // Every number up to 0x10FFFF outside of the surrogates is a code point.
    Unicode.Scalar(firstCodePoint + UInt32(byte)).unsafelyUnwrapped
  }

  private static func isReserved(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= firstCodePoint + 0x80
  }

  /// The first byte of the plane's code points is 0xF4; few names have one.
  private static func hasReserved(_ text: String) -> Bool {
    text.utf8.contains(0xF4) && text.unicodeScalars.contains(where: isReserved)
  }
}

extension String {
  /// Calls `body` with the bytes of the name, ending with NUL.
  public func withSystemName<Result>(
    _ body: (UnsafePointer<CChar>) throws -> Result
  ) rethrows -> Result {
    let bytes = SystemName.bytes(self) + [0]
    return try bytes.withUnsafeBufferPointer { buffer in
      try buffer.withMemoryRebound(to: CChar.self) { characters in
        // A NUL is always there.
        try body(characters.baseAddress.unsafelyUnwrapped)
      }
    }
  }
}
