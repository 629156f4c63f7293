import ArgumentParser
import CLNF
import FaceFinding
import Foundation
import Recording
import Session
import Tracking
import VideoInput

/// Fits the faces of a folder's images; a broken image is said and left out.
final class EvaluationSession {
  private let command: EvaluateCommand
  private let model: FaceModel
  private let images: [EvaluationImage]
  private let boxes: BoxTable?
  private let plan: TrackingPlan
  private let fitter: ImageFitter
  private let detector: FrontalFaceDetector?
  private let videoSettings: VideoSettings
  private let interruption: Interruption
  private var fitSeconds = 0.0
  private var detectionSeconds = 0.0
  private var fitCount = 0

  init(_ command: EvaluateCommand, model: FaceModel, interruption: Interruption) throws {
    guard model.landmarkCount > LandmarkError.eyeCorners.1 else {
      throw EvaluationError(
        description: "\(command.model.name): a model of \(model.landmarkCount) landmarks; errors "
          + "are measured by the distance of landmarks 36 and 45")
    }
    self.command = command
    self.model = model
    self.interruption = interruption
    images = try EvaluationImage.list(folder: command.folder, landmarkCount: model.landmarkCount)
    boxes = try command.boxes.map { try BoxTable(path: $0) }
    let options = PlanOptions(command.model, command.detector, command.belief)
    let plan = options.plan(model)
    self.plan = plan
    fitter = try options.made { try ImageFitter(plan, starts: command.starts) }
    detector = boxes == nil ? try options.makeDetector(followsOne: false) : nil
    videoSettings = try VideoSettings(
      greyConversion: command.model.greyConversion,
      largestPicture: try command.pictures.largest())
  }

  func run() throws -> EvaluationReport {
    var rows: [EvaluationRow] = []
    var unreadable = 0
    for (index, image) in images.enumerated() {
      if interruption.isInterrupted {
        Terminal.complain(
          "interrupted after \(index) of \(images.count) images; nothing was written")
        throw Terminal.interrupted
      }
      if Terminal.standardErrorIsTerminal {
        Terminal.progress("\(index + 1) of \(images.count) images")
      }
      do {
        rows += try evaluate(image)
      } catch {
        if Terminal.standardErrorIsTerminal { Terminal.clearProgress() }
        Terminal.complain(error)
        unreadable += 1
      }
    }
    if Terminal.standardErrorIsTerminal { Terminal.clearProgress() }
    return EvaluationReport(
      landmarkCount: model.landmarkCount, rows: rows, unreadable: unreadable, settings: settings,
      model: RunReport.Model(name: command.model.name, checksum: "sha256:" + model.checksum))
  }

  private func evaluate(_ image: EvaluationImage) throws -> [EvaluationRow] {
    let frame = try ImageReader.read(image.path, settings: videoSettings)
    let clock = ContinuousClock()
    var found: [FaceBox] = []
    if let boxes {
      found = boxes[image.name]
    } else if let detector {
      let start = clock.now
      let faces = detector.detectFaces(in: frame.grey).map(\.box)
      if let error = detector.lastError {
        throw EvaluationError(description: "\(image.path): \(error)")
      }
      detectionSeconds += (clock.now - start).seconds
      found = image.match(faces).map { [$0] } ?? []
    }
    guard !found.isEmpty else { return [EvaluationRow(notFound: image)] }
    var rows: [EvaluationRow] = []
    for box in found {
      let start = clock.now
      let face = fitter.fit(frame.grey, box)
      fitSeconds += (clock.now - start).seconds
      fitCount += 1
      rows.append(EvaluationRow(image, box: box, face: face))
    }
    return rows
  }

  /// How long it took: for people, in no file.
  var timing: String {
    let each = fitCount > 0 ? 1000 * fitSeconds / Double(fitCount) : 0
    let detection = detector == nil ? "" : String(format: ", detection %.1f s", detectionSeconds)
    return String(format: "%d fits in %.1f s (%.1f ms each)", fitCount, fitSeconds, each)
      + detection
  }

  private var settings: [String: ReportValue] {
    var settings = command.model.report(fit: plan.fit)
    settings.merge(command.belief.report(plan.tracking.belief)) { first, _ in first }
    settings["starts"] = .number(Double(command.starts.rawValue))
    if let boxes = command.boxes {
      settings["boxes"] = .text(boxes)
    } else {
      settings["boxes"] = "detector"
      settings.merge(command.detector.report) { first, _ in first }
    }
    return settings
  }

  /// Draws the face of a row over its image, in colour.
  func draw(_ row: EvaluationRow, to path: String, force: Bool) throws {
    let frame = try ImageReader.read(
      row.image.path,
      settings: VideoSettings(
        greyConversion: command.model.greyConversion, keepsColour: true,
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
