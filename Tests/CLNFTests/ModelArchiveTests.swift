import Foundation
import TestSupport
import Testing

@testable import CLNF

/// landmarkd's own model format: a round trip to the bit, and damage.
struct ModelArchiveTests {
  private func withFitSettings(_ model: FaceModel) throws -> FaceModel {
    var contents = FaceModel.Contents(
      name: "with settings", shapeModel: model.shapeModel, scales: model.scales)
    contents.validator = model.validator
    contents.triangulations = model.triangulations
    contents.parts = model.parts
    contents.fitSettings = .image
    return try FaceModel(contents)
  }

  private func expectEqual(_ a: FaceModel, _ b: FaceModel) {
    #expect(a.scales == b.scales)
    #expect(a.validator == b.validator)
    #expect(a.triangulations == b.triangulations)
    #expect(a.fitSettings == b.fitSettings)
    #expect(a.mirrorPartners == b.mirrorPartners)
    let (shapeA, shapeB) = (a.shapeModel, b.shapeModel)
    #expect(shapeA.meanShape.map(\.bitPattern) == shapeB.meanShape.map(\.bitPattern))
    #expect(shapeA.modeVectors.map(\.bitPattern) == shapeB.modeVectors.map(\.bitPattern))
    #expect(shapeA.variances.map(\.bitPattern) == shapeB.variances.map(\.bitPattern))
    #expect(a.parts.map(\.name) == b.parts.map(\.name))
    #expect(a.parts.map(\.mapping) == b.parts.map(\.mapping))
    for (partA, partB) in zip(a.parts, b.parts) { expectEqual(partA.model, partB.model) }
  }

  @Test func aRoundTripKeepsEveryBit() throws {
    let model = try withFitSettings(try SyntheticFixture.model(withParts: true))
    let bytes = model.archive()
    let again = try FaceModel(archive: bytes, name: "again")
    expectEqual(model, again)
    #expect(again.archive() == bytes, "the same model gives the same bytes")
    #expect(again.fileSize == bytes.count)
    #expect(again.parts.count == 1)
    let without = try FaceModel(archive: bytes, name: "again", withParts: false)
    #expect(without.parts.isEmpty)
  }

  @Test(arguments: [true, false])
  func netsSurviveToTheBit(mirrored: Bool) throws {
    let model = try SyntheticNets.model(mirrored: mirrored, precision: mirrored ? .bytes : .halves)
    let bytes = model.archive()
    let again = try FaceModel(archive: bytes, name: "again")
    expectEqual(model, again)
    #expect(again.archive() == bytes, "the same model gives the same bytes")
    #expect(again.scales[0].views[1].experts.contains { $0?.isMirrored ?? false } == mirrored)
    let net = try #require(model.scales[1].views[2].experts[3]?.net)
    let net2 = try #require(again.scales[1].views[2].experts[3]?.net)
    #expect(net.layers == net2.layers)
  }

  @Test(arguments: ["linear", "net_tanh", "net_logistic", "cnn"])
  func everyKindOfValidatorSurvives(name: String) throws {
    let folder = try ScratchModelFolder()
    try folder.write(
      try folder.bytes("validation/validator_\(name).txt"),
      to: "validation/validator_net_tanh.txt")
    let model = try folder.load()
    expectEqual(model, try FaceModel(archive: model.archive(), name: "again"))
  }

  @Test func aModelThatWasReadBackFitsToTheSameBytes() throws {
    let model = try SyntheticFixture.model()
    let again = try FaceModel(archive: model.archive(), name: "again")
    let image = try SyntheticFixture.image("image_turned_right.pgm")
    let box = FaceBox(x: 25, y: 16, width: 99, height: 84)
    let results = try [model, again].map { model in
      let fitter = try Fitter(model: model, settings: .video)
      let parameters = fitter.fit(image: image, box: box)
      return (parameters.global.values + parameters.local + fitter.landmarkLikelihoods)
        .map(\.bitPattern)
    }
    #expect(results[0] == results[1])
  }

  @Test func archivesAreFoundByFileAndFolder() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "landmarkd-archive-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = try SyntheticFixture.model()
    let file = folder.appending(path: "face.landmarkd")
    try Data(model.archive()).write(to: file)
    expectEqual(model, try FaceModel.load(file.path))
    expectEqual(model, try FaceModel.load(folder.path))
  }

  /// One flipped bit anywhere: the header's fields or the checksum speak up. Every bit of the
  /// header and of the directory's beginning, and seeded places in the rest.
  @Test func flippedBitsAreDetected() throws {
    let seed = TestSeed.of(601)
    var generator = SeededGenerator(seed: seed)
    let model = try SyntheticFixture.model()
    var contents = FaceModel.Contents(
      name: "small", shapeModel: model.shapeModel, scales: [model.scales[0]])
    contents.scales[0].components = []
    for view in contents.scales[0].views.indices {
      for landmark in 0..<16 {
        guard var field = contents.scales[0].views[view].experts[landmark]?.field else { continue }
        field.betas = []
        contents.scales[0].views[view].experts[landmark] = .field(field)
      }
    }
    let bytes = try FaceModel(contents).archive()
    var places = Array(0..<100 * 8)
    for _ in 0..<300 { places.append(Int.random(in: 0..<bytes.count * 8, using: &generator)) }
    for place in places {
      var damaged = bytes
      damaged[place / 8] ^= 1 << (place % 8)
      let error = #expect(throws: ModelError.self, "seed \(seed), bit \(place)") {
        try FaceModel(archive: damaged, name: "damaged")
      }
      guard let description = error?.description else { continue }
      #expect(description.hasPrefix("damaged: byte "))
      #expect(!description.contains("\n"))
    }
  }

  @Test func archivesCutShortAreDetected() throws {
    let bytes = try SyntheticFixture.model().archive()
    for length in Array(0...130) + [1000, bytes.count / 2, bytes.count - 1] {
      #expect(throws: ModelError.self, "\(length) bytes") {
        try FaceModel(archive: Array(bytes.prefix(length)), name: "short")
      }
    }
    #expect(throws: ModelError.self) { try FaceModel(archive: bytes + [0], name: "long") }
  }
}

/// Archives whose checksum is right and whose arrays are not.
enum ForgedArchive {
  /// The bytes with length and checksum put right.
  static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var sealed = bytes
    var digest = ModelDigest()
    digest.add(Array(bytes[ModelArchive.headerSize...]))
    sealed.replaceSubrange(32..<64, with: digest.bytes)
    withUnsafeBytes(of: UInt64(bytes.count).littleEndian) {
      sealed.replaceSubrange(16..<24, with: $0)
    }
    return sealed
  }

  /// Where the directory holds an array.
  static func place(of name: String, in bytes: [UInt8]) -> Int? {
    let count = Int(bytes[12]) | Int(bytes[13]) << 8
    for index in 0..<count {
      let place = ModelArchive.headerSize + index * ModelArchive.entrySize
      if bytes[place..<place + ModelArchive.nameSize].prefix(while: { $0 != 0 })
        .elementsEqual(name.utf8)
      {
        return place
      }
    }
    return nil
  }

  /// The archive with an array's shape changed; one that holds nothing if a side is 0.
  static func reshaping(_ name: String, to shape: [UInt32], in bytes: [UInt8]) -> [UInt8]? {
    guard let place = place(of: name, in: bytes) else { return nil }
    var forged = bytes
    for (axis, side) in shape.enumerated() {
      withUnsafeBytes(of: side.littleEndian) {
        forged.replaceSubrange(place + 64 + 4 * axis..<place + 68 + 4 * axis, with: $0)
      }
    }
    if shape.contains(0) {
      forged.replaceSubrange(place + 88..<place + 96, with: [UInt8](repeating: 0, count: 8))
    }
    return sealed(forged)
  }
}
