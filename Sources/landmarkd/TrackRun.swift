import CLNF
import FoundationEssentials
import Measurement
import Pictures
import Recording
import Session
import SystemNames
import SystemSupport
import Tracking
import VideoInput

/// One input on its way to one CSV.
final class TrackRun {
  /// As it is opened.
  let name: String
  /// As it may be shown.
  let input: String
  let outputs: TrackOutputs
  let path: String
  /// Where its frames are drawn.
  let overlayPath: String?
  let started: Date
  var source: (any FrameSource)?
  var writer: CSVWriter? {
    didSet { lastWriter = writer ?? lastWriter }
  }
  private var lastWriter: CSVWriter?
  /// nil before the first frame.
  var rowsWritten: Int? { lastWriter?.rowsWritten }
  /// Whether the rows have their name.
  var isPublished = false
  var overlay: TrackOverlay?
  var wallSeconds = 0.0
  var tally = RunTally()
  /// Pictures of people, and what their names begin with; nil where none are asked for.
  let thumbnails: FaceThumbnails?
  private let thumbnailStem: String
  private(set) var hasPicture = false
  /// Whether what is there of it may be replaced.
  var force: Bool
  /// The input when it was begun; nil for what cannot be looked at again.
  var witness: InputWitness?
  /// What a report says of `witness`.
  var sourceFacts: RunReport.Source?

  /// - Parameter force: whether what is there of it may be replaced.
  init(input: String, outputs: TrackOutputs, started: Date, force: Bool = false) {
    self.force = force
    self.outputs = outputs
    name = input
    self.input = SystemName.shown(VideoInput.redacted(input))
    path = outputs.rows
    overlayPath = outputs.overlay
    thumbnails = outputs.thumbnails.map { _ in FaceThumbnails() }
    thumbnailStem = outputs.thumbnails ?? ""
    self.started = started
  }

  /// Whether this is the frame to draw: `number`, or the first tracked one.
  func wantsPicture(of record: FrameRecord, frame number: Int?) -> Bool {
    guard !hasPicture else { return false }
    return number.map { $0 == record.fit.frameNumber }
      ?? record.faces.contains(where: \.fit.success)
  }

  func draw(
    _ frame: borrowing VideoFrame, _ record: FrameRecord, to path: String, force: Bool
  ) throws {
    try FacePicture.write(
      frame, faces: record.faces.map { ($0.shown.frame, $0.shown.measurement) },
      camera: record.context.camera, to: path, force: force)
    hasPicture = true
  }

  /// Looks for better pictures of the people of a frame.
  func takeThumbnails(_ frame: borrowing VideoFrame, _ record: FrameRecord) {
    guard let thumbnails else { return }
    for face in record.faces where face.fit.success {
      thumbnails.take(face.fit, grey: frame.grey, rgb: frame.colour, hasColour: frame.hasColour)
    }
  }

  /// Where the picture of a person is; nil where none is asked for.
  func thumbnailPath(of faceID: Int) -> String? {
    thumbnails == nil ? nil : "\(thumbnailStem)-\(faceID).png"
  }

  /// Writes a picture of each person.
  func writeThumbnails(force: Bool) throws {
    guard let thumbnails else { return }
    for faceID in thumbnails.faceIDs {
      guard let path = thumbnailPath(of: faceID), let picture = thumbnails.picture(of: faceID)
      else { continue }
      try PNGWriter.write(picture, to: path, force: force)
    }
  }

  /// The people of the run, with where their pictures are.
  private var identities: [RunReport.Identity] {
    tally.identities.map { identity in
      var identity = identity
      identity.thumbnail = thumbnailPath(of: identity.faceID)
      return identity
    }
  }

  /// The report of this run so far: frames by what became of them, times, settings.
  func report(command: TrackCommand, plan: TrackingPlan, rows: Int) -> RunReport {
    var counts = tally.counts
    counts.rowsWritten = rows
    let finished = started.addingTimeInterval(wallSeconds)
    return RunReport(
      input: input,
      model: RunReport.Model(name: command.model.name, checksum: "sha256:" + plan.model.checksum),
      settings: command.reportSettings(plan),
      versions: ["landmarkd": Landmarkd.version, "ffmpeg": VideoInput.libraryVersion],
      counts: counts, identities: identities,
      times: RunReport.Times(
        started: UTCTimestamp.text(secondsSince1970: started.timeIntervalSince1970) ?? "",
        finished: UTCTimestamp.text(secondsSince1970: finished.timeIntervalSince1970) ?? "",
        wallSeconds: wallSeconds, mediaSeconds: tally.mediaSeconds))
  }

  /// One line for the end.
  var summary: String {
    let (frames, tracked) = (tally.frames, tally.tracked)
    let share = frames > 0 ? 100 * Double(tracked) / Double(frames) : 0
    let rate = wallSeconds > 0 ? Double(frames) / wallSeconds : 0
    let frameWords = "\(frames) frame\(frames == 1 ? "" : "s"), "
    let figures = String(
      printf:
        "%d tracked (%.1f %%), %d doubtful, %d without a face; %.1f s of video in %.1f s (%.0f frames/s)",
      tracked, share, tally.doubtful, tally.withoutFace, tally.mediaSeconds, wallSeconds, rate)
    let damage = (source?.report.damage ?? []).map { "; " + $0 }.joined()
    let faces = tally.identities.count > 1 ? "; \(tally.identities.count) people" : ""
    return "\(input): \(frameWords)\(figures)\(faces)\(damage)" + (path == "-" ? "" : " -> \(path)")
  }
}

/// A frame with the faces that were found in it; those that are not believed in another colour and
/// without axes.
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
      var style = OverlayStyle(faceWidth: right - left)
      guard face.success else {
        style.contour = VerdictColour.doubtful
        style.dot = VerdictColour.doubtful
        picture.drawLandmarks(face.landmarks, style: style)
        continue
      }
      picture.drawLandmarks(face.landmarks, style: style)
      picture.drawAxes(of: measurement, camera: camera, style: style)
    }
    try PNGWriter.write(picture, to: path, force: force)
  }
}
