/// What of an address may be shown to whoever reads messages, the API, reports and process lists.
///
/// An allow-list: from the left on, scheme, host, port, path parts and parameters are shown while they
/// are known to be harmless; with the first that is not, the rest is "...". User names and passwords
/// are left out. What cameras take for a secret has too many forms for a list of those.
enum ShownAddress {
  static let hidden = "..."

  private typealias Bytes = ArraySlice<UInt8>

  /// `address` as it may be shown. Showing what was made by this changes nothing. What holds no
  /// "://" is taken for a file's name and stays as it is, unless it looks like an address whose
  /// scheme was forgotten.
  static func text(of address: String) -> String {
    let bytes = Array(address.utf8)
    guard let separator = bytes.firstRange(of: Array("://".utf8)) else {
      return isSuspicious(bytes[...]) ? hidden : address
    }
    let scheme = String(decoding: bytes[..<separator.lowerBound], as: UTF8.self)
    guard AddressParts.isScheme(scheme.lowercased()) else { return hidden }
    let rest = bytes[separator.upperBound...]
    if scheme.lowercased() == "file", !rest.contains(where: { "@?#&=;".utf8.contains($0) }) {
      return address
    }
    return "\(scheme)://" + textAfterScheme(AddressParts(rest))
  }

  /// `text` with every address in it as it may be shown: for words of others. An address ends at
  /// white space or a quote.
  static func text(in text: String) -> String {
    let mark = Array("://".utf8)
    var rest = Array(text.utf8)[...]
    var shown: [UInt8] = []
    while let separator = rest.firstRange(of: mark) {
      let begin =
        rest[..<separator.lowerBound].lastIndex { !AddressParts.isSchemeByte($0) }
        .map { $0 + 1 } ?? rest.startIndex
      var end =
        rest[separator.upperBound...].firstIndex { $0 <= 32 || "\"'<>`".utf8.contains($0) }
        ?? rest.endIndex
      while end > separator.upperBound, ".,:;)".utf8.contains(rest[end - 1]) { end -= 1 }
      // What was hidden before is part of its address.
      if rest[end...].starts(with: hidden.utf8) { end += hidden.utf8.count }
      shown += rest[..<begin]
      shown += Self.text(of: String(decoding: rest[begin..<end], as: UTF8.self)).utf8
      rest = rest[end...]
    }
    return String(decoding: shown + rest, as: UTF8.self)
  }

  private static func textAfterScheme(_ parts: AddressParts) -> String {
    var parts = parts
    if let other = parts.afterLastAt {
      // The "@" may end a password that holds a "/": then what looks like the host is none.
      if other.isNumericHost {
        parts = other
      } else if !parts.isNumericHost {
        return hidden
      }
    }
    guard parts.isPlainHost else { return hidden }
    return String(decoding: parts.hostAndPort, as: UTF8.self) + textAfterHost(parts.rest)
  }

  /// Path and parameters up to the first that is not known.
  private static func textAfterHost(_ bytes: Bytes) -> String {
    var shown = ""
    var rest = bytes
    while rest.first == UInt8(ascii: "/") {
      rest.removeFirst()
      let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
      let segment = rest[..<end]
      guard segment.isEmpty || AddressWords.isHarmless(segment) else { return shown + "/" + hidden }
      shown += "/" + String(decoding: segment, as: UTF8.self)
      rest = rest[end...]
    }
    guard let mark = rest.popFirst() else { return shown }
    guard mark == UInt8(ascii: "?") else { return shown + "#" + hidden }
    shown += "?"
    guard !rest.isEmpty else { return shown }
    for (index, parameter) in rest.split(
      separator: UInt8(ascii: "&"), omittingEmptySubsequences: false
    ).enumerated() {
      if index > 0 { shown += "&" }
      guard AddressWords.isHarmless(parameter: parameter) else { return shown + hidden }
      shown += String(decoding: parameter, as: UTF8.self)
    }
    return shown
  }

  /// Whether a text without a scheme may be "user:password@host", or hold "password=...".
  private static func isSuspicious(_ bytes: Bytes) -> Bool {
    if let at = bytes.lastIndex(of: UInt8(ascii: "@")),
      bytes[..<at].contains(UInt8(ascii: ":"))
    {
      return true
    }
    guard let equals = bytes.lastIndex(of: UInt8(ascii: "=")) else { return false }
    let names = String(decoding: bytes[..<equals], as: UTF8.self).lowercased()
    return ["pass", "pwd", "token", "secret", "key"].contains { names.contains($0) }
  }
}

/// The parts of an address behind its scheme, as FFmpeg takes them apart.
struct AddressParts {
  /// "user:password", without the "@" that ends it; nil where there is none.
  let userInfo: ArraySlice<UInt8>?
  let hostAndPort: ArraySlice<UInt8>
  /// From the "/", "?" or "#" on that ends the host.
  let rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    let end = bytes.firstIndex { "/?#".utf8.contains($0) } ?? bytes.endIndex
    let authority = bytes[..<end]
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
      userInfo = authority[..<at]
      hostAndPort = authority[(at + 1)...]
    } else {
      userInfo = nil
      hostAndPort = authority
    }
    rest = bytes[end...]
  }

  /// What the parts would be if an "@" behind the host ended a user name and password after all.
  var afterLastAt: AddressParts? {
    rest.lastIndex(of: UInt8(ascii: "@")).map { AddressParts(rest[($0 + 1)...]) }
  }

  /// Where the port begins, with its colon; `endIndex` where there is none.
  private var portStart: Int {
    let colon = hostAndPort.lastIndex(of: UInt8(ascii: ":")) ?? hostAndPort.endIndex
    let bracket = hostAndPort.lastIndex(of: UInt8(ascii: "]")) ?? hostAndPort.startIndex
    return colon > bracket || bracket == hostAndPort.startIndex ? colon : hostAndPort.endIndex
  }

  var host: ArraySlice<UInt8> { hostAndPort[..<portStart] }

  /// The digits behind the host's colon; empty without a colon.
  private var port: ArraySlice<UInt8> { hostAndPort[portStart...].dropFirst() }

  var hasPort: Bool { portStart < hostAndPort.endIndex }

  /// Whether what stands for the port is one, or nothing does.
  var portIsRight: Bool {
    port.isEmpty
      || port.allSatisfy(Self.isDigit)
        && (Int(String(decoding: port, as: UTF8.self)) ?? Int.max) <= 65_535
  }

  /// Whether it is an IPv4 or IPv6 address with a port or without one: nothing else looks so.
  var isNumericHost: Bool {
    guard portIsRight else { return false }
    if host.first == UInt8(ascii: "[") { return isPlainHost }
    let fields = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return fields.count == 4
      && fields.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(Self.isDigit) }
  }

  /// Whether it has the form of a host's name or address, with a port or without one. An empty host
  /// with a port listens.
  var isPlainHost: Bool {
    guard portIsRight else { return false }
    if host.isEmpty { return true }
    if host.first == UInt8(ascii: "[") {
      return host.count > 3 && host.last == UInt8(ascii: "]")
        && host.dropFirst().dropLast().allSatisfy {
          Self.isDigit($0) || (97...102).contains($0 | 32) || ":.".utf8.contains($0)
        }
    }
    let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return host.count <= 253
      && labels.allSatisfy { label in
        !label.isEmpty && label.allSatisfy { Self.isAlphanumeric($0) || "-_".utf8.contains($0) }
      }
  }

  static func isScheme(_ lowercase: String) -> Bool {
    guard let first = lowercase.utf8.first, (97...122).contains(first) else { return false }
    return lowercase.utf8.allSatisfy { isSchemeByte($0) && !(65...90).contains($0) }
  }

  static func isSchemeByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || [43, 45, 46].contains(byte)
  }

  static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 32) }

  static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
}
