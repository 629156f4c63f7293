import ArgumentParser
import CLNF
import Diagnostics
import FaceFinding
import Measurement
import Pictures
import Recording
import Session
import SystemNames
import Tracking
import VideoInput

/// Fits image after image; a broken one is said and left out.
final class FitSession {
  private let command: FitCommand
  private let model: FaceModel
  private let boxes: BoxTable?
  private let plan: TrackingPlan
  private let fitter: ImageFitter
  private let detector: (any FaceDetector)?
  private let videoSettings: VideoSettings
  private let interruption: Interruption
  private var tally = Tally()

  init(
    _ command: FitCommand, model: FaceModel, boxes: BoxTable?, interruption: Interruption
  ) throws {
    self.command = command
    self.interruption = interruption
    self.model = model
    self.boxes = boxes
    var configuration =
      PlanOptions(command.model, command.detector, command.belief, command.camera).configuration
    configuration.judgesLandmarks = command.columns.groups.contains(.confidences)
    let options = PlanOptions(command.model, configuration)
    let plan = options.plan(model)
    self.plan = plan
    fitter = try options.made { try ImageFitter(plan, starts: command.starts) }
    detector = boxes == nil ? try options.makeDetector(followsOne: false) : nil
    videoSettings = try VideoSettings(
      greyConversion: command.model.greyConversion, keepsColour: command.picture != nil,
      largestPicture: try command.pictures.largest())
  }

  /// Fits every image, or up to an interruption; says what is wrong with any.
  func run() throws -> ExitCode {
    let schema = ColumnSchema(
      landmarkCount: model.landmarkCount, modeCount: model.shapeModel.modeCount,
      groups: command.columns.groups, imageColumn: "image", hasTimes: false)
    var status = ExitCode.success
    var opened: CSVWriter?
    do {
      for file in command.image.flatMap(command.files(of:)) {
        try OutputCheck.beforehand(file, force: command.force)
      }
      let writer = try CSVWriter(path: command.output, schema: schema, force: command.force)
      opened = writer
      for (index, image) in command.image.enumerated() {
        if interruption.isInterrupted {
          let place = try writer.abandon() ?? writer.name
          Terminal.complain("interrupted: \(writer.rowsWritten) rows are in \(place)")
          return Terminal.interrupted
        }
        do {
          try fit(image, number: index + 1, writer)
        } catch let error where error is RecordingError || error is PicturesError {
          throw error
        } catch {
          Terminal.complain(error)
          tally.unreadable += 1
          status = Terminal.unusable
        }
      }
      try writer.finish()
      if !command.quiet { Terminal.say(tally.text(command.output)) }
    } catch {
      Terminal.complain(error)
      if let writer = opened {
        sayRows(writer, "", in: (try? writer.abandon()) ?? writer.partialPath)
      }
      return interruption.isBehind(error) ? Terminal.interrupted : Terminal.unusable
    }
    return status
  }

  /// What became of the images and their faces.
  private struct Tally {
    var images = 0
    var believed = 0
    var doubtful = 0
    var withoutFace = 0
    var unreadable = 0

    func text(_ output: String) -> String {
      func count(_ number: Int, _ name: String) -> String {
        "\(number) \(name)\(number == 1 ? "" : "s")"
      }
      let faces = count(believed + doubtful, "face")
      var text =
        "\(count(images, "image")): \(faces), \(believed) believed, \(doubtful) doubtful; "
        + "\(withoutFace) without a face"
      if unreadable > 0 { text += "; \(unreadable) could not be fitted" }
      return output == "-" ? text : text + " -> \(output)"
    }
  }

  private struct Unsearched: Error, CustomStringConvertible {
    let image: String
    let reason: String
    var description: String { "\(image): \(reason)" }
  }

  private struct IsFolder: Error, CustomStringConvertible {
    let image: String
    var description: String { "\(image) is a folder without images" }
  }

  private struct NoBox: Error, CustomStringConvertible {
    let image: String
    var description: String { "\(image): the boxes' file has no box for it" }
  }

  private func fit(_ image: String, number: Int, _ writer: CSVWriter) throws {
    tally.images += 1
    guard !SystemName.isFolder(image) else { throw IsFolder(image: image) }
    let frame = try ImageReader.read(image, settings: videoSettings)
    let found: [DetectedFace]
    if let boxes {
      found = boxes[image].map { DetectedFace(box: $0, confidence: 1) }
      guard !found.isEmpty else { throw NoBox(image: image) }
    } else {
      found = detector?.detectFaces(in: frame.grey) ?? []
      if let error = detector?.lastError { throw Unsearched(image: image, reason: "\(error)") }
    }
    let measurer = FaceMeasurer(
      camera: try plan.intrinsics(width: frame.grey.width, height: frame.grey.height))
    var faces: [(TrackedFrame, FaceMeasurement)] = []
    for (index, one) in found.enumerated() {
      var face = fitter.fit(frame.grey, one)
      face.frameNumber = number
      face.faceID = index
      var measurement = FaceMeasurement()
      measurement.poseAxes = plan.pose
      measurer.measure(
        frame: face, shape3D: model.shapeModel.shape3D(local: face.local), into: &measurement)
      faces.append((face, measurement))
      if face.success { tally.believed += 1 } else { tally.doubtful += 1 }
      try writer.write(face, measurement, image: SystemName.shown(image))
    }
    if faces.isEmpty {
      tally.withoutFace += 1
      var none = TrackedFrame()
      none.frameNumber = number
      try writer.write(none, FaceMeasurement(), image: SystemName.shown(image))
    }
    try writePictures(image, frame, faces, measurer.camera)
  }

  private func writePictures(
    _ image: String, _ frame: borrowing VideoFrame, _ faces: [(TrackedFrame, FaceMeasurement)],
    _ camera: CameraIntrinsics
  ) throws {
    let stem = FitCommand.stem(of: image)
    if let folder = command.pts {
      for (face, _) in faces where face.hasFit {
        let name = face.faceID == 0 ? stem : "\(stem)_\(face.faceID)"
        try PTSFile.write(face.landmarks, to: "\(folder)/\(name).pts", force: command.force)
      }
    }
    if let folder = command.picture {
      try FacePicture.write(
        frame, faces: faces, camera: camera, to: "\(folder)/\(stem).png", force: command.force)
    }
  }
}
