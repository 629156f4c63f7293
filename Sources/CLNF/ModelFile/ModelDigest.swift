import CLNFKernels

/// SHA-256 over the bytes of a model's files (FIPS 180-4).
///
/// Here rather than from a cryptography package because the core has no dependency outside this
/// repository, and it is an identity and a check against damage, not a secret.
package struct ModelDigest {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  package init() {}

  package mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  package mutating func add(_ raw: UnsafeRawBufferPointer) {
    length &+= UInt64(raw.count)
    var next = 0
    if !pending.isEmpty {
      next = min(64 - pending.count, raw.count)
      pending.append(contentsOf: raw[..<next])
      if pending.count < 64 { return }
      clnf_sha256(&state, pending, 1)
      pending.removeAll()
    }
    let whole = (raw.count - next) / 64
    if let start = raw.bindMemory(to: UInt8.self).baseAddress {
      clnf_sha256(&state, start + next, whole)
    }
    pending.append(contentsOf: raw[(next + 64 * whole)...])
  }

  /// The digest of all that was added, 32 bytes.
  package var bytes: [UInt8] {
    var copy = self
    let bits = length &* 8
    let padding = [0x80] + [UInt8](repeating: 0, count: (119 - pending.count) % 64)
    copy.add(padding + (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) })
    return copy.state.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) }
    }
  }

  /// The same as 64 hexadecimal digits.
  var hexadecimal: String { Self.hexadecimal(bytes) }

  package static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
