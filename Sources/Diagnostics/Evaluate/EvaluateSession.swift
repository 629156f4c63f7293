import CLNF
import FaceFinding
import Pictures
import Session
import SystemSupport
import Tracking
import VideoInput

/// What is evaluated, and how.
public struct EvaluationSettings: Sendable {
  /// Of images with .pts files.
  public var folder: String
  /// The model's name in messages and reports.
  public var modelName: String
  /// What the faces are fitted with.
  public var plan: TrackingPlan
  /// A CSV of face boxes; nil: faces are searched.
  public var boxes: String?
  /// From how many head rotations a fit starts.
  public var starts = Fitter.Starts.one
  /// How faces are searched.
  public var configuration = TrackingConfiguration()
  /// How colour images become grey.
  public var greyConversion = VideoSettings.GreyConversion.luma
  /// Larger images are left out.
  public var largestPicture = LargestPicture.recorded
  /// Every setting, as the report has it.
  public var reported: [String: ReportValue] = [:]

  /// Faces are searched, and the report has no settings.
  public init(folder: String, modelName: String, plan: TrackingPlan) {
    self.folder = folder
    self.modelName = modelName
    self.plan = plan
  }
}

/// Fits the faces of a folder's images; a broken image is said and left out.
public final class EvaluationSession {
  /// Where an evaluation was interrupted.
  public struct Interrupted: Error, CustomStringConvertible {
    let done: Int
    let count: Int
    public var description: String {
      "interrupted after \(done) of \(count) images; nothing was written"
    }
  }

  private let asked: EvaluationSettings
  private let model: FaceModel
  private let images: [EvaluationImage]
  private let boxes: BoxTable?
  private let fitter: ImageFitter
  private let detector: (any FaceDetector)?
  private let videoSettings: VideoSettings
  private let interruption: Interruption
  private var fitSeconds = 0.0
  private var detectionSeconds = 0.0
  private var fitCount = 0

  /// Reads the folder's landmarks and the boxes, but no image.
  ///
  /// - Throws: `DiagnosticsError`; `PTSReadingError`; `FaceDetectionError`; `ModelDataError` for
  ///   settings that cannot be used with the model.
  public init(_ asked: EvaluationSettings, interruption: Interruption) throws {
    let model = asked.plan.model
    guard model.landmarkCount > LandmarkError.eyeCorners.1 else {
      throw DiagnosticsError(
        description: "\(asked.modelName): a model of \(model.landmarkCount) landmarks; errors "
          + "are measured by the distance of landmarks 36 and 45")
    }
    self.asked = asked
    self.model = model
    self.interruption = interruption
    images = try EvaluationImage.list(folder: asked.folder, landmarkCount: model.landmarkCount)
    boxes = try asked.boxes.map { try BoxTable(path: $0) }
    fitter = try ImageFitter(asked.plan, starts: asked.starts)
    detector =
      boxes == nil
      ? try asked.configuration.makeDetector(followsOne: false) : nil
    videoSettings = try VideoSettings(
      greyConversion: asked.greyConversion, largestPicture: asked.largestPicture)
  }

  /// Fits image after image.
  ///
  /// - Parameters:
  ///   - begin: is told the number of each image, from 1, and how many there are.
  ///   - complain: is told why an image is left out.
  /// - Throws: `Interrupted`.
  public func run(
    begin: (Int, Int) -> Void, complain: (any Error) -> Void
  ) throws(Interrupted) -> EvaluationReport {
    var rows: [EvaluationRow] = []
    var unreadable = 0
    for (index, image) in images.enumerated() {
      if interruption.isInterrupted {
        throw Interrupted(done: index, count: images.count)
      }
      begin(index + 1, images.count)
      do {
        rows += try evaluate(image)
      } catch {
        complain(error)
        unreadable += 1
      }
    }
    return EvaluationReport(
      landmarkCount: model.landmarkCount, rows: rows, unreadable: unreadable,
      settings: asked.reported,
      model: RunReport.Model(name: asked.modelName, checksum: "sha256:" + model.checksum))
  }

  private func evaluate(_ image: EvaluationImage) throws -> [EvaluationRow] {
    let frame = try ImageReader.read(image.path, settings: videoSettings)
    let clock = ContinuousClock()
    var found: [DetectedFace] = []
    if let boxes {
      found = boxes[image.name].map { DetectedFace(box: $0, confidence: 1) }
    } else if let detector {
      let start = clock.now
      let faces = detector.detectFaces(in: frame.grey)
      if let error = detector.lastError {
        throw DiagnosticsError(description: "\(image.path): \(error)")
      }
      detectionSeconds += (clock.now - start) / .seconds(1)
      found = image.match(faces).map { [$0] } ?? []
    }
    guard !found.isEmpty else { return [EvaluationRow(notFound: image)] }
    var rows: [EvaluationRow] = []
    for one in found {
      let start = clock.now
      let face = fitter.fit(frame.grey, one)
      fitSeconds += (clock.now - start) / .seconds(1)
      fitCount += 1
      rows.append(EvaluationRow(image, box: one.box, face: face))
    }
    return rows
  }

  /// How long it took: for people, in no file.
  public var timing: String {
    let each = fitCount > 0 ? 1000 * fitSeconds / Double(fitCount) : 0
    let detection = detector == nil ? "" : String(printf: ", detection %.1f s", detectionSeconds)
    return String(printf: "%d fits in %.1f s (%.1f ms each)", fitCount, fitSeconds, each)
      + detection
  }

  /// Draws the face of a row over its image, in colour.
  func draw(_ row: EvaluationRow, to path: String, force: Bool) throws {
    let frame = try ImageReader.read(
      row.image.path,
      settings: VideoSettings(
        greyConversion: asked.greyConversion, keepsColour: true,
        largestPicture: videoSettings.largestPicture))
    var picture =
      frame.hasColour
      ? OverlayPicture(rgb: frame.colour.copy()) : OverlayPicture(grey: frame.grey)
    var style = OverlayStyle(faceWidth: row.image.truthBox.width)
    if let box = row.box { picture.drawBox(box, style: style) }
    style.contour = EvaluationOutput.truthColour
    style.dot = EvaluationOutput.truthColour
    picture.drawLandmarks(row.image.truth, style: style)
    style.contour = EvaluationOutput.fitColour
    style.dot = EvaluationOutput.fitColour
    picture.drawLandmarks(row.landmarks, style: style)
    try PNGWriter.write(picture, to: path, force: force)
  }
}
