import CLNF
import FaceFinding
import Foundation
import ModelTraining
import Session
import Tracking

/// How soon a face that comes back turned is found, on a drawn sequence.
///
/// Each run: frames that look ahead, then frames of plain grey, then the sequence from a place at which
/// the head is turned. It is found where it is believed within five frames and lies where it is.
struct ReturnMeasurement {
  /// Lower ends of yaw, degrees.
  static let yaws = [0.0, 20, 40, 55, 70]
  static let before = 5
  static let gap = 10
  static let within = 5
  /// Every so many frames a return is tried.
  static let step = 4
  /// Mean error over the outer eye corners' distance as it would be from the front.
  static let largestError = 0.1

  static func table(model: FaceModel, truth: SequenceTruth, video: String) throws -> String {
    let frames = try LossMeasurement.read(video)
    guard frames.count >= truth.rows.count else {
      throw MeasureError(
        description: "\(video) has \(frames.count) frames, the truth \(truth.rows.count)")
    }
    let detector = try TrackingConfiguration().makeDetector()
    let tracker = try TrackingPlan(model).makeTracker(.onPath(detector))
    var found = [[Int?]](repeating: [], count: yaws.count)
    var wrong = 0
    for start in stride(from: 0, through: truth.rows.count - within, by: step) {
      let yaw = abs(truth.rows[start].rotation.y) * 180 / .pi
      guard let bin = yaws.lastIndex(where: { $0 <= yaw }) else { continue }
      let (first, isWrong) = run(tracker, frames, truth, start)
      found[bin].append(first)
      if isWrong { wrong += 1 }
    }
    let rows = zip(yaws, found).filter { !$1.isEmpty }.map { yaw, found in
      let times = found.compactMap(\.self)
      return "| \(Int(yaw)) | \(found.count) | \(times.count) | \(times.filter { $0 == 0 }.count) |"
    }
    return """
      | yaw from, degrees | returns | found within \(within) frames | in the first |
      | --- | --- | --- | --- |
      \(rows.joined(separator: "\n"))

      believed in a wrong place: \(wrong)
      """
  }

  /// The frame of the return at which the face is found, from 0, and whether it is believed elsewhere.
  private static func run(
    _ tracker: FaceTracker, _ frames: [LossMeasurement.Frame], _ truth: SequenceTruth, _ start: Int
  ) -> (Int?, Bool) {
    var tracked = TrackedFrame()
    tracker.reset()
    for frame in frames.prefix(before) { tracker.track(frame.image, into: &tracked) }
    let size = (frames[0].image.width, frames[0].image.height)
    let grey = GreyImage(width: size.0, height: size.1, repeating: 128)
    for _ in 0..<gap { tracker.track(grey, into: &tracked) }
    for index in 0..<within {
      tracker.track(frames[start + index].image, into: &tracked)
      guard tracked.success else { continue }
      let row = truth.rows[start + index]
      return error(tracked.landmarks, row) < largestError ? (index, false) : (nil, true)
    }
    return (nil, false)
  }

  /// Mean distance over the eyes' as it would be from the front.
  private static func error(_ landmarks: [Double], _ row: SequenceTruth.Row) -> Double {
    let n = row.landmarks.count / 2
    var sum = 0.0
    for i in 0..<n {
      let (x, y) = (landmarks[i] - row.landmarks[i], landmarks[n + i] - row.landmarks[n + i])
      sum += (x * x + y * y).squareRoot()
    }
    return sum / Double(n) / row.eyeDistance
  }
}
