import CLNF
import Foundation

/// Reads binary 8-bit PGM files.
public enum PortableGreyMap {
  public struct Unreadable: Error { public let path: String }

  /// A portrait from the front, 256 px; public domain, its provenance is in Tests/Fixtures/portrait.md.
  public static func portrait() throws -> GreyImage {
    try read(
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/portrait.pgm"))
  }

  public static func read(_ url: URL) throws -> GreyImage {
    let bytes = [UInt8](try Data(contentsOf: url))
    var words: [Int] = []
    var at = 2
    while words.count < 3, at < bytes.count {
      if bytes[at] == UInt8(ascii: "#") {
        while at < bytes.count, bytes[at] != 10 { at += 1 }
      } else if let digit = Character(UnicodeScalar(bytes[at])).wholeNumberValue {
        var number = digit
        at += 1
        while at < bytes.count, let next = Character(UnicodeScalar(bytes[at])).wholeNumberValue {
          number = number * 10 + next
          at += 1
        }
        words.append(number)
      } else {
        at += 1
      }
    }
    at += 1
    guard bytes.starts(with: Array("P5".utf8)), words.count == 3,
      bytes.count >= at + words[0] * words[1]
    else { throw Unreadable(path: url.path) }
    var image = GreyImage(width: words[0], height: words[1], repeating: 0)
    image.withMutableSamples { samples in
      for i in samples.indices { samples[i] = bytes[at + i] }
    }
    return image
  }
}
