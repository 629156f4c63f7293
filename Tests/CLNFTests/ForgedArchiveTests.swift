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
    var (tried, refused) = (0, 0)
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
          refused += 1
        }
      }
    }
    #expect(tried > 100 && refused > tried / 2)
  }

  /// The same for nets, and element types that are not an array's.
  @Test(arguments: [NetPrecision.halves, .bytes])
  func impossibleShapesOfNetsAreRefused(precision: NetPrecision) throws {
    let bytes = try SyntheticNets.model(precision: precision).archive()
    let huge = UInt32.max
    var tried = 0
    for (name, rank) in [
      ("landmarks/mirror", 1), ("experts/0/net/sizes", 1), ("experts/0/net/experts", 2),
      ("experts/0/net/confidences", 1), ("experts/0/net/0/weights", 3),
      ("experts/1/net/2/weights", 3), ("experts/0/net/1/biases", 2), ("experts/2/net/1/steps", 2),
    ] where precision == .bytes || !name.hasSuffix("steps") {
      for pattern in 0..<Int(pow(3.0, Double(rank))) {
        var (rest, shape) = (pattern, [UInt32]())
        for _ in 0..<rank {
          shape.append([0, 1, huge][rest % 3])
          rest /= 3
        }
        let forged = try #require(ForgedArchive.reshaping(name, to: shape, in: bytes))
        tried += 1
        expectRefused(forged, "\(name) \(shape)")
      }
    }
    #expect(tried > 80)
  }

  /// References and figures of nets that contradict each other: the array and its byte are named.
  @Test(arguments: [NetPrecision.halves, .bytes])
  func netsThatContradictEachOtherAreRefused(precision: NetPrecision) throws {
    let bytes = try SyntheticNets.model(precision: precision).archive()
    func forged(_ name: String, _ values: [Int32], at index: Int = 0) throws -> [UInt8] {
      let place = try #require(ForgedArchive.place(of: name, in: bytes))
      let start = bytes[place + 80..<place + 88].enumerated().reduce(0) {
        $0 | Int($1.element) << (8 * $1.offset)
      }
      var copy = bytes
      for (offset, value) in values.enumerated() {
        withUnsafeBytes(of: value.littleEndian) {
          let at = start + 4 * (index + offset)
          copy.replaceSubrange(at..<at + 4, with: $0)
        }
      }
      return ForgedArchive.sealed(copy)
    }
    let cases: [(String, String, [Int32], Int)] = [
      ("sizes that the weights do not have", "experts/0/net/sizes", [121, 9], 0),
      ("no inputs", "experts/0/net/sizes", [0], 0),
      ("sizes below 0", "experts/0/net/sizes", [-121], 0),
      ("sizes that overflow", "experts/0/net/sizes", [.max, .max], 0),
      ("a net that is not there", "experts/0/net/experts", [1000], 0),
      ("a net named twice", "experts/0/net/experts", [2], 0),
      ("a net not named", "experts/0/net/experts", [0], 0),
      ("the mirror image of a net that is not there", "experts/0/net/experts", [-1000], 3),
      ("the lowest number", "experts/0/net/experts", [.min], 3),
      ("the mirror image of another landmark's net", "experts/0/net/experts", [-1], 3),
      precision == .halves
        ? ("weights that are not finite", "experts/0/net/0/weights", [0x7c00], 7)
        : ("steps that are not finite", "experts/0/net/0/steps", [0x7f80_0000], 7),
      precision == .halves
        ? ("weights that are no numbers", "experts/2/net/2/weights", [0x7e00_0000], 7)
        : ("steps that are no numbers", "experts/2/net/2/steps", [0x7fc0_0000], 7),
      precision == .halves
        ? ("the least that is not finite", "experts/1/net/0/weights", [0xfc00], 3)
        : ("steps so large that weights are not finite", "experts/1/net/0/steps", [0x7e80_0000], 3),
      ("biases that are not finite", "experts/0/net/0/biases", [0x7f80_0000], 2),
      ("other mirror partners", "landmarks/mirror", [0], 0),
      ("mirror partners that are not there", "landmarks/mirror", [16], 0),
    ]
    for (what, name, values, index) in cases {
      let damaged = try forged(name, values, at: index)
      let error = #expect(throws: ModelError.self, "\(what)") {
        try FaceModel(archive: damaged, name: "forged")
      }
      guard let error, !name.hasPrefix("landmarks") else { continue }
      #expect(error.place != nil && error.description.contains("/net/"), "\(what): \(error)")
    }
    var contents = try netContents()
    contents.scales[0] = try SyntheticFixture.model().scales[0]
    #expect(try FaceModel(contents).archive() != bytes)
  }

  private func netContents() throws -> FaceModel.Contents {
    let model = try SyntheticNets.model()
    var contents = FaceModel.Contents(
      name: "nets", shapeModel: model.shapeModel, scales: model.scales)
    contents.mirrorPartners = model.mirrorPartners
    return contents
  }

  /// A model of a later version may weigh figures that this one does not know: the place is named.
  @Test func figuresOfLaterVersionsAreNamed() throws {
    let bytes = try FaceModel.default().archive()
    for (known, unknown, array) in [
      (
        "\"evidence\":\"brightness\"", "\"evidence\":\"brighthess\"",
        "landmark-verdict/scales: has at "
      ),
      ("\"verdict\"", "\"verdikt\"", "fit-settings: has at startChoice"),
    ] {
      let place = try #require(bytes.firstRange(of: Array(known.utf8)), "\(known)")
      var forged = bytes
      forged.replaceSubrange(place, with: Array(unknown.utf8))
      let error = #expect(throws: ModelError.self) {
        try FaceModel(archive: ForgedArchive.sealed(forged), name: "later")
      }
      let text = error?.description ?? ""
      #expect(text.contains(array) && text.hasSuffix("what this version does not know"), "\(text)")
    }
  }

  /// Scales may differ in kind; one scale may not hold both.
  @Test func bothKindsInOneScaleAreRefused() throws {
    var contents = try netContents()
    contents.scales[0] = try SyntheticFixture.model().scales[0]
    let bytes = try FaceModel(contents).archive()
    #expect(try FaceModel(archive: bytes, name: "both").scales == contents.scales)
    // An array of scale 1 renamed, so that scale 0 seems to have nets as well.
    let place = try #require(ForgedArchive.place(of: "experts/1/net/sizes", in: bytes))
    var damaged = bytes
    damaged[place + 8] = UInt8(ascii: "0")
    expectRefused(ForgedArchive.sealed(damaged), "patch experts and nets")
  }

  /// Arrays that share their bytes, wholly or by their last one: a file of a few megabytes could fill the
  /// memory.
  @Test(arguments: [("experts/0/kernels", "experts/1/kernels"), ("shape/mean", "shape/modes")])
  func arraysThatOverlapAreRefused(first: String, second: String) throws {
    let bytes = try SyntheticFixture.model().archive()
    let (one, other) = (
      try #require(ForgedArchive.place(of: first, in: bytes)),
      try #require(ForgedArchive.place(of: second, in: bytes))
    )
    var copy = bytes
    copy.replaceSubrange(other + 80..<other + 88, with: bytes[one + 80..<one + 88])
    let error = #expect(throws: ModelError.self) {
      try FaceModel(archive: ForgedArchive.sealed(copy), name: "forged")
    }
    let text = error?.description ?? ""
    #expect(text.contains("overlaps") && text.contains(first) && text.contains(second), "\(text)")
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
