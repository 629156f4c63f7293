import CLNF
import Foundation
import TestSupport

/// Pictures that the tests search.
enum Pictures {
  struct NotAPGM: Error { var file: String }

  /// An 8-bit binary PGM without comments.
  static func readPGM(_ file: URL) throws -> GreyImage {
    let bytes = [UInt8](try Data(contentsOf: file))
    let header = bytes.split(maxSplits: 4) { " \n".utf8.contains($0) }.prefix(4)
      .map { String(decoding: $0, as: UTF8.self) }
    guard header.count == 4, header[0] == "P5", header[3] == "255", let width = Int(header[1]),
      let height = Int(header[2]), width * height < bytes.count
    else { throw NotAPGM(file: file.path) }
    return image(width: width, height: height, samples: bytes.suffix(width * height))
  }

  /// Public domain, part of the project: its provenance is in Tests/Fixtures/portrait.md.
  static func portrait() throws -> GreyImage {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/portrait.pgm")
    return try readPGM(file)
  }

  /// A picture of the reference's fixtures; the tests that ask for one are skipped without it.
  static func referenceFixture(_ name: String) throws -> URL {
    guard let folder = MaterialFolder.reference else { throw NotAPGM(file: name) }
    return folder.appendingPathComponent("openface/fixtures/\(name)")
  }

  /// Smooth noise, like nothing in particular.
  static func noise(width: Int, height: Int, seed: UInt64) -> GreyImage {
    var generator = SeededGenerator(seed: seed)
    return image(
      width: width, height: height,
      samples: (0..<width * height).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }

  static func image(width: Int, height: Int, samples: some Collection<UInt8>) -> GreyImage {
    var image = GreyImage(width: width, height: height, repeating: 0)
    image.withMutableSamples { _ = $0.update(fromContentsOf: samples) }
    return image
  }
}
