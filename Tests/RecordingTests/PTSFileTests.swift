import TestSupport
import Testing

@testable import Recording

@Suite struct PTSFileTests {
  @Test func countsPixelsFromOne() throws {
    let folder = try ScratchFolder()
    let path = folder.file("face.pts")
    try PTSFile.write([0, 10.25, -3, 99.5], to: path)
    #expect(
      try text(path)
        == "version: 1\nn_points: 2\n{\n1.000000 -2.000000\n11.250000 100.500000\n}\n")
    #expect(throws: RecordingError.alreadyExists(path: path, rows: nil)) {
      try PTSFile.write([1, 1], to: path)
    }
    try PTSFile.write([], to: path, force: true)
    #expect(try text(path) == "version: 1\nn_points: 0\n{\n}\n")
  }

  @Test func aPointWithoutAPlaceCannotBeWritten() throws {
    let folder = try ScratchFolder()
    let path = folder.file("face.pts")
    #expect(
      throws: RecordingError.notRepresentable(path: path, reason: "landmark 1 has no place")
    ) { try PTSFile.write([1, 2, 3, .nan], to: path) }
    #expect(try folder.names == [])
  }
}
