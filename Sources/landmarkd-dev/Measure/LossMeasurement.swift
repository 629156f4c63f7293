import CLNF
import FaceFinding
import Foundation
import ModelTraining
import Session
import Tracking
import VideoInput

/// How soon a lost face is noticed and found again, on sequences made from real frames.
///
/// Each seeded sequence: 15 frames of a video from a random place; then 1 to 20 frames without a face
/// (black, grey, noise, or the frame with its face covered by the mean level; the first video must show one person), or a cut to another
/// place of a video; then 15 frames from there.
struct LossMeasurement {
  final class Frame {
    let image: GreyImage
    init(_ image: consuming GreyImage) { self.image = image }
  }

  private enum Gap: CaseIterable { case black, grey, noise, faceless, cut }

  static let sequences = 200
  static let before = 15
  static let after = 15

  private var noticed = 0
  private var gaps = 0
  private var found = 0
  private var returns = 0
  private var believedBlank = 0
  private var blankFrames = 0

  static func table(videos: [String], model: FaceModel) throws -> String {
    let frames = try videos.map { try read($0) }
    let detector = try TrackingConfiguration().makeDetector()
    let tracker = try TrackingPlan(model).makeTracker(.onPath(detector))
    var generator = SeededGenerator(seed: 7)
    var measurement = LossMeasurement()
    for index in 0..<sequences {
      measurement.run(
        tracker, frames, Gap.allCases[index % Gap.allCases.count], &generator)
    }
    return measurement.text
  }

  /// All frames of a video, grey.
  static func read(_ path: String) throws -> [Frame] {
    let source = try VideoInput.open(path)
    var frame = VideoFrame()
    var frames: [Frame] = []
    while try source.read(into: &frame) { frames.append(Frame(frame.grey.copy())) }
    return frames
  }

  private mutating func run(
    _ tracker: FaceTracker, _ videos: [[Frame]], _ gap: Gap, _ generator: inout SeededGenerator
  ) {
    var tracked = TrackedFrame()
    // A face can be taken out only where there is no other: the first video has one.
    let source = gap == .faceless ? 0 : Int.random(in: 0..<videos.count, using: &generator)
    let first = videos[source]
    let start = Int.random(in: 0..<first.count - Self.before, using: &generator)
    tracker.reset()
    for frame in first[start..<start + Self.before] {
      tracker.track(frame.image, into: &tracked)
    }
    guard tracked.success else { return }
    let second = videos[Int.random(in: 0..<videos.count, using: &generator)]
    let next = Int.random(in: 0..<second.count - Self.after, using: &generator)
    if gap != .cut {
      gaps += 1
      let length = Int.random(in: 3...20, using: &generator)
      var firstDoubt: Int?
      let face = LandmarkError.box(of: tracked.landmarks)
      let last = first[start + Self.before - 1]
      for index in 0..<length {
        let blank = Self.blank(last.image, face, gap, &generator)
        tracker.track(blank, into: &tracked)
        blankFrames += 1
        if tracked.success { believedBlank += 1 } else { firstDoubt = firstDoubt ?? index }
      }
      if let firstDoubt, firstDoubt < 3 { noticed += 1 }
    }
    returns += 1
    var firstFound: Int?
    for (index, frame) in second[next..<next + Self.after].enumerated() {
      tracker.track(frame.image, into: &tracked)
      if tracked.success { firstFound = firstFound ?? index }
    }
    if let firstFound, firstFound < 5 { found += 1 }
  }

  /// A frame without a face.
  private static func blank(
    _ image: borrowing GreyImage, _ face: FaceBox, _ gap: Gap,
    _ generator: inout SeededGenerator
  ) -> GreyImage {
    var result = image.copy()
    let level: UInt8 = gap == .black ? 0 : 128
    if gap == .faceless {
      Degradation.cover(&result, face)
      return result
    }
    result.withMutableSamples { samples in
      for i in samples.indices { samples[i] = level }
    }
    if gap == .noise { Degradation.addNoise(to: &result, deviation: 40, generator: &generator) }
    return result
  }

  private var text: String {
    func share(_ part: Int, _ whole: Int) -> String {
      String(format: "%d of %d (%.1f %%)", part, whole, 100 * Double(part) / Double(max(1, whole)))
    }
    return """
      loss noticed within 3 frames: \(share(noticed, gaps))
      face found within 5 frames of its return or of a cut: \(share(found, returns))
      frames without a face that were believed: \(share(believedBlank, blankFrames))
      """
  }
}
