import Foundation
import TestSupport
import Testing

/// The command with the reference's model on the reference's videos.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct ReferenceTrackTests {
  let folder: Scratch
  let reference: URL
  /// The general model without parts.
  let model: String

  init() throws {
    folder = try Scratch()
    reference = try #require(MaterialFolder.reference)
    model = reference.appending(path: "openface/model/main_clnf_general.txt").path
  }

  func video(_ name: String) -> String { reference.appending(path: "video/\(name)").path }

  func track(_ input: String, _ output: String, _ arguments: String...) throws -> Table {
    let result = try Command.run(
      ["track", input, "--model", model, "-q", "-o", output] + arguments, in: folder)
    try #require(result.status == 0, "\(result)")
    return try Table(folder, output)
  }

  /// The CSV's landmarks and, where these are the reference's own, the pose against the camera's
  /// line of sight.
  @Test(arguments: [
    ("default.wmv", "track_default_68only.csv", 288),
    ("multi_face.avi", "track_multi_face_68only.csv", 702),
  ])
  func figuresOfTheReference(video name: String, golden: String, frames: Int) throws {
    let table = try track(
      video(name), "o.csv", "--fit-settings", "reference", "--pose", "camera")
    let text = try String(
      contentsOf: reference.appending(path: "openface/fixtures/\(golden)"), encoding: .utf8)
    let expected = try Table(text)
    #expect(table.rows.count == frames && expected.rows.count == frames)
    var distances: [Double] = []
    var poses = 0
    var (millimetres, radians) = (0.0, 0.0)
    for (row, wanted) in zip(table.rows, expected.rows)
    where row["success"] == "1" && wanted["success"] == "1" {
      func difference(_ column: String) throws -> Double {
        try abs(#require(Double(row[column] ?? "")) - #require(Double(wanted[column] ?? "")))
      }
      let points = try (0..<68).map { i -> Double in
        let (dx, dy) = (try difference("x_\(i)"), try difference("y_\(i)"))
        return (dx * dx + dy * dy).squareRoot()
      }
      distances.append(points.reduce(0, +) / 68)
      // The CSV has three decimals.
      guard (points.max() ?? 1) <= 1e-3 else { continue }
      poses += 1
      for axis in ["x", "y", "z"] {
        millimetres = max(millimetres, try difference("pose_T\(axis)"))
        radians = max(radians, try difference("pose_R\(axis)"))
      }
    }
    let mean = distances.reduce(0, +) / Double(max(1, distances.count))
    print(
      "command-line: \(name): \(distances.count) frames, mean \(mean) px; \(poses) poses within",
      "\(millimetres) mm, \(radians) rad")
    #expect(Double(distances.count) >= 0.9 * Double(frames))
    #expect(mean <= 0.1)
    #expect(poses > 0)
    #expect(millimetres <= 0.1)
    #expect(radians <= 0.001)
  }

  /// A video of `parts`, each `frames` frames of a source from `first` on; nil is black.
  private func splice(
    _ parts: [(source: String?, first: Int, frames: Int)], to name: String
  ) throws {
    var inputs: [String] = []
    var filters: [String] = []
    for (index, part) in parts.enumerated() {
      if let source = part.source {
        inputs += ["-i", video(source)]
        filters.append(
          "[\(index):v]scale=640:480,trim=start_frame=\(part.first):end_frame=\(part.first + part.frames),setpts=N/15/TB,fps=15,setsar=1,format=yuv420p[v\(index)]"
        )
      } else {
        inputs += ["-f", "lavfi", "-i", "color=black:s=640x480:r=15"]
        filters.append(
          "[\(index):v]trim=end_frame=\(part.frames),setpts=N/15/TB,setsar=1,format=yuv420p[v\(index)]"
        )
      }
    }
    let labels = parts.indices.map { "[v\($0)]" }.joined()
    try Media.ffmpeg(
      inputs + [
        "-filter_complex",
        filters.joined(separator: ";") + ";\(labels)concat=n=\(parts.count):v=1[o]",
        "-map", "[o]", "-c:v", "ffv1", folder.file(name),
      ], in: folder)
  }

  /// The face is away for fewer frames than the tracker gives up after: each failure fits from
  /// the last place, and on the 1st, 5th, 9th, ... the detector looks too.
  @Test(.enabled(if: Media.hasFFmpeg, Media.isMissing))
  func aFaceThatReturnsSoon() throws {
    try splice([("default.wmv", 0, 40), (nil, 0, 30), ("default.wmv", 40, 40)], to: "v.mkv")
    let table = try track("v.mkv", "o.csv", "--fit-settings", "reference")
    let success = try table.column("success")
    let state = try table.column("state")
    #expect(success.count == 110)
    #expect(success[..<40].allSatisfy { $0 == "1" })
    #expect(success[40..<70].allSatisfy { $0 == "0" })
    #expect(state[40..<70].allSatisfy { $0 == "doubtful" })
    // At the latest the detector's next turn, four frames on, finds it.
    let found = try #require(success[70...].firstIndex(of: "1"))
    #expect(found < 74, "found again on frame \(found + 1)")
    #expect(success[found...].allSatisfy { $0 == "1" })
  }

  /// Away for 130 frames: given up at the 101st failure, then looked for on every 24th frame.
  @Test(.enabled(if: Media.hasFFmpeg, Media.isMissing))
  func aFaceThatReturnsLate() throws {
    try splice([("default.wmv", 0, 20), (nil, 0, 130), ("default.wmv", 20, 60)], to: "v.mkv")
    let table = try track("v.mkv", "o.csv", "--fit-settings", "reference")
    let success = try table.column("success")
    let state = try table.column("state")
    #expect(success.count == 210)
    #expect(success[..<20].allSatisfy { $0 == "1" })
    #expect(success[20..<150].allSatisfy { $0 == "0" })
    #expect(state[20..<120].allSatisfy { $0 == "doubtful" })
    #expect(state[120] == "lost")
    // Searches: rows 121, 145, 169; the face is back from row 150 on.
    #expect(state[121..<169].allSatisfy { $0 == "searching" })
    #expect(try table.column("x_0")[121..<169].allSatisfy(\.isEmpty))
    #expect(success[169...].allSatisfy { $0 == "1" }, "\(success[150...])")
    #expect(try Report(folder, "o.csv.json").counts["framesWithoutFace"] == 48)
  }

  /// With our own rules: the loss is noticed on the first blank frame, the face is given up on the
  /// third and looked for on every frame; it is found as soon as it is back.
  @Test(.enabled(if: Media.hasFFmpeg, Media.isMissing), arguments: [5, 40])
  func aLostFaceIsNoticedAndFoundAgain(away: Int) throws {
    try splice([("default.wmv", 0, 30), (nil, 0, away), ("default.wmv", 60, 30)], to: "v.mkv")
    let table = try track("v.mkv", "o.csv")
    let success = try table.column("success")
    let state = try table.column("state")
    #expect(success[..<30].allSatisfy { $0 == "1" })
    #expect(success[30..<30 + away].allSatisfy { $0 == "0" }, "a blank frame was believed")
    #expect(state[30] == "doubtful" && state[32] == "lost")
    #expect(state[33..<30 + away].allSatisfy { $0 == "searching" })
    #expect(success[(30 + away)...].allSatisfy { $0 == "1" })
  }

  /// A cut to another face at another place: the fit from the old place fails, a face is found on the
  /// same frame, and all goes on as if the video began there. It is searched for near the old place first,
  /// so that it is seen at another scale than in a whole picture and the first fits differ a little; of
  /// several people it may be another one than a new video would begin with.
  @Test(.enabled(if: Media.hasFFmpeg, Media.isMissing))
  func aCut() throws {
    try splice([("multi_face.avi", 0, 30), ("default.wmv", 0, 60)], to: "v.mkv")
    let table = try track("v.mkv", "o.csv")
    #expect(table.rows.count == 90)
    #expect(try table.column("success").allSatisfy { $0 == "1" })
    let alone = try track(video("default.wmv"), "m.csv", "--duration", "4")
    #expect(alone.rows.count >= 60)
    for name in ["x_0", "y_8", "x_30", "y_57"] {
      let (after, wanted) = (try table.numbers(name)[30...], try alone.numbers(name))
      let differences = zip(after, wanted).map { abs($0 - $1) }
      #expect((differences.max() ?? .infinity) < 2, "\(name) differs by \(differences)")
      // The start is soon forgotten.
      #expect((differences[5...].max() ?? .infinity) < 0.05, "\(name) differs by \(differences)")
    }
  }

  @Test func aConvertedModelTracksTheSame() throws {
    let convert = try Command.run("model", "convert", model, "m.landmarkd", in: folder)
    #expect(convert.status == 0, "\(convert)")
    let table = try track(video("default.wmv"), "a.csv", "--duration", "2")
    let result = try Command.run(
      "track", video("default.wmv"), "--model", "m.landmarkd", "-o", "b.csv", "--duration", "2",
      in: folder)
    #expect(result.status == 0, "\(result)")
    // 15 frames a second, times in whole milliseconds.
    #expect((30...31).contains(table.rows.count))
    #expect(try folder.data("a.csv") == folder.data("b.csv"))
  }

  @Test func wildModelAndStartInTheMiddle() throws {
    let wild = reference.appending(path: "openface/model/main_clnf_wild.txt").path
    let result = try Command.run(
      "track", video("default.wmv"), "--model", wild, "-o", "w.csv", "--duration", "1", in: folder)
    #expect(result.status == 0, "\(result)")
    #expect(try Table(folder, "w.csv").column("success").allSatisfy { $0 == "1" })
    let part = try track(video("default.wmv"), "p.csv", "--start", "10", "--every", "10")
    // 15 frames a second; the video's times are in whole milliseconds.
    #expect(abs(try part.numbers("frame")[0] - 151) <= 1)
    #expect(try part.column("success").allSatisfy { $0 == "1" })
  }
}
