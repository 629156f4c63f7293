import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Reading of OpenFace model folders (docs/reference/clnf.md section 12).
struct ModelFolderTests {
  @Test func everythingIsRead() throws {
    let model = try SyntheticFixture.model(withParts: true)
    #expect(model.landmarkCount == 16 && model.shapeModel.modeCount == 5)
    #expect(model.scales.map(\.patchScaling) == [0.25, 0.35, 0.5])
    #expect(model.scales.map(\.windowSizesWithEdges) == [[5, 7], [7], [5, 7]])
    #expect(model.scales[1].components.map(\.windowSize).contains(9), "listed without components")
    #expect(model.triangulations.count == 3)
    #expect(model.triangulations[0].count == 21)
    #expect(model.triangulations[0][0] == Triangle(0, 5, 9))
    #expect(model.parts.count == 1)
    #expect(model.validator?.views.count == 2)
    #expect(model.fitSettings == nil, "an OpenFace folder does not say how to fit")
    #expect(model.name == SyntheticFixture.mainFile)
    #expect(model.checksum.count == 64)
    let hidden = [[], [3, 4, 8], [0, 1, 5]]
    for scale in model.scales {
      #expect(scale.views.count == 3)
      for (view, landmarks) in zip(scale.views, hidden) {
        let missing = view.experts.indices.filter { view.experts[$0] == nil }
        #expect(missing == landmarks)
      }
      let degrees = scale.views.map { ($0.center.y * 180 / .pi).rounded() }
      #expect(degrees == [0, -30, 30])
      #expect(scale.kernelSize == 11)
    }
  }

  @Test func partsAreLeftOutOnRequest() throws {
    let without = try FaceModel.load(SyntheticFixture.mainFile, withParts: false)
    #expect(without.parts.isEmpty)
  }

  /// The file, the folder, and the detector's own file without validator and parts.
  @Test func aModelIsFoundByFileAndByFolder() throws {
    let folder = SyntheticFixture.folder.appending(path: "model").path
    let byFolder = try FaceModel.load(folder)
    #expect(byFolder.scales == (try SyntheticFixture.model().scales))
    #expect(byFolder.validator != nil)
    let detector = try FaceModel.load(folder + "/clnf_synthetic.txt")
    #expect(detector.validator == nil && detector.parts.isEmpty)
    #expect(detector.scales == byFolder.scales)
  }

  @Test func aFolderWithSeveralModelsHasToBeNamed() throws {
    let folder = try ScratchModelFolder()
    try folder.write(try folder.bytes("main_synthetic.txt"), to: "main_other.txt")
    let error = #expect(throws: ModelError.self) { try FaceModel.load(folder.root.path) }
    let description = try #require(error).description
    #expect(description.contains("main_other.txt") && description.contains("main_synthetic.txt"))
    try folder.write(try folder.bytes("main_synthetic.txt"), to: "main_clnf_general.txt")
    let general = try FaceModel.load(folder.root.path)
    #expect(general.name.hasSuffix("main_clnf_general.txt"))
  }

  /// Line ends of Windows, backslashes, comments and blank lines change nothing.
  @Test func lineEndsBackslashesAndComments() throws {
    let folder = try ScratchModelFolder()
    let original = try folder.load()
    for path in [
      "main_synthetic.txt", "clnf_synthetic.txt", "part/main_part.txt", "part/clnf_part.txt",
      "pdms/pdm_synthetic.txt", "tris_synthetic.txt", "part/pdms/pdm_part.txt",
    ] {
      var text = try #require(String(bytes: try folder.bytes(path), encoding: .utf8))
      if path.contains("main_") || path.contains("clnf_") {
        text = text.replacingOccurrences(of: "/", with: "\\")
      }
      text = "\n# a comment\n   # another, indented\n\n" + text + "\n\n# the end"
      try folder.write(text: text.replacingOccurrences(of: "\n", with: "\r\n"), to: path)
    }
    let model = try folder.load()
    #expect(model.scales == original.scales)
    #expect(model.triangulations == original.triangulations)
    #expect(model.validator == original.validator)
    #expect(model.shapeModel.meanShape == original.shapeModel.meanShape)
    #expect(model.shapeModel.modeVectors == original.shapeModel.modeVectors)
    #expect(model.shapeModel.variances == original.shapeModel.variances)
    #expect(model.parts.first?.mapping == original.parts.first?.mapping)
    #expect(model.checksum != original.checksum)
  }

  /// In the file V is a row a coordinate; in memory a mode after a mode.
  @Test func modesAreReadColumnByColumn() throws {
    let shape = try SyntheticFixture.model().shapeModel
    var local = [0.0, 0, 0, 0, 0]
    for mode in 0..<5 {
      local[mode] = 1
      let moved = shape.shape3D(local: local)
      let difference = zip(moved, shape.meanShape).map { $0 - $1 }
      let norm = difference.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(norm - 1) < 1e-5, "modes are unit vectors")
      local[mode] = 0
    }
  }

  @Test func numbersTooLargeForTheTextReaderAreRefused() throws {
    var reader = try TextReader(file: "t", bytes: Array("99999999999999999999999".utf8))
    #expect(throws: ModelError.self) { try reader.integer("a number", in: 0...5) }
    var words = try TextReader(file: "t", bytes: Array("1 2 6 nan 4".utf8))
    #expect(throws: ModelError.self) { try words.matrix("a matrix") }
  }

  @Test func placesAreNamed() {
    let byte = ModelError(file: "f", place: .byte(12), reason: "why").description
    let line = ModelError(file: "f", place: .line(3), reason: "why").description
    #expect(byte == "f: byte 12: why")
    #expect(line == "f: line 3: why")
    #expect(ModelError(file: "f", reason: "why").description == "f: why")
  }
}
