import Foundation
import TestSupport
import Testing

@testable import ModelTraining

/// Tables of a teacher's points.
struct TeacherPointsTests {
  private let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  private static let header =
    (["photo"] + ["x", "y"].flatMap { axis in (0..<68).map { "\(axis)_\($0)" } })
    .joined(separator: ",")
  private static let row =
    (["set/one.jpg"] + (0..<136).map { String($0) }).joined(separator: ",")

  private func read(_ text: String) throws -> TeacherPoints {
    let path = scratch.file("points.csv")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return try TeacherPoints(path)
  }

  @Test func pointsAreRead() throws {
    let points = try read(Self.header + "\n" + Self.row + "\n")
    #expect(points.photos.count == 1 && points.photos[0].path == "set/one.jpg")
    #expect(points["set/one.jpg"]?[0] == SIMD2(0, 68))
    #expect(points["set/one.jpg"]?[67] == SIMD2(67, 135))
    #expect(points["set/two.jpg"] == nil)
  }

  /// What cannot be used is named with its line.
  @Test(arguments: [
    ("", "line 1"),
    ("photo,x_0\n", "line 1"),
    (header + "\nset/one.jpg,1,2\n", "line 2"),
    (header + "\n" + row + "\n" + row + ",1\n", "line 3"),
    (header + "\n" + row.replacingOccurrences(of: ",7,", with: ",seven,"), "line 2"),
    (header + "\n" + row.replacingOccurrences(of: ",7,", with: ",nan,"), "line 2"),
  ])
  func faultsAreNamed(text: String, place: String) throws {
    let error = try #require(throws: MaterialError.self) { try read(text) }
    #expect("\(error)".contains("points.csv") && "\(error)".contains(place), "\(error)")
  }

  @Test func photosAreListed() throws {
    let points = try read(Self.header + "\n" + Self.row + "\n")
    let list = scratch.file("list.txt")
    try Data("set/one.jpg\n".utf8).write(to: URL(fileURLWithPath: list))
    #expect(try points.photos(listedIn: list) == ["set/one.jpg"])
    try Data("set/one.jpg\nset/two.jpg\n".utf8).write(to: URL(fileURLWithPath: list))
    for (path, word) in [(list, "line 2"), (scratch.file("none.txt"), "none.txt")] {
      let error = try #require(throws: MaterialError.self) { try points.photos(listedIn: path) }
      #expect("\(error)".contains(word), "\(error)")
    }
  }

  @Test func aMissingTableIsNamed() throws {
    let error = try #require(throws: MaterialError.self) {
      try TeacherPoints(scratch.file("none.csv"))
    }
    #expect("\(error)".contains("none.csv"))
  }
}
