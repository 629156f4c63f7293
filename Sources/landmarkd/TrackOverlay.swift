import ArgumentParser
import CLNF
import Foundation
import Measurement
import Recording
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
  @Option(
    help: ArgumentHelp(
      """
      Draw every frame: a video (.mp4, .mkv, .mov, .avi, .webm), or a folder (with / at its end \
      if it is new) for a PNG a frame.
      """, valueName: "path"))
  var overlay: String?

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
  @Flag(
    help: "Smooth landmarks and pose over time (One Euro filter). The fit's parameters stay raw.")
  var smooth = false

  @Option(
    name: .customLong("smooth-min-cutoff"),
    help: ArgumentHelp(
      "Cutoff at rest, Hz (default 1): lower it until a still face does not jitter.",
      valueName: "hz"))
  var minimumCutoff: Double?

  @Option(
    name: .customLong("smooth-beta"),
    help: ArgumentHelp(
      "Hz the cutoff rises for each px/s (default 0.05): then raise it until motion does not lag.",
      valueName: "hz"))
  var beta: Double?

  func validate() throws {
    guard smooth || (minimumCutoff == nil && beta == nil) else {
      throw ValidationError("--smooth-min-cutoff and --smooth-beta need --smooth")
    }
    _ = try settings()
  }

  func settings() throws -> OneEuroSettings {
    let standard = OneEuroSettings.standard
    do {
      return try OneEuroSettings(
        minimumCutoffHertz: minimumCutoff ?? standard.minimumCutoffHertz,
        speedCoefficient: beta ?? standard.speedCoefficient)
    } catch {
      throw ValidationError("--smooth-min-cutoff, --smooth-beta: \(error)")
    }
  }

  /// Off is said too: rows must never be smooth in silence.
  var report: [String: ReportValue] {
    guard smooth, let settings = try? settings() else { return ["smooth": false] }
    return [
      "smooth": true, "smooth-min-cutoff": .number(settings.minimumCutoffHertz),
      "smooth-beta": .number(settings.speedCoefficient),
    ]
  }
}
