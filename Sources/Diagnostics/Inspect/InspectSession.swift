import CLNF
import FaceFinding
import FoundationEssentials
import Recording
import Session
import SystemNames
import Tracking
import VideoInput

/// What is inspected, and what becomes of it.
public struct InspectSettings: Sendable {
  /// An image, a video, a folder of images, a pattern, or - for standard input.
  public var input: String
  /// How the input is read.
  public var video: VideoSettings
  /// Which of the frames that are read, from 1.
  public var frame = 1
  /// Where the face is; nil: where the other report has it, else where the detector finds one.
  public var box: FaceBox?
  /// Whose face: its face_id where all faces are tracked from the first frame on; nil: any.
  public var faceID: Int?
  /// The model's name in reports.
  public var modelName: String
  /// What the face is fitted with.
  public var plan: TrackingPlan
  /// How faces are searched.
  public var configuration = TrackingConfiguration()
  /// Every setting, as the report has it.
  public var reported: [String: ReportValue] = [:]
  /// The file of the report; -: standard output.
  public var json: String?
  /// The folder of the pictures.
  public var folder: String?
  /// Whether files that exist are replaced.
  public var force = false
  /// Beside which report this one is put.
  public var other: InspectOther?
  /// The other report's file.
  public var otherPath = ""
  /// Which of the other's images; nil: that of the input's file name.
  public var image: String?
  /// Which of the other's cases; nil: every one of the input's file name.
  public var caseNumber: Int?

  /// The first frame's face, where the detector finds it; nothing is written.
  public init(input: String, video: VideoSettings, modelName: String, plan: TrackingPlan) {
    self.input = input
    self.video = video
    self.modelName = modelName
    self.plan = plan
  }
}

/// Reads the frame, fits its face, and says, keeps, draws and compares what the fit saw.
public struct InspectSession {
  private let asked: InspectSettings
  private let model: FaceModel
  private let interruption: Interruption

  /// - Parameter interruption: ends waiting for the input.
  public init(_ asked: InspectSettings, interruption: Interruption) {
    self.asked = asked
    self.interruption = interruption
    model = asked.plan.model
  }

  /// Fits, writes and compares.
  ///
  /// - Parameter say: is told what is for people: the report, then the comparison.
  public func run(say: (String) throws -> Void) throws {
    var followed: FaceBox?
    let frame = try readFrame(&followed)
    if case .responses(let figures) = asked.other {
      return try say(comparedMaps(frame.grey, figures))
    }
    let image: ReferenceImages.Image?
    if case .images(let images) = asked.other {
      image = try images.find(asked.image ?? inputName, in: asked.otherPath)
    } else {
      image = nil
    }
    let pictures = asked.folder.map { InspectPictures(folder: $0, force: asked.force) }
    if let json = asked.json, json != "-" {
      try OutputCheck.beforehand(json, force: asked.force)
    }
    try pictures?.makeFolder()
    try pictures?.checkAreFree(model, asked.plan.fit)
    let face =
      try (asked.box ?? followed ?? image?.box).map { DetectedFace(box: $0, confidence: 1) }
      ?? detect(frame.grey)
    let (report, scales) = try fit(frame, face)
    try say(report.text)
    if let json = asked.json {
      try WholeFile.write(report.bytes(), to: json, force: asked.force)
    }
    try pictures?.write(frame, report, scales)
    switch asked.other {
    case .images:
      if let image { try say(comparison(report, image.stages, of: [image.image])) }
    case .report(let other): try say(comparison(report, other.stages))
    default: break
    }
  }

  private func comparison(
    _ report: InspectReport, _ stages: [InspectStage], of images: [String] = []
  ) -> String {
    InspectComparison(title: title(images), ours: report.stages, theirs: stages).text
  }

  /// A word where the other figures are of a file of another name than the input.
  private func title(_ images: [String]) -> String {
    let others = images.filter { $0 != inputName }
    guard let first = others.first else { return "compared with \(asked.otherPath)" }
    return "compared with \(asked.otherPath), whose figures are of \(first); "
      + "the input is \(inputName)"
  }

  /// The input's name without its folders.
  private var inputName: String { URL(fileURLWithPath: asked.input).lastPathComponent }

  /// - Parameter followed: where the face is that was asked for by its number; unchanged where none was.
  private func readFrame(_ followed: inout FaceBox?) throws -> VideoFrame {
    let source = try VideoInput.open(
      asked.input, settings: asked.video, interruption: interruption)
    let crowd = try asked.faceID.map { _ in try makeCrowd() }
    var frame = VideoFrame()
    for number in 1...asked.frame {
      guard try source.read(into: &frame) else {
        throw DiagnosticsError(
          description: "\(asked.input): frame \(asked.frame) is asked for, it has \(number - 1)")
      }
      try crowd?.follow(frame)
    }
    guard let crowd, let id = asked.faceID else { return frame }
    let faces = crowd.record.faces.map(\.fit).filter(\.hasFit)
    guard let face = faces.first(where: { $0.faceID == id }),
      let box = FaceBox(around: face.landmarks)
    else {
      let there = faces.map { "\($0.faceID)" }.joined(separator: ", ")
      throw DiagnosticsError(
        description: "\(asked.input): frame \(asked.frame) has no face \(id); "
          + (there.isEmpty ? "it has none" : "it has \(there)"))
    }
    followed = box
    return frame
  }

  /// What follows all faces, as `track --faces all` does.
  private func makeCrowd() throws -> FacePipeline {
    var configuration = asked.configuration
    configuration.faceLimit = FaceCrowd.mostFaces
    var plan = asked.plan
    plan.faceLimit = configuration.faceLimit
    return try FacePipeline(plan, .onPath(try configuration.makeDetector()))
  }

  private func detect(_ image: borrowing GreyImage) throws -> DetectedFace {
    let detector = try asked.configuration.makeDetector(followsOne: false)
    guard let face = detector.detectFaces(in: image).first else {
      if let error = detector.lastError { throw error }
      throw DiagnosticsError(
        description: "\(asked.input): the detector finds no face; --box says where one is")
    }
    return face
  }

  private func fit(
    _ frame: borrowing VideoFrame, _ found: DetectedFace
  ) throws -> (InspectReport, [ScaleReport]) {
    var plan = asked.plan
    plan.tracking.judgesLandmarks = true
    let images = try ImageFitter(plan, starts: .one)
    let fitter = images.fitter
    fitter.keepsScaleReports = true
    let face = images.fit(frame.grey, found)
    let box = found.box
    let parameters = FaceParameters(global: face.global, local: face.local)
    let (landmarks, word, belief) = (face.landmarks, images.word, asked.plan.tracking.belief)
    let n = model.landmarkCount
    let report = InspectReport(
      scales: fitter.scaleReports.map(InspectReport.Scale.init),
      start: InspectReport.Parameters(images.start),
      landmarks: (0..<n).map { [landmarks[$0].rounded9, landmarks[n + $0].rounded9] },
      landmarkConfidences: face.landmarkConfidences.isEmpty
        ? nil : face.landmarkConfidences.map(\.rounded9),
      parameters: InspectReport.Parameters(parameters), confidence: word.confidence.rounded9,
      success: word.isBelieved,
      verdict: InspectReport.Verdict(
        belief, images.report, certainty: images.certainty, scaleCount: model.scales.count),
      likelihood: fitter.report.likelihood.rounded9,
      failure: fitter.report.failure?.rawValue, input: SystemName.shown(asked.input),
      frame: frame.number,
      box: [box.x, box.y, box.width, box.height].map(\.rounded9),
      model: RunReport.Model(name: asked.modelName, checksum: "sha256:" + model.checksum),
      settings: asked.reported)
    return (report, fitter.scaleReports)
  }

  /// Puts the maps of the file's cases beside ours from the same parameters.
  private func comparedMaps(
    _ image: borrowing GreyImage, _ figures: ReferenceResponses
  ) throws -> String {
    let file = asked.otherPath
    let cases = try figures.cases(of: inputName, number: asked.caseNumber, in: file)
    var ours: [InspectStage] = []
    for entry in cases {
      try entry.check(against: model, in: file)
      var plan = asked.plan
      plan.fit.firstFitWindows = [entry.window]
      let report = try plan.makeFitter().responses(
        image: image, parameters: entry.parameters, scaleIndex: entry.scaleIndex,
        windowSize: entry.window)
      ours.append(entry.stage(of: report))
    }
    return InspectComparison(
      title: title(cases.map(\.image)), ours: ours, theirs: cases.map(\.stage)
    ).text
  }
}
