import FaceFinding
import Glibc
import Pictures
import Recording
import SystemNames
import VideoInput

/// Searches images and recordings for faces, and writes and draws what the finder sees.
///
/// An input that cannot be read is said and left out. One thread.
public final class DetectSession {
  /// How a search ended.
  public enum End: Sendable, Equatable {
    /// Every input was gone through.
    case done
    /// It was interrupted; where its rows are, nil: there were none.
    case interrupted(rows: Int, place: String?)
  }

  /// What is told while it goes on.
  public enum News {
    /// An input is begun.
    case begun(input: String)
    /// It is a recording, which says this of itself.
    case opened(SourceDescription)
    /// One more of its frames was searched.
    case searched
    /// An input cannot be read, or not to its end.
    case failed(any Error)
    /// A recording was read to its end: what was met in it.
    case read(input: String, SourceReport)
  }

  public private(set) var tally = DetectTally()
  /// The table, once there is a row; after an error it knows where its rows are.
  public private(set) var table: FaceTable?
  private let asked: DetectSettings
  private let interruption: Interruption
  private let finder: FaceFinder
  private var faces: [DetectedFace] = []

  /// Frames that may wait between decoding and searching.
  private static let framesAhead = 2

  public init(_ asked: DetectSettings, interruption: Interruption) {
    self.asked = asked
    self.interruption = interruption
    finder = FaceFinder(asked.finder)
  }

  /// Searches every input, or up to an interruption. The table is begun with its first row, so that
  /// nothing is written where nothing can be read.
  ///
  /// - Parameter tell: is told what happens, on this thread.
  ///
  /// Throws `RecordingError` and `PicturesError` where the table or a picture cannot be written.
  public func run(tell: (News) -> Void) throws -> End {
    try checkOutputs()
    for input in asked.inputs {
      if interruption.isInterrupted { return try interrupted() }
      tell(.begun(input: Self.shown(input)))
      do {
        if VideoInput.isStillImage(input) {
          try searchImage(input)
        } else {
          try searchRecording(input, tell)
        }
      } catch let error where error is RecordingError || error is PicturesError {
        throw error
      } catch let error as VideoInputError where error.kind == .interrupted {
        return try interrupted()
      } catch {
        tally.failures += 1
        tell(.failed(error))
      }
    }
    try table?.finish()
    return .done
  }

  /// What can go wrong with the outputs is said before the work is done.
  private func checkOutputs() throws {
    if !OutputCheck.isStream(asked.output) {
      try OutputCheck.beforehand(asked.output, force: asked.force)
    }
    guard let folder = asked.pictureFolder else { return }
    guard SystemName.makeFolders(folder) else {
      throw RecordingError.system(operation: "create", path: folder, code: errno)
    }
    for picture in asked.inputs.flatMap(asked.pictures) {
      try OutputCheck.beforehand(picture, force: asked.force)
    }
  }

  private func interrupted() throws -> End {
    guard let table else { return .interrupted(rows: 0, place: nil) }
    let place = try table.abandon() ?? table.name
    return .interrupted(rows: table.rowsWritten, place: place)
  }

  private func searchImage(_ input: String) throws {
    let frame = try ImageReader.read(input, settings: asked.video)
    try search(frame, at: FaceTable.Place(image: Self.shown(input)))
    tally.images += 1
    if let place = asked.picturePlace(of: input) {
      try PNGWriter.write(drawn(frame), to: place + ".png", force: asked.force)
    }
  }

  private func searchRecording(_ input: String, _ tell: (News) -> Void) throws {
    let source = try ReadAheadSource(
      input, settings: asked.video, interruption: interruption, framesAhead: Self.framesAhead)
    let shown = Self.shown(input)
    tell(.opened(source.description))
    var pictures: OverlayRecorder?
    var frame = VideoFrame()
    var count = 0
    while try source.read(into: &frame) {
      if count == 0 {
        tally.videos += 1
        pictures = try asked.picturePlace(of: input).map {
          try OverlayRecorder(path: $0 + "/", force: asked.force)
        }
      }
      count += 1
      try search(
        frame,
        at: FaceTable.Place(image: shown, frame: frame.number, seconds: frame.timestampSeconds))
      tally.frames += 1
      if let pictures {
        let timeBase = VideoWriter.TimeBase(numerator: 1, denominator: 1)
        try pictures.write(
          drawn(frame),
          at: OverlayRecorder.Place(frameNumber: frame.number, seconds: 0, timeBase: timeBase))
      }
      tell(.searched)
    }
    guard count > 0 else {
      throw DiagnosticsError(
        description: "\(shown): no frame lies between --start and the end of --duration")
    }
    if source.report.endedEarly { tally.endedEarly += 1 }
    tell(.read(input: shown, source.report))
  }

  /// Writes the rows of a frame.
  private func search(_ frame: borrowing VideoFrame, at place: FaceTable.Place) throws {
    finder.findFaces(in: frame.grey, into: &faces)
    let table =
      try self.table
      ?? FaceTable(path: asked.output, format: asked.format, force: asked.force)
    self.table = table
    tally.faces += faces.count
    if faces.isEmpty { tally.withoutFace += 1 }
    try table.write(faces, at: place)
  }

  /// The frame that was searched last, with its faces.
  private func drawn(_ frame: borrowing VideoFrame) -> OverlayPicture {
    var picture =
      frame.hasColour
      ? OverlayPicture(rgb: frame.colour.copy()) : OverlayPicture(grey: frame.grey)
    picture.drawFound(faces)
    return picture
  }

  /// An address may hold a password; a name may be no text.
  private static func shown(_ input: String) -> String {
    SystemName.shown(VideoInput.redacted(input))
  }
}
