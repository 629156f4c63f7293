import CLNF
import FaceFinding
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Recording

private let whole = DetectedFace(
  box: FaceBox(x: 10.5, y: -20.25, width: 100, height: 99.12345), confidence: 0.98765,
  points: FacePoints(
    rightEye: [30, 40], leftEye: [70.5, 41], noseTip: [50, 60], rightMouthCorner: [35, 80],
    leftMouthCorner: [65, 81.0005]))
private let boxAlone = DetectedFace(
  box: FaceBox(x: 1, y: 2, width: 3, height: 4), confidence: 0.5)

/// The faces that were found as a table.
@Suite struct FaceTableTests {
  let folder: ScratchFolder
  let path: String

  init() throws {
    folder = try ScratchFolder()
    path = folder.file("faces.csv")
  }

  private func written(
    _ format: FaceTable.Format, _ frames: [([DetectedFace], FaceTable.Place)]
  ) throws -> String {
    let table = try FaceTable(path: path, format: format, force: true)
    for (faces, place) in frames { try table.write(faces, at: place) }
    try table.finish()
    #expect(table.rowsWritten == frames.reduce(0) { $0 + max(1, $1.0.count) })
    return try text(path)
  }

  @Test func aCSVHasARowAFace() throws {
    let rows = try written(
      .csv,
      [
        ([whole, boxAlone], FaceTable.Place(image: "a.mp4", frame: 7, seconds: 0.2)),
        ([], FaceTable.Place(image: "b.png")),
      ])
    #expect(
      rows == """
        image,frame,timestamp,face,score,x,y,width,height,x_right_eye,y_right_eye,x_left_eye,y_left_eye,\
        x_nose_tip,y_nose_tip,x_right_mouth_corner,y_right_mouth_corner,x_left_mouth_corner,\
        y_left_mouth_corner
        a.mp4,7,0.200000,0,0.9877,10.500,-20.250,100.000,99.123,30.000,40.000,70.500,41.000,50.000,\
        60.000,35.000,80.000,65.000,81.001
        a.mp4,7,0.200000,1,0.5000,1.000,2.000,3.000,4.000,,,,,,,,,,
        b.png,1,,,,,,,,,,,,,,,,,

        """)
    for line in rows.split(separator: "\n") {
      #expect(
        line.split(separator: ",", omittingEmptySubsequences: false).count
          == FaceTable.columnNames.count)
    }
  }

  /// What `points` of a JSON object has to be, key by key.
  private struct Row: Decodable, Equatable {
    struct Box: Decodable, Equatable { let x, y, width, height: Double? }
    let image: String
    let frame: Int
    let timestamp: Double?
    let face: Int?
    let score: Double?
    let box: Box?
    let points: [String: [Double]]?
  }

  @Test func jsonHasAnObjectALine() throws {
    let rows = try written(
      .ndjson,
      [
        ([whole, boxAlone], FaceTable.Place(image: "a \"b\"\n,.mp4", frame: 7, seconds: 0.2)),
        ([], FaceTable.Place(image: "b.png")),
      ]
    ).split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
    let name = "a \"b\"\n,.mp4"
    #expect(
      rows == [
        Row(
          image: name, frame: 7, timestamp: 0.2, face: 0, score: 0.9877,
          box: Row.Box(x: 10.5, y: -20.25, width: 100, height: 99.123),
          points: [
            "right_eye": [30, 40], "left_eye": [70.5, 41], "nose_tip": [50, 60],
            "right_mouth_corner": [35, 80], "left_mouth_corner": [65, 81.001],
          ]),
        Row(
          image: name, frame: 7, timestamp: 0.2, face: 1, score: 0.5,
          box: Row.Box(x: 1, y: 2, width: 3, height: 4), points: nil),
        Row(
          image: "b.png", frame: 1, timestamp: nil, face: nil, score: nil, box: nil, points: nil),
      ])
    // Every key is there.
    let text = try text(path)
    for line in text.split(separator: "\n") {
      for key in ["image", "frame", "timestamp", "face", "score", "box", "points"] {
        #expect(line.contains("\"\(key)\":"), "\(line)")
      }
    }
  }

  @Test func namesAreQuotedAndNumbersThatAreNoneLeftOut() throws {
    let odd = DetectedFace(
      box: FaceBox(x: .nan, y: .infinity, width: -.infinity, height: 1), confidence: .nan)
    let place = FaceTable.Place(image: "a,\"b\".png", seconds: .nan)
    let row = try #require(try written(.csv, [([odd], place)]).split(separator: "\n").last)
    #expect(row == "\"a,\"\"b\"\".png\",1,,0,,,,,1.000,,,,,,,,,,")
    let json = try written(.ndjson, [([odd], place)])
    #expect(
      json == """
        {"image":"a,\\"b\\".png","frame":1,"timestamp":null,"face":0,"score":null,\
        "box":{"x":null,"y":null,"width":null,"height":1.000},"points":null}

        """)
  }

  @Test func theNameChoosesTheFormat() {
    for (path, format) in [
      ("a.ndjson", FaceTable.Format.ndjson), ("x/A.NDJSON", .ndjson), ("a.csv", .csv), ("-", .csv),
      ("a.ndjson/b", .csv), ("ndjson", .csv),
    ] {
      #expect(FaceTable.Format(path: path) == format, "\(path)")
    }
  }

  @Test func anEmptyTable() throws {
    #expect(
      try written(.csv, []) == FaceTable.columnNames.joined(separator: ",") + "\n")
    #expect(try written(.ndjson, []) == "")
  }

  @Test func aFileIsKeptAndAnInterruptedOneIsAPartial() throws {
    try "mine".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: RecordingError.alreadyExists(path: path, rows: nil)) {
      try FaceTable(path: path, format: .csv)
    }
    let table = try FaceTable(path: path, format: .ndjson, force: true)
    try table.write([whole], at: FaceTable.Place(image: "a"))
    #expect(try table.abandon() == path + ".partial")
    #expect(try text(path) == "mine")
    #expect(try text(path + ".partial").hasPrefix("{\"image\":\"a\""))
  }

  /// A name may hold a newline: what is kept ends with a whole row all the same, and is counted.
  @Test(arguments: [FaceTable.Format.csv, .ndjson])
  func aFullDiskKeepsWholeRows(format: FaceTable.Format) throws {
    let place = FaceTable.Place(image: "new\n\n\nline.png")
    let all = try written(format, [([whole], place), ([whole], place)])
    let header = format == .csv ? FaceTable.columnNames.joined(separator: ",").utf8.count + 1 : 0
    let row = (all.utf8.count - header) / 2
    for extra in [0, 1, 5, 6, 7, row - 1, row, row + 6, 2 * row - 1] {
      var calls = FileCalls()
      var room = header + extra
      calls.write = { descriptor, bytes in
        guard room > 0 else {
          errno = ENOSPC
          return -1
        }
        let count = Glibc.write(descriptor, bytes.baseAddress, min(room, bytes.count))
        room -= max(0, count)
        return count
      }
      let table = try FaceTable(path: path, format: format, force: true, calls: calls)
      for _ in 0..<2 { try table.write([whole], at: place) }
      #expect(throws: RecordingError.self) { try table.finish() }
      #expect(table.rowsWritten == extra / row && table.rowsLost == 2 - extra / row)
      try table.abandon()
      #expect(
        try text(path + ".partial").utf8.elementsEqual(all.utf8.prefix(header + extra / row * row)))
    }
  }
}
