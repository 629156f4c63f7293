import Foundation
import TestSupport
import Testing

@testable import VideoInput

/// Pictures out of bytes as they come, whatever stands between them.
@Suite struct PictureSplitterTests {
  /// A JPEG as far as its structure goes: `data` is what its scan has.
  private static func jpeg(_ data: [UInt8], segment: [UInt8] = []) -> [UInt8] {
    let length = segment.count + 2
    return [0xFF, 0xD8, 0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 0xFF)] + segment
      + [0xFF, 0xDA, 0, 4, 1, 2] + data + [0xFF, 0xD9]
  }

  private static func png(_ data: [UInt8]) -> [UInt8] {
    func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
      [0, 0, UInt8(data.count >> 8), UInt8(data.count & 0xFF)] + type.utf8 + data + [0, 0, 0, 0]
    }
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IDAT", data)
      + chunk("IEND", [])
  }

  private static func webp(_ data: [UInt8]) -> [UInt8] {
    Array("RIFF".utf8) + [UInt8(data.count + 4), 0, 0, 0] + "WEBP".utf8 + data
  }

  /// All pictures of `bytes`, which come `step` at a time.
  private func pictures(
    _ bytes: [UInt8], step: Int, limit: Int = 1_000_000
  ) throws -> [[UInt8]] {
    var splitter = PictureSplitter(limit: limit)
    var found: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: step) {
      bytes[start..<min(bytes.count, start + step)].withUnsafeBytes { splitter.append($0) }
      while let picture = try splitter.next() { found.append(Array(splitter.bytes[picture.range])) }
    }
    if let rest = splitter.finish() { found.append(Array(splitter.bytes[rest.range])) }
    return found
  }

  @Test(arguments: [1, 2, 7, 64, 100_000])
  func wholePicturesInEveryPacking(step: Int) throws {
    let inner = Self.jpeg([9, 9])
    let all = [
      Self.jpeg([1, 2, 3]),
      // One of its own in a segment, as EXIF has it; stuffed bytes, a restart, a second scan.
      Self.jpeg([5, 0xFF, 0, 6, 0xFF, 0xD3, 7, 0xFF, 0xFF, 0xDA, 0, 3, 1, 8], segment: inner),
      Self.png([0xFF, 0xD8, 0xFF, 0xD9]), Self.webp(Array(repeating: 0xFF, count: 6)),
      Self.jpeg([4]),
    ]
    let head = Array("--b\r\nContent-Type: image/jpeg\r\nContent-Length: 7\r\n\r\n".utf8)
    let noise: [UInt8] = [0x0D, 0x0A, 0x52, 0x89, 0xFF, 0xD9]
    let between: [UInt8] = all.flatMap { picture -> [UInt8] in head + picture + noise }
    #expect(try pictures(between, step: step) == all)
    #expect(try pictures(all.flatMap(\.self), step: step) == all)
  }

  /// With its last byte: not when the next begins.
  @Test func nothingIsHeldBack() throws {
    var splitter = PictureSplitter(limit: 1000)
    let picture = Self.jpeg([1])
    picture.dropLast().withUnsafeBytes { splitter.append($0) }
    #expect(try splitter.next() == nil)
    [0xD9 as UInt8].withUnsafeBytes { splitter.append($0) }
    #expect(try splitter.next()?.range == 0..<picture.count)
  }

  /// One that was cut off ends where the next begins, or where the bytes end.
  @Test(arguments: [1, 5, 100_000]) func cutOff(step: Int) throws {
    let cut = Array(Self.jpeg([1, 2, 3, 4]).dropLast(3))
    let whole = Self.jpeg([5])
    let found = try pictures(cut + [0x0D, 0x0A] + whole + cut, step: step)
    #expect(found == [cut + [0x0D, 0x0A], whole, cut])
    // In front of its data there is nothing to be shown.
    #expect(try pictures(Array(cut.prefix(6)) + whole, step: step).last == whole)
  }

  @Test func picturesHaveABound() throws {
    let endless: [[UInt8]] = [
      [0xFF, 0xD8] + (0..<500).flatMap { _ in [0xFF, 0xE0, 0, 4, 1, 2] as [UInt8] },
      [0xFF, 0xD8, 0xFF, 0xDA, 0, 2] + Array(repeating: 7, count: 2000),
      Array(Self.png([]).prefix(8)) + [0x7F, 0xFF, 0xFF, 0] + Array("IDAT".utf8) + [1, 2, 3, 4],
      Array("RIFF".utf8) + [0xFF, 0xFF, 0xFF, 0xFF] + Array("WEBP".utf8),
    ]
    for bytes in endless {
      #expect(throws: PictureSplitter.TooLarge()) { try pictures(bytes, step: 50, limit: 1000) }
    }
    // What is no picture is passed over, however long.
    #expect(try pictures(Array(repeating: 0xFF, count: 50_000), step: 1000, limit: 1000) == [])
  }

  /// Bytes changed, left out and put in at random: no trap, ranges within the bytes, and each byte
  /// looked at once.
  @Test(.timeLimit(.minutes(1))) func damagedBytes() throws {
    var random = SeededGenerator(seed: TestSeed.of(0xC0FFEE))
    let clean =
      Self.jpeg([5, 0xFF, 0, 6, 0xFF, 0xC4, 0, 2, 0xFF, 0xDA, 0, 2, 7], segment: Self.jpeg([1]))
      + Array("\r\n--b\r\n\r\n".utf8) + Self.png([1, 2, 3]) + Self.webp([1, 2])
    for _ in 0..<3000 {
      var bytes = clean + clean + clean
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
          bytes[place] = [0, 0xFF, 0xD8, 0xD9, 0xDA, 0x7F][Int.random(in: 0..<6, using: &random)]
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        }
      }
      let step = Int.random(in: 1...200, using: &random)
      do {
        let found = try pictures(bytes, step: step, limit: 200_000)
        #expect(found.reduce(0) { $0 + $1.count } <= bytes.count)
        #expect(found.allSatisfy { $0.count >= 4 })
      } catch {
        #expect(error is PictureSplitter.TooLarge)
      }
    }
    // Beginnings within beginnings must not be read time after time.
    let nested = (0..<400_000).flatMap { _ in [0xFF, 0xD8, 0xFF, 0xE0, 0, 5, 0xFF] as [UInt8] }
    _ = try? pictures(nested, step: 65_536, limit: 10_000_000)
  }
}
