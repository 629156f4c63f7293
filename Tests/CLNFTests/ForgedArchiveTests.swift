import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Archives with a right checksum and sizes that contradict each other or cannot be.
struct ForgedArchiveTests {
  private func archive(validator: String) throws -> [UInt8] {
    let folder = try ScratchModelFolder()
    try folder.write(
      try folder.bytes("validation/validator_\(validator).txt"),
      to: "validation/validator_net_tanh.txt")
    return try folder.load().archive()
  }

  private func expectRefused(_ bytes: [UInt8], _ comment: String) {
    let error = #expect(throws: ModelError.self, "\(comment)") {
      try FaceModel(archive: bytes, name: "forged")
    }
    guard let description = error?.description else { return }
    #expect(description.hasPrefix("forged: "), "\(comment)")
    #expect(!description.contains("\n"), "\(comment)")
  }

  @Test func sealingAnUndamagedArchiveChangesNothing() throws {
    let bytes = try SyntheticFixture.model().archive()
    #expect(ForgedArchive.sealed(bytes) == bytes)
  }

  /// Sides whose product overflows, hidden behind a side of 0, and sides that would make billions
  /// of empty arrays: `0xffffffff` is 4294967295.
  @Test(arguments: ["linear", "net_tanh", "cnn"])
  func impossibleShapesAreRefused(validator: String) throws {
    let bytes = try archive(validator: validator)
    let huge = UInt32.max
    let ranks: [(String, Int)] = [
      ("shape/mean", 2), ("shape/modes", 3), ("shape/variances", 1), ("experts/0/kernels", 3),
      ("experts/0/neurons", 2), ("experts/0/views", 2), ("experts/0/components/5", 3),
      ("experts/0/norms", 1), ("experts/0/windows", 1), ("triangles/0", 2),
      ("validator/views", 2), ("validator/0/mean", 1), ("validator/0/warp/map", 2),
      ("validator/0/warp/triangles", 2), ("validator/0/warp/alpha", 2),
      ("validator/0/classifier/kind", 1), ("validator/0/classifier/weights", 1),
      ("validator/0/classifier/0", 2), ("validator/0/classifier/0/kernels", 4),
      ("validator/0/classifier/0/biases", 1), ("validator/0/classifier/4/weights", 2),
      ("parts/0/mapping", 2), ("parts/0/shape/mean", 2),
    ]
    var tried = 0
    for (name, rank) in ranks {
      // Every pattern of 0, 1 and huge sides of this rank.
      for pattern in 0..<Int(pow(3.0, Double(rank))) {
        var (rest, shape) = (pattern, [UInt32]())
        for _ in 0..<rank {
          shape.append([0, 1, huge][rest % 3])
          rest /= 3
        }
        guard let forged = ForgedArchive.reshaping(name, to: shape, in: bytes) else { continue }
        tried += 1
        // An array that may be empty, such as no triangles, is no error; what loads has to fit.
        do {
          try ModelFuzz.fitTiny(try FaceModel(archive: forged, name: "forged"))
        } catch let error as ModelError {
          #expect(error.description.hasPrefix("forged: "), "\(name) \(shape)")
        }
      }
    }
    #expect(tried > 100)
  }

  @Test func directoriesThatLieAreRefused() throws {
    let bytes = try SyntheticFixture.model().archive()
    let entry = try #require(ForgedArchive.place(of: "shape/mean", in: bytes))
    func forged(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
      var copy = bytes
      change(&copy)
      return ForgedArchive.sealed(copy)
    }
    expectRefused(
      forged {
        $0[12] = 0xff; $0[15] = 0xff
      }, "more entries than bytes")
    expectRefused(forged { $0[entry] = 0 }, "an entry without a name")
    expectRefused(forged { $0[entry] = 0xff }, "a name that is no text")
    expectRefused(forged { $0[entry + 56] = 9 }, "an unknown element type")
    expectRefused(forged { $0[entry + 56] = 3 }, "floats for doubles")
    expectRefused(forged { $0[entry + 60] = 0 }, "no dimension")
    expectRefused(forged { $0[entry + 60] = 5 }, "five dimensions")
    expectRefused(forged { $0[entry + 80] = 1 }, "an offset off its boundary")
    expectRefused(forged { $0[entry + 87] = 0x7f }, "an offset far outside")
    expectRefused(forged { $0[entry + 88] ^= 8 }, "a size that is not the shape's")
    let second = entry + ModelArchive.entrySize
    expectRefused(
      forged { $0.replaceSubrange(second..<second + 56, with: $0[entry..<entry + 56]) },
      "two arrays of one name")
    expectRefused(forged { $0[8] = 2 }, "another version")
  }
}
