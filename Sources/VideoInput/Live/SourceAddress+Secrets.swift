/// Why secrets cannot be put into an address. Nothing of the secret is in it.
public enum AddressSecretError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The environment has no such variable, or an empty one.
  case missingVariable(name: String)
  /// A "${" without a name and "}" behind it.
  case noVariable
  /// A password for an address that names a password, or for a device.
  case passwordTwice
  case noUser
  case noAddress

  public var description: String {
    switch self {
    case .missingVariable(let name): "the environment has no variable \(name), or an empty one"
    case .noVariable: "\"${\" begins no variable's name"
    case .passwordTwice: "the address holds a user or password already"
    case .noUser: "there is no user that the password is for"
    case .noAddress: "user and password are for addresses in the network"
    }
  }
}

extension SourceAddress {
  /// `text` with every `${NAME}` replaced by that variable's value, percent-encoded. What is no address
  /// (no "://") stays as it is.
  public static func expanding(
    _ text: String, environment: [String: String]
  ) throws(AddressSecretError) -> SourceAddress {
    guard text.contains("://") else { return SourceAddress(text) }
    var made = ""
    var rest = text[...]
    while let begin = rest.firstRange(of: "${") {
      let name = rest[begin.upperBound...].prefix { $0 != "}" }
      guard name.endIndex < rest.endIndex, isVariableName(name) else { throw .noVariable }
      guard let value = environment[String(name)], !value.isEmpty else {
        throw .missingVariable(name: String(name))
      }
      made += rest[..<begin.lowerBound] + percentEncoded(value)
      rest = rest[rest.index(after: name.endIndex)...]
    }
    return SourceAddress(made + rest)
  }

  /// The address with a user name and a password, neither of them percent-encoded.
  /// - Parameters:
  ///   - user: nil where the address names the user.
  ///   - password: nil for a user name alone.
  public func adding(
    user: String?, password: String?
  ) throws(AddressSecretError) -> SourceAddress {
    guard case .network = LiveAddress(secretText)?.place,
      let separator = secretText.firstRange(of: "://")
    else { throw .noAddress }
    let rest = secretText[separator.upperBound...]
    let parts = AddressParts(Array(rest.utf8)[...])
    let named = parts.userInfo.map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard user == nil ? !named.contains(":") : named.isEmpty else { throw .passwordTwice }
    guard let user = user.map(Self.percentEncoded) ?? (named.isEmpty ? nil : named) else {
      throw .noUser
    }
    let secret = password.map { ":" + Self.percentEncoded($0) } ?? ""
    let place = String(decoding: parts.hostAndPort + parts.rest, as: UTF8.self)
    return SourceAddress("\(secretText[..<separator.upperBound])\(user)\(secret)@\(place)")
  }

  private static func isVariableName(_ name: Substring) -> Bool {
    guard let first = name.utf8.first, !AddressParts.isDigit(first) else { return false }
    return name.utf8.allSatisfy { AddressParts.isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
  }

  /// All but letters, digits and "-._~" as %XX.
  static func percentEncoded(_ text: String) -> String {
    var made = ""
    for byte in text.utf8 {
      if AddressParts.isAlphanumeric(byte) || "-._~".utf8.contains(byte) {
        made.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        made += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
      }
    }
    return made
  }
}
