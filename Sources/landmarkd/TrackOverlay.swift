import ArgumentParser
import CLNF
import FoundationEssentials
import Measurement
import Pictures
import Session
import Tracking
import VideoInput

/// The drawn frames of one input on their way to a video or a folder.
final class TrackOverlay {
  private let recorder: OverlayRecorder
  /// Taken from the frames' times: what was cut off in front is not shown as a gap.
  private var firstTime: Double?
  private let startsAtZero: Bool
  private let makeSound: (Double) -> SoundReader?
  /// Whether faces bear their numbers: where there may be several.
  private let namesFaces: Bool
  private var picture = OverlayPicture(grey: GreyImage(width: 0, height: 0, repeating: 0))

  /// - Parameters:
  ///   - startsAtZero: whether the first frame's time becomes 0; else it stays.
  ///   - namesFaces: whether faces bear their numbers.
  ///   - sound: the sound of a video, from a time of the input on; asked for with the first frame.
  init(
    path: String, force: Bool, startsAtZero: Bool, namesFaces: Bool,
    sound: @escaping (Double) -> SoundReader?
  ) throws {
    recorder = try OverlayRecorder(path: path, force: force)
    self.startsAtZero = startsAtZero
    self.namesFaces = namesFaces
    makeSound = sound
  }

  /// Draws and records a frame, face or not.
  func add(_ frame: borrowing VideoFrame, _ record: FrameRecord) throws {
    if frame.hasColour {
      picture.setBackground(rgb: frame.colour)
    } else {
      picture.setBackground(grey: frame.grey)
    }
    picture.drawTrack(
      record.faces.map {
        OverlayPicture.TrackedFace(
          $0.shown.frame, $0.shown.measurement,
          residuals: $0.fit.residuals.isEmpty ? nil : $0.fit.residuals)
      }, camera: record.context.camera, namesFaces: namesFaces)
    let origin = firstTime ?? (startsAtZero ? frame.timestampSeconds : 0)
    if firstTime == nil, recorder.kind == .video { recorder.sound = makeSound(origin) }
    firstTime = origin
    let timeBase = VideoWriter.TimeBase(
      numerator: frame.timeBase.numerator, denominator: frame.timeBase.denominator)
    try recorder.write(
      picture,
      at: OverlayRecorder.Place(
        frameNumber: frame.number, seconds: frame.timestampSeconds - origin, timeBase: timeBase))
  }

  func finish() throws { try recorder.finish() }

  /// What a user should know of a video's sound, if anything.
  var soundNote: String? { recorder.soundNote }

  /// After an interruption or an error: says where the frames are, if there are any.
  func keep() {
    guard let place = (try? recorder.abandon()) ?? nil else { return }
    Terminal.complain("\(recorder.framesWritten) drawn frames are in \(place)")
  }
}

/// Where drawn frames go.
struct OverlayOptions: ParsableArguments {
  @Option(setting: Settings.overlay) var overlay: String?
  @Option(setting: Settings.overlayDir) var overlayDir: String?

  /// Whether frames are drawn.
  var isAsked: Bool { overlay != nil || overlayDir != nil }

  func validate() throws {
    guard overlay == nil || overlayDir == nil else {
      throw ValidationError("--overlay and --overlay-dir exclude each other")
    }
    guard let overlay, OverlayRecorder.kind(of: overlay) == nil else { return }
    let endings = VideoWriter.endings.map { "." + $0 }.joined(separator: ", ")
    throw ValidationError(
      "--overlay \(overlay): a video's name ends in \(endings); a folder's in /")
  }

  /// A drawing for each input, and never over the input itself.
  func validate(inputs: [String], outputs: [TrackOutputs]) throws {
    if let overlay, inputs.count > 1 {
      throw ValidationError(
        "--overlay \(overlay) draws one input; give --overlay-dir for \(inputs.count) inputs")
    }
    let drawn = outputs.compactMap(\.overlay)
    guard !drawn.isEmpty else { return }
    let others = Set((inputs + outputs.map(\.rows)).map(Self.file))
    var first: [[UInt8]: Int] = [:]
    for (index, path) in drawn.enumerated() {
      if let other = first.updateValue(index, forKey: Array(path.utf8)) {
        throw ValidationError(
          "\(VideoInput.redacted(inputs[other])) and \(VideoInput.redacted(inputs[index])) would both be drawn to \(path); track them apart"
        )
      }
      if others.contains(Self.file(path)) {
        throw ValidationError("the drawing \(path) is also an input or the CSV")
      }
    }
  }

  /// The file that a name leads to.
  private static func file(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
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
