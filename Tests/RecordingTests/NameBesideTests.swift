import TestSupport
import Testing

@testable import Recording

private let schema = ColumnSchema(landmarkCount: 2, modeCount: 2)

/// A name of `length` bytes that ends in `ending`, most of its characters of two bytes.
private func longName(length: Int, ending: String) -> String {
  let bytes = length - ending.utf8.count
  return String(repeating: "é", count: bytes / 2) + String(repeating: "a", count: bytes % 2)
    + ending
}

@Suite struct NameBesideTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// 247 bytes are the most that leave room for `.partial`, 250 for `.json`.
  @Test(arguments: [247, 248, 250, 251, 255])
  func aResultMayHaveAnyNameThatTheFolderTakes(length: Int) throws {
    let name = longName(length: length, ending: ".csv")
    let path = folder.file(name)
    let writer = try CSVWriter(path: path, schema: schema)
    let partial = try #require(writer.partialPath)
    #expect(try folder.names.map { folder.file($0) } == [partial])
    #expect(partial.hasSuffix(".partial"))
    #expect((partial == path + ".partial") == (length <= 247))
    try writer.finish()
    #expect(try folder.names == [name])

    let report = try CSVWriter(path: NameBeside.path(of: path, ending: ".json"), schema: schema)
    try report.finish()
    #expect(report.name.hasSuffix(".json"))
    #expect((report.name == path + ".json") == (length <= 250))
    #expect(try folder.names.count == 2)
  }

  @Test func longNamesThatDifferAtTheirEndsHavePartialsOfTheirOwn() throws {
    let first = try CSVWriter(
      path: folder.file(longName(length: 255, ending: "1.csv")), schema: schema)
    let second = try CSVWriter(
      path: folder.file(longName(length: 255, ending: "2.csv")), schema: schema)
    #expect(first.partialPath != second.partialPath)
    try first.finish()
    try second.finish()
    #expect(try folder.names.count == 2)
  }
}
