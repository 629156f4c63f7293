import CLNF
import FaceFinding
import Foundation
import Measurement
import Recording
import Tracking
import VideoInput

/// The stages of a file's way to its rows, each by itself.
struct Stages {
  static let group = "stage"

  let material: BenchMaterial
  let runs: Int

  func measure(into report: inout BenchReport) throws {
    for video in material.videos {
      let name = video.split(separator: "/").last.map(String.init) ?? video
      for (conversion, note) in [
        (VideoSettings.GreyConversion.luma, "luma"), (.reference, "the reference's grey"),
      ] {
        let time = try Timing.median(runs: runs) { try read(video, conversion) }
        report.add(
          Self.group, "\(name): decode, \(note)", time / Double(try read(video, conversion)),
          "ms")
      }
    }
    guard let video = material.videos.first else { return }
    try measureFace(video, &report)
  }

  @discardableResult
  private func read(_ video: String, _ conversion: VideoSettings.GreyConversion) throws -> Int {
    let source = try VideoInput.open(video, settings: VideoSettings(greyConversion: conversion))
    var frame = VideoFrame()
    var count = 0
    while try source.read(into: &frame) { count += 1 }
    return count
  }

  /// What is done with a fitted face.
  private func measureFace(_ video: String, _ report: inout BenchReport) throws {
    let set = try FrameSet(video, count: 20, grey: .luma)
    guard let frame = set.frames.last else { return }
    let (image, times) = (frame, max(20, 20 * runs))
    for tracking in try TrackingCase.all(generalModel: material.generalModel).prefix(2) {
      let tracker = try tracking.makeTracker(detector: FaceFinder())
      var tracked = TrackedFrame()
      for frame in set.frames { tracker.track(frame.image, into: &tracked) }
      let model = tracking.model
      if let validator = model.validator {
        let evaluation = ValidatorEvaluation(validator, landmarkCount: model.landmarkCount)
        add(times, "\(tracking.name): validator", &report) {
          _ = evaluation.certainty(
            image: image.image, landmarks: tracked.landmarks, rotation: tracked.global.rotation)
        }
      }
      let fitter = try Fitter(model: model, settings: tracking.settings)
      var parameters = FaceParameters(global: tracked.global, local: tracked.local)
      fitter.fit(
        image: image.image, parameters: &parameters, windows: tracking.settings.trackingWindows)
      let (belief, fit) = (tracking.tracking.belief, fitter.report)
      add(times, "\(tracking.name): verdict", &report) {
        _ = belief.judge(fit, certainty: nil, scaleCount: model.scales.count)
      }
      measureFit(tracking, tracked, image.image, &report)
      try measureRow(tracked, model, times, tracking.name, &report)
    }
    let detectors: [(String, any FaceDetector)] = [
      ("finder", FaceFinder()), ("dlib, reference", try FrontalFaceDetector(.reference)),
    ]
    for (name, detector) in detectors {
      let time = Timing.median(runs: runs) { _ = detector.detectFaces(in: image.image) }
      report.add(Self.group, "\(name), 640 x 480", time, "ms")
    }
  }

  /// The parts of a full iteration at the finest scale that is tracked with.
  private func measureFit(
    _ tracking: TrackingCase, _ tracked: TrackedFrame, _ image: borrowing GreyImage,
    _ report: inout BenchReport
  ) {
    let windows = tracking.settings.trackingWindows
    guard let fitter = try? Fitter(model: tracking.model, settings: tracking.settings),
      let scale = windows.lastIndex(where: { $0 > 0 })
    else { return }
    var figures: [(FitStage, Double)] = []
    fitter.measureStages(
      image: image, parameters: FaceParameters(global: tracked.global, local: tracked.local),
      scaleIndex: scale, windowSize: windows[scale]
    ) { stage, work in
      figures.append((stage, Timing.median(runs: max(50, 50 * runs), work)))
    }
    // What is timed together with another stage is given without it.
    let others: [FitStage: FitStage] = [.solution: .equations, .reduction: .responses]
    let times = Dictionary(uniqueKeysWithValues: figures)
    for (stage, time) in figures {
      let other = others[stage].flatMap { times[$0] } ?? 0
      report.add(
        Self.group, "\(tracking.name), window \(windows[scale]): \(stage.rawValue)", time - other,
        "ms")
    }
  }

  private func measureRow(
    _ tracked: TrackedFrame, _ model: FaceModel, _ times: Int, _ name: String,
    _ report: inout BenchReport
  ) throws {
    let measurer = FaceMeasurer(camera: try CameraIntrinsics(width: 640, height: 480))
    var measurement = FaceMeasurement()
    let shape = model.shapeModel.shape3D(local: tracked.local)
    add(times, "\(name): head pose and 3D landmarks", &report) {
      measurer.measure(frame: tracked, shape3D: shape, into: &measurement)
    }
    let writer = try CSVWriter(
      path: "/dev/null",
      schema: ColumnSchema(
        landmarkCount: model.landmarkCount, modeCount: model.shapeModel.modeCount))
    let time = try Timing.median(runs: times) { try writer.write(tracked, measurement) }
    report.add(Self.group, "\(name): CSV row", time, "ms")
  }

  private func add(
    _ times: Int, _ name: String, _ report: inout BenchReport, _ work: () -> Void
  ) {
    report.add(Self.group, name, Timing.median(runs: times, work), "ms")
  }
}
