import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Damaged model folders: each throws a `ModelError` of one line that names the file and, where it
/// is binary, the byte.
struct DamagedModelTests {
  private func error(_ folder: ScratchModelFolder, _ comment: String) throws -> String {
    do {
      _ = try folder.load()
    } catch let error as ModelError {
      let description = error.description
      let isOneLine = !description.contains { $0.isNewline }
      #expect(isOneLine, "\(comment): \(description)")
      return description
    }
    Issue.record("\(comment) is read")
    return ""
  }

  private static let textFiles = [
    "main_synthetic.txt", "clnf_synthetic.txt", "part/main_part.txt", "part/clnf_part.txt",
  ]

  @Test func missingAndEmptyFilesAreNamed() throws {
    let folder = try ScratchModelFolder()
    let figures = SyntheticFixture.figureFiles.map(\.path)
    for path in Self.textFiles + figures {
      try FileManager.default.removeItem(at: folder.url(path))
      #expect(try error(folder, path).contains(path), "missing \(path)")
      try folder.write([], to: path)
      #expect(try error(folder, path).contains(path), "empty \(path)")
      try FileManager.default.removeItem(at: folder.url(path))
      try FileManager.default.createDirectory(
        at: folder.url(path), withIntermediateDirectories: false)
      #expect(try error(folder, path).contains(path), "a folder for \(path)")
      try FileManager.default.removeItem(at: folder.url(path))
      try folder.restore(path)
    }
    _ = try folder.load()
    #expect(throws: ModelError.self) { try FaceModel.load("/nonexistent/main_x.txt") }
  }

  /// Cut at every byte of the first 160, and at seeded places after: a binary file is never whole
  /// before its end, and the byte named is not after the cut.
  @Test func binaryFilesCutShortNameTheByte() throws {
    let seed = TestSeed.of(611)
    var generator = SeededGenerator(seed: seed)
    let folder = try ScratchModelFolder()
    for (path, isBinary) in SyntheticFixture.figureFiles where isBinary {
      let bytes = try folder.bytes(path)
      var cuts = Array(0..<min(160, bytes.count)) + [bytes.count - 1, bytes.count - 8]
      for _ in 0..<60 { cuts.append(Int.random(in: 0..<bytes.count, using: &generator)) }
      for cut in cuts {
        let description = try readError(path, Array(bytes.prefix(cut)))
        let comment: Comment = "seed \(seed), \(path) cut at \(cut): \(description)"
        let named = description.split(separator: ": byte ").last?.prefix { $0.isNumber }
        let byte = try #require(named.flatMap { Int($0) }, comment)
        #expect(byte <= cut, comment)
        #expect(description.hasPrefix(path), comment)
      }
      #expect(try readError(path, bytes + [0]).contains("byte \(bytes.count)"))
    }
  }

  /// Reads one binary file alone, which is quicker than its folder.
  private func readError(_ path: String, _ bytes: [UInt8]) throws -> String {
    do {
      if path.contains("validat") {
        _ = try OpenFaceValidator.read(bytes, file: path, landmarkCount: 16)
      } else {
        _ = try OpenFacePatches.read(
          bytes, file: path, landmarkCount: path.hasPrefix("part/") ? 6 : 16)
      }
    } catch {
      #expect(!error.description.contains("\n"))
      return error.description
    }
    return "read"
  }

  @Test func textFilesCutShortNameTheFile() throws {
    let folder = try ScratchModelFolder()
    for (path, isBinary) in SyntheticFixture.figureFiles where !isBinary {
      let bytes = try folder.bytes(path)
      // Every eighth of the file; a cut in the last number may leave another number.
      for eighth in 1..<8 {
        try folder.write(Array(bytes.prefix(bytes.count * eighth / 8)), to: path)
        #expect(try error(folder, path).contains(path), "\(path) cut at \(eighth) / 8")
      }
      try folder.restore(path)
    }
  }

  /// Each file in the place of each other, where their kinds differ.
  @Test func filesOfAnotherKindAreRefused() throws {
    let folder = try ScratchModelFolder()
    let files = SyntheticFixture.figureFiles
    for (path, _) in files {
      for (other, _) in files where kind(other) != kind(path) {
        let original = SyntheticFixture.folder.appending(path: "model").appending(path: other)
        try folder.write([UInt8](try Data(contentsOf: original)), to: path)
        let description = try error(folder, "\(other) as \(path)")
        #expect(description.contains("txt"), "\(description)")
      }
      try folder.restore(path)
    }
  }

  /// Files of one kind and landmark count may stand for each other.
  private func kind(_ path: String) -> String {
    (path.hasPrefix("part/") ? "part " : "") + (path.split(separator: "/").dropLast().last ?? "")
  }

  /// Values put into a binary file's fields: the scaling, counts, and a matrix's header.
  @Test func impossibleFieldsAreRefused() throws {
    let path = "patch_experts/experts_0.25_synthetic.txt"
    let bytes = try ScratchModelFolder().bytes(path)
    func with(_ values: [Int32], at place: Int) -> [UInt8] {
      var copy = bytes
      for (index, value) in values.enumerated() {
        withUnsafeBytes(of: value.littleEndian) {
          copy.replaceSubrange(place + 4 * index..<place + 4 * index + 4, with: $0)
        }
      }
      return copy
    }
    func expectRefused(_ damaged: [UInt8], _ byte: Int, _ comment: String) throws {
      let description = try readError(path, damaged)
      #expect(description.hasPrefix("\(path): byte \(byte): "), "\(comment): \(description)")
    }
    for count: Int32 in [0, -1, .min, .max, 1001] {
      try expectRefused(with([count], at: 8), 8, "\(count) views")
    }
    // The first view's centre: rows, columns, type at byte 12.
    try expectRefused(with([.max, .max, 6], at: 12), 12, "rows and columns that overflow")
    try expectRefused(with([.max], at: 12), 12, "rows")
    try expectRefused(with([-1], at: 12), 12, "negative rows")
    try expectRefused(with([1_000_000, 1_000_000, 6], at: 12), 24, "a matrix of 8 TB")
    try expectRefused(with([3, 1, 99], at: 12), 20, "an unknown type")
    let nan = [Int32(bitPattern: 0), Int32(bitPattern: 0x7ff8_0000)]
    try expectRefused(with(nan, at: 0), 0, "a scaling that is not a number")
    try expectRefused(with([3, 1, 6] + nan, at: 12), 12, "a centre that is not a number")
  }

  @Test func aDetectorWithoutItsFilesIsRefused() throws {
    let folder = try ScratchModelFolder()
    let original = String(decoding: try folder.bytes("clnf_synthetic.txt"), as: UTF8.self)
    let lines = original.split(separator: "\n")
    for word in ["PDM", "PatchesCCNF"] {
      let rest = lines.filter { !$0.hasPrefix(word) }.joined(separator: "\n")
      try folder.write(text: rest, to: "clnf_synthetic.txt")
      #expect(try error(folder, "no \(word)").contains("has no \(word) line"))
    }
    try folder.write(text: "PDM\n" + original, to: "clnf_synthetic.txt")
    #expect(try error(folder, "PDM without a file").contains("line 1: PDM names no file"))
    try folder.restore("clnf_synthetic.txt")
    let main = String(decoding: try folder.bytes("main_synthetic.txt"), as: UTF8.self)
    for (text, reason) in [
      ("LandmarkDetector clnf_synthetic.txt\n" + main, "a second LandmarkDetector line"),
      ("nothing here\n", "neither a LandmarkDetector nor a PDM line"),
      (main + "LandmarkDetector_part part/main_part.txt mouth 13\n", "pairs of landmark numbers"),
      (main + "LandmarkDetector_part part/main_part.txt mouth 16 0\n", "maps landmark 16"),
      (main + "LandmarkDetector_part part/main_part.txt mouth 1 6\n", "to 6"),
      (main + "LandmarkDetector_part main_synthetic.txt self 1 1\n", "nested"),
    ] {
      try folder.write(text: text, to: "main_synthetic.txt")
      let description = try error(folder, reason)
      #expect(description.contains(reason), "\(description)")
    }
  }

  /// Figures that are numbers and still make no model.
  @Test func figuresThatContradictEachOtherAreRefused() throws {
    let folder = try ScratchModelFolder()
    let path = "pdms/pdm_synthetic.txt"
    let text = String(decoding: try folder.bytes(path), as: UTF8.self)
    for (old, new) in [("48\n1\n", "47\n1\n"), ("-60.0\n", "nan\n"), ("-60.0\n", "sixty\n")] {
      let range = try #require(text.range(of: old))
      try folder.write(text: text.replacingCharacters(in: range, with: new), to: path)
      #expect(try error(folder, new).contains(path), "\(old) to \(new)")
    }
  }
}
