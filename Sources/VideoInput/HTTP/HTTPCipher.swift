import CFFmpeg

/// AES-128 in CBC with PKCS#7 padding, as HLS encrypts its segments (RFC 8216, 4.3.2.4).
final class HTTPCipher {
  private let cipher: OpaquePointer
  private let chunk = UnsafeMutablePointer<UInt8>.allocate(capacity: chunkBytes)
  private var vector: [UInt8]
  private var encrypted: [UInt8] = []
  private var plain: [UInt8] = []
  private var used = 0
  private var isAtEnd = false

  private static let block = 16
  private static let chunkBytes = 16_384

  /// Key and first vector as FFmpeg hands them on, in hexadecimal digits; nil where they are none.
  init?(key: String, vector: String) {
    guard let key = Self.bytes(key), let vector = Self.bytes(vector), let cipher = av_aes_alloc()
    else { return nil }
    guard av_aes_init(cipher, key, 128, 1) >= 0 else {
      av_free(UnsafeMutableRawPointer(cipher))
      return nil
    }
    self.cipher = cipher
    self.vector = vector
  }

  deinit {
    av_free(UnsafeMutableRawPointer(cipher))
    chunk.deallocate()
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == 2 * block, text.count == digits.count else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// Fills `buffer` with what `source` gives, decrypted. Returns 0 at the end.
  func read(
    into buffer: UnsafeMutableRawBufferPointer,
    _ source: (UnsafeMutableRawBufferPointer) throws(HTTPFailure) -> Int
  ) throws(HTTPFailure) -> Int {
    while used == plain.count {
      guard !isAtEnd else { return 0 }
      try fill(source)
    }
    let count = min(buffer.count, plain.count - used)
    buffer.copyBytes(from: plain[used..<(used + count)])
    used += count
    return count
  }

  private func fill(
    _ source: (UnsafeMutableRawBufferPointer) throws(HTTPFailure) -> Int
  ) throws(HTTPFailure) {
    let count = try source(UnsafeMutableRawBufferPointer(start: chunk, count: Self.chunkBytes))
    isAtEnd = count == 0
    encrypted.append(contentsOf: UnsafeBufferPointer(start: chunk, count: count))
    // The last block waits for the end, which tells whether it is padded.
    let kept = isAtEnd ? 0 : Self.block
    let blocks = max(0, encrypted.count - kept) / Self.block
    plain = [UInt8](repeating: 0, count: blocks * Self.block)
    used = 0
    guard blocks > 0 else { return }
    av_aes_crypt(cipher, &plain, encrypted, Int32(blocks), &vector, 1)
    encrypted.removeFirst(blocks * Self.block)
    if isAtEnd, let padding = plain.last, (1...16).contains(padding) {
      plain.removeLast(Int(padding))
    }
  }
}
