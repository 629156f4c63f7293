import Glibc

extension String {
  /// Numbers as printf(3) writes them, with a point whatever the language. Texts go in as Swift has them, not
  /// as `%s` or `%@`.
  public init(printf format: String, _ arguments: any CVarArg...) {
    self = withVaList(arguments) { list in
      // vsnprintf uses its list up: a second call needs another.
      let needed = withVaList(arguments) { Int(vsnprintf(nil, 0, format, $0)) }
      precondition(needed >= 0, "\(format) is no format")
      return String(unsafeUninitializedCapacity: needed + 1) { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          _ = vsnprintf($0.baseAddress, $0.count, format, list)
        }
        return needed
      }
    }
  }

  /// The text with spaces behind it, `length` characters long; cut where it is longer.
  public func padded(to length: Int) -> String {
    prefix(length) + String(repeating: " ", count: max(0, length - count))
  }
}

extension StringProtocol {
  /// Without the spaces, those of no width too, and tabs, and what else `also` names, at both ends.
  public func trimmed(also: Set<Unicode.Scalar> = []) -> String {
    let scalars = unicodeScalars
    func goes(_ scalar: Unicode.Scalar) -> Bool {
      scalar == "\t" || scalar == "\u{200B}"
        || scalar.properties.generalCategory == .spaceSeparator
        || also.contains(scalar)
    }
    guard let first = scalars.firstIndex(where: { !goes($0) }),
      let last = scalars.lastIndex(where: { !goes($0) })
    else { return "" }
    return String(Substring(self)[first...last])
  }
}
