import CLNF
import Foundation
import Testing

/// What the nets of the program find on the samples, whose truth is known: one face, in its place.
///
/// These hold for finder.weights and refiner.weights as they are built in, and for nothing else here.
@Suite struct DetectSampleTests {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  /// A row of a sample's truth: landmarks as [x0..., y0...] px.
  private func truth() throws -> [Int: [Double]] {
    let file = Fixtures.package.appending(path: "Samples/talking.csv")
    let table = try Table(String(contentsOf: file, encoding: .utf8))
    var faces: [Int: [Double]] = [:]
    for row in table.rows {
      faces[try #require(Int(row["frame"] ?? ""))] = try ["x", "y"].flatMap { axis in
        try (0..<68).map { try #require(Double(row["\(axis)_\($0)"] ?? "")) }
      }
    }
    return faces
  }

  @Test func theTalkingFaceIsFoundInEachFrame() throws {
    let truth = try truth()
    let clip = Fixtures.package.appending(path: "Samples/talking.mp4").path
    let result = try Command.run("detect", clip, "--every", "9", "-q", in: folder)
    #expect(result.status == 0 && result.errors == "", "\(result)")
    let table = try Table(result.output)
    // A face a frame.
    #expect(try table.column("frame") == stride(from: 1, through: 270, by: 9).map(String.init))
    for row in table.rows {
      func number(_ column: String) throws -> Double { try #require(Double(row[column] ?? "")) }
      let landmarks = try #require(truth[Int(try number("frame"))])
      let points = try #require(FacePoints(landmarks: landmarks))
      let found = FacePoints(
        rightEye: [try number("x_right_eye"), try number("y_right_eye")],
        leftEye: [try number("x_left_eye"), try number("y_left_eye")],
        noseTip: [try number("x_nose_tip"), try number("y_nose_tip")],
        rightMouthCorner: [
          try number("x_right_mouth_corner"), try number("y_right_mouth_corner"),
        ],
        leftMouthCorner: [try number("x_left_mouth_corner"), try number("y_left_mouth_corner")])
      let width = try number("width")
      #expect(found.meanDistance(to: points) < 0.1 * width, "\(row)")
      // The box is the landmarks', brows to chin.
      let (x, y) = (landmarks.prefix(68), landmarks.suffix(68))
      let (left, right) = (x.min() ?? 0, x.max() ?? 0)
      let (top, bottom) = (y.min() ?? 0, y.max() ?? 0)
      #expect(abs(try number("x") + width / 2 - (left + right) / 2) < 0.15 * width, "\(row)")
      #expect(
        abs(try number("y") + number("height") / 2 - (top + bottom) / 2) < 0.15 * width, "\(row)")
      #expect((0.75...1.35).contains(width / (right - left)), "\(row)")
    }
  }

  @Test func thePortraitIsFound() throws {
    let result = try Command.run("detect", Fixtures.portrait, in: folder)
    #expect(
      result.status == 0 && result.errors == "1 image: 1 face; 0 without a face\n", "\(result)")
    let row = try #require(try Table(result.output).rows.first)
    // The eyes of Tests/Fixtures/portrait.pgm, by hand.
    for (column, place) in [
      ("x_right_eye", 106.0), ("y_right_eye", 101), ("x_left_eye", 145), ("y_left_eye", 102),
    ] {
      #expect(abs((Double(row[column] ?? "") ?? .nan) - place) < 9, "\(row)")
    }
  }

  @Test func nothingIsFoundWhereNothingIs() throws {
    try folder.write(
      Array("P5\n320 240\n255\n".utf8) + Array(repeating: 0, count: 320 * 240), to: "black.pgm")
    try folder.write(
      Array("P5\n320 240\n255\n".utf8) + (0..<320 * 240).map { UInt8($0 % 320 * 255 / 319) },
      to: "ramp.pgm")
    let result = try Command.run("detect", "black.pgm", "ramp.pgm", in: folder)
    #expect(result.errors == "2 images: 0 faces; 2 without a face\n", "\(result)")
  }
}
