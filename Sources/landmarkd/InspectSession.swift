import ArgumentParser
import CLNF
import FaceFinding
import Foundation
import Recording
import Session
import SystemNames
import Tracking
import VideoInput

/// Reads the frame, fits its face, and says, keeps, draws and compares what the fit saw.
struct InspectSession {
  private let command: InspectCommand
  private let model: FaceModel
  private let options: PlanOptions
  /// With the windows that were asked for.
  private let plan: TrackingPlan
  private let interruption: Interruption
  /// Beside which report this one is put.
  private let other: InspectOther?

  init(_ command: InspectCommand, model: FaceModel, interruption: Interruption) throws {
    self.command = command
    self.interruption = interruption
    self.model = model
    options = PlanOptions(command.model, command.detector, command.belief)
    var plan = options.plan(model)
    if let windows = command.windows {
      guard windows.count <= model.scales.count else {
        throw ValidationError(
          "--windows lists \(windows.count) sizes, the model has \(model.scales.count) scales")
      }
      plan.fit.firstFitWindows = windows
    }
    self.plan = plan
    other = try command.compare.map { try InspectOther(path: $0) }
    try checkOptions()
  }

  /// Options that go with one kind of other report.
  private func checkOptions() throws {
    switch other {
    case .images: break
    default:
      if command.image != nil { throw ValidationError("--image goes with a file of images") }
    }
    guard case .responses = other else {
      if command.caseNumber != nil {
        throw ValidationError("--case goes with a file of response maps")
      }
      return
    }
    if command.json != nil || command.outDir != nil || command.windows != nil || command.box != nil
    {
      throw ValidationError(
        "a file of response maps is compared without a fit; --json, --out-dir, --windows and --box do not go with it"
      )
    }
  }

  func run() throws {
    let frame = try readFrame()
    if case .responses(let figures) = other {
      return try compareMaps(frame.grey, figures)
    }
    let image: ReferenceImages.Image?
    if case .images(let images) = other {
      image = try images.find(command.image ?? inputName, in: command.compare ?? "")
    } else {
      image = nil
    }
    let pictures = command.outDir.map { InspectPictures(folder: $0, force: command.force) }
    if let json = command.json, json != "-" {
      try OutputCheck.beforehand(json, force: command.force)
    }
    if let outDir = command.outDir { try makeFolder(outDir) }
    try pictures?.checkAreFree(model, plan.fit)
    let box = try command.box ?? image?.box ?? detect(frame.grey)
    let (report, scales) = try fit(frame, box)
    try say(report.text)
    if let json = command.json {
      try WholeFile.write(report.bytes(), to: json, force: command.force)
    }
    try pictures?.write(frame, report, scales)
    switch other {
    case .images:
      if let image { try say(comparison(report, image.stages, of: [image.image])) }
    case .report(let other): try say(comparison(report, other.stages))
    default: break
    }
  }

  /// To standard output, or to standard error where that holds the JSON.
  private func say(_ text: String) throws {
    if command.json == "-" { Terminal.say(text) } else { try Terminal.print(text) }
  }

  private func comparison(
    _ report: InspectReport, _ stages: [InspectStage], of images: [String] = []
  ) -> String {
    InspectComparison(title: title(images), ours: report.stages, theirs: stages).text
  }

  /// A word where the other figures are of a file of another name than the input.
  private func title(_ images: [String]) -> String {
    let others = images.filter { $0 != inputName }
    guard let first = others.first else { return "compared with \(command.compare ?? "")" }
    return "compared with \(command.compare ?? ""), whose figures are of \(first); "
      + "the input is \(inputName)"
  }

  /// The input's name without its folders.
  private var inputName: String { URL(fileURLWithPath: command.input).lastPathComponent }

  private func readFrame() throws -> VideoFrame {
    let source = try VideoInput.open(
      command.input,
      settings: VideoSettings(
        startSeconds: command.at ?? 0, greyConversion: command.model.greyConversion,
        keepsColour: command.outDir != nil, largestPicture: try command.pictures.largest(),
        allowsPlaylists: command.stream.allowPlaylists,
        videoStream: command.stream.videoStream),
      interruption: interruption)
    var frame = VideoFrame()
    let wanted = command.frame ?? 1
    for number in 1...wanted {
      guard try source.read(into: &frame) else {
        throw InspectError(
          description: "\(command.input): frame \(wanted) is asked for, it has \(number - 1)")
      }
    }
    return frame
  }

  private func detect(_ image: borrowing GreyImage) throws -> FaceBox {
    let detector = try options.makeDetector(followsOne: false)
    guard let face = detector.detectFaces(in: image).first else {
      if let error = detector.lastError { throw error }
      throw InspectError(
        description: "\(command.input): the detector finds no face; --box says where one is")
    }
    return face.box
  }

  private func fit(
    _ frame: borrowing VideoFrame, _ box: FaceBox
  ) throws -> (InspectReport, [ScaleReport]) {
    let images = try ImageFitter(plan, starts: .one)
    let fitter = images.fitter
    fitter.keepsScaleReports = true
    let face = images.fit(frame.grey, box)
    let parameters = FaceParameters(global: face.global, local: face.local)
    let (landmarks, word, belief) = (face.landmarks, images.word, plan.tracking.belief)
    let n = model.landmarkCount
    let straight = EulerAngles(x: 0, y: 0, z: 0)
    let mean = [Double](repeating: 0, count: model.shapeModel.modeCount)
    let start = FaceParameters(
      global: model.shapeModel.globalParameters(box: box, local: mean, rotation: straight),
      local: mean)
    var reported = command.model.report(fit: plan.fit)
    reported.merge(command.belief.report(belief)) { first, _ in first }
    if command.box == nil { reported.merge(command.detector.report) { first, _ in first } }
    let report = InspectReport(
      scales: fitter.scaleReports.map(InspectReport.Scale.init),
      start: InspectReport.Parameters(start),
      landmarks: (0..<n).map { [landmarks[$0].rounded9, landmarks[n + $0].rounded9] },
      parameters: InspectReport.Parameters(parameters), confidence: word.confidence.rounded9,
      success: word.isBelieved,
      verdict: InspectReport.Verdict(
        belief, fitter.report, certainty: images.certainty, scaleCount: model.scales.count),
      likelihood: fitter.report.likelihood.rounded9,
      failure: fitter.report.failure?.rawValue, input: SystemName.shown(command.input),
      frame: frame.number,
      box: [box.x, box.y, box.width, box.height].map(\.rounded9),
      model: RunReport.Model(name: command.model.name, checksum: "sha256:" + model.checksum),
      settings: reported)
    return (report, fitter.scaleReports)
  }

  /// Puts the maps of the file's cases beside ours from the same parameters.
  private func compareMaps(
    _ image: borrowing GreyImage, _ figures: ReferenceResponses
  ) throws {
    let file = command.compare ?? ""
    let cases = try figures.cases(of: inputName, number: command.caseNumber, in: file)
    var ours: [InspectStage] = []
    for entry in cases {
      try entry.check(against: model, in: file)
      var plan = plan
      plan.fit.firstFitWindows = [entry.window]
      let report = try plan.makeFitter().responses(
        image: image, parameters: entry.parameters, scaleIndex: entry.scaleIndex,
        windowSize: entry.window)
      ours.append(entry.stage(of: report))
    }
    try say(
      InspectComparison(
        title: title(cases.map(\.image)), ours: ours, theirs: cases.map(\.stage)
      ).text)
  }
}
