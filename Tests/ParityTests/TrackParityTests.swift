import CLNF
import FaceFinding
import Foundation
import TestSupport
import Testing
import Tracking
import VideoInput

/// Free-running tracks of the reference's two videos, from the file to the landmarks.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct TrackParityTests {
  struct Comparison {
    var frames = 0
    /// Mean distance of landmarks of each frame that both call tracked, px.
    var distances: [Double] = []
    var successAgrees = 0
    var detectorAgrees = 0
    var firstSixtyLargest = 0.0

    func percentile(_ share: Double) -> Double {
      let sorted = distances.sorted()
      return sorted.isEmpty
        ? .infinity : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }
    var mean: Double { distances.reduce(0, +) / Double(max(1, distances.count)) }
  }

  @Test(arguments: [
    ("default.wmv", "track_default_68only.csv", 288),
    ("multi_face.avi", "track_multi_face_68only.csv", 702),
  ])
  func freeRun(video: String, track: String, frameCount: Int) throws {
    let result = try compare(video: video, track: track)
    print(
      "parity: \(video): \(result.frames) frames, mean \(result.mean) px, 99th percentile",
      "\(result.percentile(0.99)) px, success agrees \(result.successAgrees), detector",
      "\(result.detectorAgrees), largest of the first 60 \(result.firstSixtyLargest) px")
    #expect(result.frames == frameCount)
    #expect(result.mean <= 0.1)
    #expect(result.percentile(0.99) <= 0.5)
    #expect(Double(result.successAgrees) >= 0.99 * Double(frameCount))
    #expect(result.detectorAgrees == frameCount)
  }

  private func compare(video: String, track: String) throws -> Comparison {
    let folder = try #require(MaterialFolder.reference)
    let rows = try GoldenTrack(Golden.url("fixtures/\(track)"))
    let model = try Golden.generalModel()
    let tracker = try FaceTracker(
      fitter: Fitter(model: model, settings: FitSettings.video.asReference),
      detector: FrontalFaceDetector(.reference),
      judge: ValidatorEvaluation(try #require(model.validator), landmarkCount: 68),
      settings: .reference)
    let source = try VideoInput.open(
      folder.appending(path: "video/\(video)").path,
      settings: VideoSettings(greyConversion: .reference))
    var frame = VideoFrame()
    var tracked = TrackedFrame()
    var result = Comparison()
    while try source.read(into: &frame) {
      tracker.track(frame.grey, into: &tracked)
      let row = try #require(rows.row(result.frames))
      result.frames += 1
      result.successAgrees += tracked.success == (row["success"] == 1) ? 1 : 0
      result.detectorAgrees +=
        tracker.activity.detectorRan == ((row["detector_calls"] ?? 0) > 0) ? 1 : 0
      guard tracked.success, row["success"] == 1 else { continue }
      var sum = 0.0
      for i in 0..<68 {
        let dx = tracked.landmarks[i] - (row["x_\(i)"] ?? .nan)
        let dy = tracked.landmarks[68 + i] - (row["y_\(i)"] ?? .nan)
        sum += (dx * dx + dy * dy).squareRoot()
      }
      result.distances.append(sum / 68)
      if result.frames <= 60 { result.firstSixtyLargest = max(result.firstSixtyLargest, sum / 68) }
    }
    return result
  }
}

/// The reference's CSV: numbers by column name.
struct GoldenTrack {
  private let columns: [String]
  private let lines: [Substring]

  init(_ url: URL) throws {
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    columns = lines[0].split(separator: ",").map(String.init)
    self.lines = Array(lines.dropFirst())
  }

  func row(_ index: Int) -> [String: Double]? {
    guard index < lines.count else { return nil }
    let cells = lines[index].split(separator: ",", omittingEmptySubsequences: false)
    return Dictionary(
      zip(columns, cells).compactMap { name, cell in Double(cell).map { (name, $0) } },
      uniquingKeysWith: { first, _ in first })
  }
}
