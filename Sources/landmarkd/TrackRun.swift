import CLNF
import Foundation
import Measurement
import Recording
import SystemNames
import Tracking
import VideoInput

/// One input on its way to one CSV.
struct TrackRun {
  /// As it may be shown.
  let input: String
  let path: String
  let started: Date
  var source: (any FrameSource)?
  var writer: CSVWriter?
  /// Whether the rows have their name.
  var isPublished = false
  var overlay: TrackOverlay?
  var wallSeconds = 0.0
  private(set) var frames = 0
  private(set) var tracked = 0
  private(set) var withoutFace = 0
  private(set) var hasPicture = false
  private var firstTime: Double?
  private(set) var lastTime = 0.0
  private var measurer: (width: Int, height: Int, measurer: FaceMeasurer)?

  init(input: String, path: String, started: Date) {
    self.input = SystemName.shown(VideoInput.redacted(input))
    self.path = path
    self.started = started
  }

  var mediaSeconds: Double { lastTime - (firstTime ?? lastTime) }

  mutating func count(_ frame: TrackedFrame) {
    frames += 1
    if frame.success { tracked += 1 }
    if !frame.hasFit { withoutFace += 1 }
    if firstTime == nil { firstTime = frame.timestampSeconds }
    lastTime = frame.timestampSeconds
  }

  /// The measurer for the frame's size, which may change within an input.
  mutating func measurer(
    for frame: borrowing VideoFrame, _ camera: CameraOptions
  ) throws -> FaceMeasurer {
    let (width, height) = (frame.grey.width, frame.grey.height)
    if let known = measurer, known.width == width, known.height == height {
      return known.measurer
    }
    let made = FaceMeasurer(camera: try camera.intrinsics(width: width, height: height))
    measurer = (width, height, made)
    return made
  }

  /// Whether this is the frame to draw: `number`, or the first tracked one.
  func wantsPicture(of tracked: TrackedFrame, frame number: Int?, path: String?) -> Bool {
    guard path != nil, !hasPicture else { return false }
    return number.map { $0 == tracked.frameNumber } ?? tracked.success
  }

  mutating func draw(
    _ frame: borrowing VideoFrame, _ tracked: TrackedFrame, _ measurement: FaceMeasurement,
    _ camera: CameraIntrinsics, _ command: TrackCommand
  ) throws {
    guard let path = command.picture else { return }
    try FacePicture.write(
      frame, faces: [(tracked, measurement)], camera: camera, to: path, force: command.force)
    hasPicture = true
  }

  /// The report of this run so far: frames by what became of them, times, settings.
  func report(
    command: TrackCommand, model: FaceModel, belief: Belief, rows: Int
  ) -> RunReport {
    var counts = RunReport.Counts()
    counts.framesRead = frames
    counts.framesTracked = tracked
    counts.framesWithoutFace = withoutFace
    counts.framesFailed = frames - tracked - withoutFace
    counts.rowsWritten = rows
    let finished = started.addingTimeInterval(wallSeconds)
    return RunReport(
      input: input,
      model: RunReport.Model(name: command.model.name, checksum: "sha256:" + model.checksum),
      settings: command.reportSettings(fit: command.model.settings(for: model), belief: belief),
      versions: ["landmarkd": Landmarkd.version, "ffmpeg": VideoInput.libraryVersion],
      counts: counts,
      times: RunReport.Times(
        started: UTCTimestamp.text(secondsSince1970: started.timeIntervalSince1970) ?? "",
        finished: UTCTimestamp.text(secondsSince1970: finished.timeIntervalSince1970) ?? "",
        wallSeconds: wallSeconds, mediaSeconds: mediaSeconds))
  }

  /// One line for the end.
  var summary: String {
    let share = frames > 0 ? 100 * Double(tracked) / Double(frames) : 0
    let rate = wallSeconds > 0 ? Double(frames) / wallSeconds : 0
    let figures = String(
      format:
        "%d frame%@, %d tracked (%.1f %%), %d without a face; %.1f s of video in %.1f s (%.0f frames/s)",
      frames, frames == 1 ? "" : "s", tracked, share, withoutFace, mediaSeconds, wallSeconds, rate)
    let damage = (source?.report.damage ?? []).map { "; " + $0 }.joined()
    return "\(input): \(figures)\(damage)" + (path == "-" ? "" : " -> \(path)")
  }
}

/// A frame with the faces that were found in it.
enum FacePicture {
  static func write(
    _ frame: borrowing VideoFrame, faces: [(TrackedFrame, FaceMeasurement)],
    camera: CameraIntrinsics, to path: String, force: Bool
  ) throws {
    var picture =
      frame.hasColour
      ? OverlayPicture(rgb: frame.colour.copy()) : OverlayPicture(grey: frame.grey)
    for (face, measurement) in faces where face.hasFit {
      let n = face.landmarks.count / 2
      let left = face.landmarks[..<n].min() ?? 0
      let right = face.landmarks[..<n].max() ?? 0
      let style = OverlayStyle(faceWidth: right - left)
      picture.drawLandmarks(face.landmarks, style: style)
      picture.drawAxes(of: measurement, camera: camera, style: style)
    }
    try PNGWriter.write(picture, to: path, force: force)
  }
}
