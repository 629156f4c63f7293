import ArgumentParser
import CLNF
import Foundation
import Measurement
import Pictures
import Session
import Tracking
import VideoInput

/// The drawn frames of one input on their way to `--overlay`.
final class TrackOverlay {
  private let recorder: OverlayRecorder
  /// Taken from the frames' times: what was cut off in front is not shown as a gap.
  private var firstTime: Double?
  private let startsAtZero: Bool
  private var picture = OverlayPicture(grey: GreyImage(width: 0, height: 0, repeating: 0))

  /// - Parameter startsAtZero: whether the first frame's time becomes 0; else it stays.
  init(path: String, force: Bool, startsAtZero: Bool) throws {
    recorder = try OverlayRecorder(path: path, force: force)
    self.startsAtZero = startsAtZero
  }

  /// Draws and records a frame, face or not.
  func add(_ frame: borrowing VideoFrame, _ record: FrameRecord) throws {
    if frame.hasColour {
      picture.setBackground(rgb: frame.colour)
    } else {
      picture.setBackground(grey: frame.grey)
    }
    let residuals = record.fit.residuals
    picture.drawTrack(
      record.shown.frame, record.shown.measurement, camera: record.context.camera,
      residuals: residuals.isEmpty ? nil : residuals)
    let origin = firstTime ?? (startsAtZero ? frame.timestampSeconds : 0)
    firstTime = origin
    let timeBase = VideoWriter.TimeBase(
      numerator: frame.timeBase.numerator, denominator: frame.timeBase.denominator)
    try recorder.write(
      picture,
      at: OverlayRecorder.Place(
        frameNumber: frame.number, seconds: frame.timestampSeconds - origin, timeBase: timeBase))
  }

  func finish() throws { try recorder.finish() }

  /// After an interruption or an error: says where the frames are, if there are any.
  func keep() {
    guard let place = (try? recorder.abandon()) ?? nil else { return }
    Terminal.complain("\(recorder.framesWritten) drawn frames are in \(place)")
  }
}

/// Where drawn frames go.
struct OverlayOptions: ParsableArguments {
  @Option(setting: Settings.overlay) var overlay: String?

  func validate() throws {
    guard let overlay, OverlayRecorder.kind(of: overlay) == nil else { return }
    let endings = VideoWriter.endings.map { "." + $0 }.joined(separator: ", ")
    throw ValidationError(
      "--overlay \(overlay): a video's name ends in \(endings); a folder's in /")
  }

  /// One drawing for one input, and never over the input itself.
  func validate(inputs: [String], output: String?) throws {
    guard let overlay else { return }
    guard inputs.count == 1 else { throw ValidationError("--overlay draws one input") }
    for other in inputs + [output].compactMap(\.self) where Self.isSameFile(overlay, other) {
      throw ValidationError("--overlay \(overlay) is also an input or the CSV")
    }
  }

  private static func isSameFile(_ a: String, _ b: String) -> Bool {
    let (a, b) = (URL(fileURLWithPath: a), URL(fileURLWithPath: b))
    return a.resolvingSymlinksInPath().standardizedFileURL.path
      == b.resolvingSymlinksInPath().standardizedFileURL.path
  }

  /// nil where no drawing was asked for.
  func open(force: Bool, startsAtZero: Bool) throws -> TrackOverlay? {
    try overlay.map { try TrackOverlay(path: $0, force: force, startsAtZero: startsAtZero) }
  }
}

/// Smoothing over time: off unless asked for.
struct SmoothingOptions: ParsableArguments {
  @Flag(setting: Settings.smooth) var smooth = false
  @Option(setting: Settings.smoothMinCutoff) var minCutoff: Double?
  @Option(setting: Settings.smoothBeta) var beta: Double?

  func validate() throws { _ = try settings() }

  /// nil: no smoothing.
  func settings() throws -> OneEuroSettings? {
    do {
      return try Settings.smoothing(smooth, minCutoff: minCutoff, beta: beta)
    } catch let error {
      throw ValidationError("--\(error.key) \(error.problem); expected \(error.expected)")
    }
  }

  /// Off is said too: rows must never be smooth in silence.
  var report: [String: ReportValue] {
    guard let settings = try? settings() else { return [Settings.smooth.key: false] }
    return [
      Settings.smooth.key: true,
      Settings.smoothMinCutoff.key: .number(settings.minimumCutoffHertz),
      Settings.smoothBeta.key: .number(settings.speedCoefficient),
    ]
  }
}
