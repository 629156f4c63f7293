import CLNFKernels
import TestSupport
import Testing

@testable import CLNF

/// SHA-256 against the vectors of FIPS 180-4's examples.
struct ModelDigestTests {
  private func digest(_ bytes: [UInt8]) -> String {
    var digest = ModelDigest()
    digest.add(bytes)
    return digest.hexadecimal
  }

  @Test func publishedVectors() {
    #expect(
      ModelDigest().hexadecimal
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      digest(Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      digest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      digest([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// Lengths around the block and the padding, in chunks of every kind: always the same digest.
  @Test func chunksDoNotMatter() {
    let seed = TestSeed.of(303)
    var generator = SeededGenerator(seed: seed)
    for length in Array(0...130) + [1000, 4096] {
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let whole = digest(bytes)
      var chunked = ModelDigest()
      var at = 0
      while at < length {
        let end = min(length, at + Int.random(in: 0...70, using: &generator))
        chunked.add(Array(bytes[at..<end]))
        at = end
      }
      #expect(chunked.hexadecimal == whole, "seed \(seed), \(length) bytes")
      #expect(chunked.bytes.count == 32)
    }
  }

  @Test func readingTheDigestDoesNotEndIt() {
    var digest = ModelDigest()
    digest.add(Array("ab".utf8))
    _ = digest.hexadecimal
    digest.add(Array("c".utf8))
    #expect(digest.hexadecimal.hasPrefix("ba7816bf"))
  }

  /// The processor's instructions against the plain rounds, from seeded states, to the bit.
  @Test func instructionsAgreeWithPlainRounds() {
    let seed = TestSeed.of(304)
    var generator = SeededGenerator(seed: seed)
    for blocks in [0, 1, 2, 3, 17] {
      var fast = (0..<8).map { _ in UInt32.random(in: 0...UInt32.max, using: &generator) }
      var plain = fast
      let bytes = (0..<64 * blocks + 1).map { _ in UInt8.random(in: 0...255, using: &generator) }
      clnf_sha256(&fast, bytes, blocks)
      clnf_sha256_plain(&plain, bytes, blocks)
      #expect(fast == plain, "seed \(seed), \(blocks) blocks")
    }
  }

  /// "abc" padded to a block (FIPS 180-4, the first example): the plain rounds by themselves.
  @Test func plainRoundsGiveThePublishedVector() {
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
      0x5be0_cd19,
    ]
    let block = Array("abc".utf8) + [0x80] + [UInt8](repeating: 0, count: 59) + [24]
    clnf_sha256_plain(&state, block, 1)
    #expect(state[0] == 0xba78_16bf && state[7] == 0xf200_15ad)
  }
}
