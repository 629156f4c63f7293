import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Mutated model files: nothing traps, either a `ModelError` of one line is thrown or what loads
/// can be fitted. LANDMARKD_FUZZ_CASES asks for more cases a file.
struct ModelFuzzTests {
  private let cases = Int(ProcessInfo.processInfo.environment["LANDMARKD_FUZZ_CASES"] ?? "") ?? 150
  private let seed = TestSeed.of(20_171)

  @Test(arguments: SyntheticFixture.figureFiles.map(\.path) + ["main_synthetic.txt"])
  func mutatedFilesOfAFolder(path: String) throws {
    var generator = SeededGenerator(seed: seed)
    let folder = try ScratchModelFolder()
    // Only what the file needs is around it, so that reading is quick.
    if !path.hasPrefix("part/"), !path.hasPrefix("main") { try lighten(folder) }
    let main = path.hasPrefix("part/") ? folder.url("part/main_part.txt").path : folder.mainFile
    let original = try folder.bytes(path)
    var loaded = 0
    for number in 0..<cases {
      let mutated = ModelFuzz.mutate(original, text: isText(path), using: &generator)
      try folder.write(mutated, to: path)
      do {
        let model = try FaceModel.load(main)
        try ModelFuzz.fitTiny(model)
        loaded += 1
      } catch let error as ModelError {
        let isOneLine = !error.description.contains { $0.isNewline }
        #expect(isOneLine, "seed \(seed), \(path), case \(number)")
      }
    }
    print("fuzz: seed \(seed), \(path): \(cases) cases, \(loaded) load")
  }

  private func isText(_ path: String) -> Bool {
    SyntheticFixture.figureFiles.first { $0.path == path }?.isBinary != true
  }

  private func lighten(_ folder: ScratchModelFolder) throws {
    try folder.write(
      text: """
        LandmarkDetector clnf_synthetic.txt
        DetectionValidator validation/validator_net_tanh.txt
        """, to: "main_synthetic.txt")
  }

  /// With the checksum put right, so that the arrays themselves are reached.
  @Test(arguments: ["linear", "net_tanh", "cnn"])
  func mutatedArchives(validator: String) throws {
    var generator = SeededGenerator(seed: seed)
    let folder = try ScratchModelFolder()
    try folder.write(
      try folder.bytes("validation/validator_\(validator).txt"),
      to: "validation/validator_net_tanh.txt")
    let full = try folder.load()
    // One scale without edges keeps the archive small.
    var contents = FaceModel.Contents(
      name: "fuzz", shapeModel: full.shapeModel, scales: [full.scales[0]])
    contents.scales[0].components.removeAll { $0.windowSize > 5 }
    contents.validator = full.validator
    contents.triangulations = full.triangulations
    contents.parts = full.parts
    contents.fitSettings = .video
    try fuzz(try FaceModel(contents).archive(), "archive with \(validator)", using: &generator)
  }

  @Test func mutatedArchivesOfNets() throws {
    var generator = SeededGenerator(seed: seed)
    let full = try SyntheticNets.model(hidden: (3, 2))
    var contents = FaceModel.Contents(
      name: "fuzz", shapeModel: full.shapeModel, scales: [full.scales[0]])
    contents.mirrorPartners = full.mirrorPartners
    contents.fitSettings = .video
    try fuzz(try FaceModel(contents).archive(), "archive of nets", using: &generator)
  }

  private func fuzz(
    _ original: [UInt8], _ what: String, using generator: inout SeededGenerator
  ) throws {
    let directory = ModelArchive.headerSize + Int(original[12]) * ModelArchive.entrySize
    var loaded = 0
    for number in 0..<3 * cases {
      var mutated = original
      // Half of the cases damage the directory, where few bytes mean much.
      if number % 2 == 0 {
        let head = ModelFuzz.mutate(
          Array(original[ModelArchive.headerSize..<directory]), text: false, resizes: false,
          using: &generator)
        mutated.replaceSubrange(ModelArchive.headerSize..<directory, with: head)
      } else {
        let body = ModelFuzz.mutate(Array(original[directory...]), text: false, using: &generator)
        mutated.replaceSubrange(directory..., with: body)
      }
      do {
        let model = try FaceModel(archive: ForgedArchive.sealed(mutated), name: "fuzz")
        try ModelFuzz.fitTiny(model)
        loaded += 1
      } catch let error as ModelError {
        let isOneLine = !error.description.contains { $0.isNewline }
        #expect(isOneLine, "seed \(seed), case \(number)")
      }
    }
    print("fuzz: seed \(seed), \(what): \(3 * cases) cases, \(loaded) load")
  }
}

/// Mutations, and a fit that touches all that a model brings.
enum ModelFuzz {
  /// A few random changes: flipped bits, telling values in place of words, pieces cut out, doubled
  /// or moved.
  static func mutate(
    _ bytes: [UInt8], text: Bool, resizes: Bool = true, using generator: inout SeededGenerator
  ) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<(resizes ? 6 : 4), using: &generator) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 2, 3:
        let values = text ? words : numbers
        let value = values.randomElement(using: &generator) ?? []
        // Fields are aligned to 4 bytes in binary files.
        let start = text ? place : place / 4 * 4
        let end = min(bytes.count, start + value.count)
        bytes.replaceSubrange(start..<end, with: value.prefix(end - start))
      case 4:
        let length = Int.random(in: 1...16, using: &generator)
        bytes.removeSubrange(place..<min(bytes.count, place + length))
      default:
        let end = min(bytes.count, place + Int.random(in: 1...64, using: &generator))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      }
    }
    return bytes
  }

  private static let words = [
    "nan", "-1", "0", "1e308", "99999999999999999999", "-inf", "#", "\n", "\r\n", "1 1 1", "0x10",
    "\u{0}", "\u{2028}", "..\\..",
  ].map { Array($0.utf8) }

  private static let numbers: [[UInt8]] = {
    let integers: [Int32] = [
      0, 1, -1, 2, 3, 7, 63, 64, 1000, 65535, .max, .min, 0x7fff_fff0, 1_000_000,
    ]
    let floats: [Float] = [.nan, .infinity, 0, 1e38, -1, .leastNonzeroMagnitude]
    let doubles: [Double] = [.nan, -.infinity, 0, 1e308, -1, .leastNonzeroMagnitude]
    return integers.map { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
      + floats.map { value in withUnsafeBytes(of: value) { Array($0) } }
      + doubles.map { value in withUnsafeBytes(of: value) { Array($0) } }
  }()

  /// Fits a small image with small windows, and asks the validator and the shape model.
  /// - Returns: the landmarks, stacked.
  @discardableResult
  static func fitTiny(_ model: FaceModel) throws -> [Double] {
    let image = try SyntheticFixture.image("image_small.pgm")
    let windows = [Int](repeating: 5, count: min(model.scales.count, 3))
    var settings = FitSettings(
      firstFitWindows: windows, trackingWindows: windows, kernelWidth: 1.5, regularisation: 25,
      weightFactor: 1)
    settings.iterationLimit = 2
    let fitter = try Fitter(model: model, settings: settings)
    let parameters = fitter.fit(
      image: image, box: FaceBox(x: 10, y: 10, width: 40, height: 40))
    var landmarks: [Double] = []
    fitter.copyLandmarks(into: &landmarks)
    if let validator = model.validator {
      _ = ValidatorEvaluation(validator, landmarkCount: model.landmarkCount).certainty(
        image: image, landmarks: landmarks, rotation: parameters.global.rotation)
    }
    for part in model.parts.prefix(1) { try fitTiny(part.model) }
    return landmarks
  }
}
