import CAllocationCount
import CLNF
import FaceFinding
import Foundation
import Glibc
import Measurement
import Session
import TestSupport
import Testing
import Tracking
@testable import VideoInput

/// Keeps what it is told.
private struct Notes: RunObserver {
  struct Row: Equatable {
    var number: Int
    var seconds: Double
    var landmarks: [Double]
    var hasFit: Bool
    var width: Int
  }

  struct Refusal: Error {}

  var rows: [Row] = []
  var begun = 0
  var asked = 0
  var framesWanted = Int.max
  var refusesAt = Int.max

  mutating func begin(_ frame: borrowing VideoFrame) { begun += 1 }

  mutating func take(_ frame: borrowing VideoFrame, _ record: FrameRecord) throws {
    guard rows.count + 1 < refusesAt else { throw Refusal() }
    rows.append(
      Row(
        number: record.fit.frameNumber, seconds: record.fit.timestampSeconds,
        landmarks: record.fit.landmarks, hasFit: record.fit.hasFit, width: record.context.width))
  }

  mutating func goesOn() -> Bool {
    asked += 1
    return rows.count < framesWanted
  }
}

/// One loop for all sources.
@Suite struct RunnerTests {
  private func pipeline(
    _ change: (inout TrackingPlan) -> Void = { _ in }
  ) throws -> (FacePipeline, FrontalBox) {
    var plan = TrackingPlan(try SyntheticFixture.model())
    change(&plan)
    let detector = FrontalBox()
    return (try FacePipeline(plan, .onPath(detector), stream: "a"), detector)
  }

  private func run(_ feed: some FrameFeed, _ notes: Notes = Notes()) throws -> Notes {
    var notes = notes
    try Runner(pipeline().0).run(feed, &notes)
    return notes
  }

  @Test func everySourceGivesTheSameRows() throws {
    let folder = try ScratchFolder()
    try FaceFrames.write(to: folder)
    let video = try FaceFrames.video()
    try Data(video).write(to: URL(fileURLWithPath: folder.path + ".y4m"))
    defer { unlink(folder.path + ".y4m") }
    let settings = try VideoSettings(frameRate: Double(FaceFrames.rate))

    let file = try run(RecordedFeed(VideoInput.open(folder.path + ".y4m")))
    #expect(file.rows.count == FaceFrames.count && file.begun == FaceFrames.count)
    #expect(file.rows.map(\.number) == Array(1...FaceFrames.count))
    #expect(file.rows.allSatisfy { $0.hasFit && $0.width == file.rows[0].width })
    // The face moved, and was followed.
    #expect(file.rows[0].landmarks != file.rows[1].landmarks)

    let images = try run(RecordedFeed(VideoInput.open(folder.path, settings: settings)))
    #expect(images.rows == file.rows)
    let capture = try run(ScriptedCapture())
    #expect(capture.rows == file.rows)
    let ahead = try run(
      RecordedFeed(
        ReadAheadSource(
          folder.path + ".y4m", settings: .standard, interruption: Interruption(),
          framesAhead: 2)))
    #expect(ahead.rows == file.rows)

    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (read, write) = (ends[0], ends[1])
    let writer = Thread {
      var rest = video[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(write, $0.baseAddress, $0.count) }
        guard count > 0 else { break }
        rest = rest.dropFirst(count)
      }
      close(write)
    }
    writer.start()
    let piped = try run(
      RecordedFeed(
        VideoInput.open(descriptor: read, closesDescriptor: true, name: "a pipe")))
    #expect(piped.rows == file.rows)
  }

  @Test func theObserverIsAskedBetweenFramesAndEndsTheRun() throws {
    let quiet = try run(
      ScriptedCapture([
        .nothing, .frame(0, startsAnew: true), .nothing, .frame(1, startsAnew: false),
      ]))
    #expect(quiet.rows.count == 2 && quiet.begun == 2 && quiet.asked == 5)
    var few = Notes()
    few.framesWanted = 2
    #expect(try run(ScriptedCapture(), few).rows.count == 2)
    var none = Notes()
    none.framesWanted = 0
    let asked = try run(ScriptedCapture(), none)
    #expect(asked.begun == 0 && asked.asked == 1)
  }

  @Test func errorsEndTheRun() throws {
    var notes = Notes()
    notes.refusesAt = 3
    #expect(throws: Notes.Refusal.self) {
      try Runner(pipeline().0).run(ScriptedCapture(), &notes)
    }
    #expect(notes.rows.count == 2)

    let folder = try ScratchFolder()
    try FaceFrames.write(to: folder)
    let interruption = Interruption()
    let source = try VideoInput.open(folder.path, interruption: interruption)
    interruption.interrupt()
    var late = Notes()
    #expect(throws: VideoInputError.self) {
      try Runner(pipeline().0).run(RecordedFeed(source), &late)
    }
    #expect(late.rows.count < FaceFrames.count)
  }

  /// No memory for a search is no picture without a face.
  @Test func aSearchThatCannotBeRunEndsTheRun() throws {
    let turns: [ScriptedCapture.Turn] = [
      .frame(0, startsAnew: true), .frame(1, startsAnew: false), .frame(2, startsAnew: true),
    ]
    let (pipeline, detector) = try pipeline()
    detector.failsFrom = 2
    var notes = Notes()
    #expect(throws: FaceDetectionError.outOfMemory(width: 136, height: 128)) {
      try Runner(pipeline).run(ScriptedCapture(turns), &notes)
    }
    #expect(notes.rows.count == 2)

    let live = FrontalBox()
    live.failsFrom = 1
    let beside = try FacePipeline(
      TrackingPlan(SyntheticFixture.model(), isLive: true), .beside(BackgroundDetector(live)))
    // Frames of a slow source wait for their search.
    let slow = try ScriptedCapture(turns)
    slow.usualStepSeconds = 4
    var late = Notes()
    #expect(throws: FaceDetectionError.self) { try Runner(beside).run(slow, &late) }
    #expect(late.rows.allSatisfy { !$0.hasFit })
  }

  @Test func aFrameThatStartsAnewIsSearched() throws {
    let (pipeline, detector) = try pipeline()
    var notes = Notes()
    let capture = try ScriptedCapture([
      .frame(0, startsAnew: true), .frame(1, startsAnew: false), .frame(2, startsAnew: true),
    ])
    try Runner(pipeline).run(capture, &notes)
    #expect(detector.searches == 2 && notes.rows.count == 3)
  }
}

/// What a record holds, and that each step adds to it.
@Suite struct FacePipelineTests {
  private func frames(_ body: (borrowing VideoFrame) throws -> Void) throws {
    let capture = try ScriptedCapture()
    var frame = VideoFrame()
    while capture.next(into: &frame, waitingAtMost: 0) != .stopped { try body(frame) }
  }

  private func pipeline(_ configuration: TrackingConfiguration) throws -> FacePipeline {
    try FacePipeline(
      TrackingPlan(SyntheticFixture.model(), configuration), .onPath(FrontalBox()), stream: "a")
  }

  @Test func theFitStaysWhatItIsWhenItIsSmoothed() throws {
    let raw = try pipeline(TrackingConfiguration())
    var configuration = TrackingConfiguration()
    configuration.smoothing = .standard
    let smoothed = try pipeline(configuration)
    var differences = 0
    try frames { frame in
      try raw.follow(frame)
      try smoothed.follow(frame)
      let (a, b) = (raw.record, smoothed.record)
      #expect(a.fit.landmarks == b.fit.landmarks && a.measured == b.measured)
      #expect(a.shown.frame.landmarks == a.fit.landmarks && a.shown.measurement == a.measured)
      #expect(b.shown.frame.local == b.fit.local)
      #expect(b.shown.frame.residuals.count == b.fit.residuals.count)
      if b.shown.frame.landmarks != b.fit.landmarks { differences += 1 }
    }
    #expect(differences == FaceFrames.count - 1)
  }

  /// The smoother has the landmarks' confidences in any case; rows and pictures have them on request.
  @Test(arguments: [false, true])
  func confidencesAreShownWhereTheyAreAskedFor(asked: Bool) throws {
    var configuration = TrackingConfiguration()
    configuration.smoothing = .standard
    configuration.judgesLandmarks = asked
    let pipeline = try FacePipeline(
      TrackingPlan(FaceModel.default(), configuration), .onPath(FaceFinder()))
    var frame = VideoFrame()
    frame.grey = try PortableGreyMap.portrait()
    try pipeline.follow(frame)
    #expect(pipeline.record.fit.landmarkConfidences.count == 68)
    #expect(pipeline.record.shown.frame.landmarkConfidences.count == (asked ? 68 : 0))
  }

  @Test func thePoseIsAgainstTheAxesThatWereAskedFor() throws {
    var configuration = TrackingConfiguration()
    configuration.pose = .camera
    // Far from the middle, so that the two differ.
    configuration.camera = CameraIntrinsics.Overrides(cx: -200, cy: 0)
    let pipeline = try pipeline(configuration)
    try frames { frame in
      try pipeline.follow(frame)
      let shown = pipeline.record.shown.measurement
      #expect(shown.writtenPose == shown.cameraRelativePose && shown.headPose != nil)
      #expect(shown.writtenPose != shown.headPose)
      #expect(pipeline.record.context.camera.cx == -200 && pipeline.record.context.stream == "a")
    }
  }

  @Test func aFrameOfAnotherSizeHasAnotherCamera() throws {
    let pipeline = try pipeline(TrackingConfiguration())
    var frame = VideoFrame()
    var centres: [Double] = []
    for width in [160, 320, 160] {
      frame.grey = GreyImage(width: width, height: 120, repeating: 90)
      try pipeline.follow(frame)
      centres.append(pipeline.record.context.camera.cx)
    }
    #expect(centres == [80, 160, 80])
    frame.grey = GreyImage(width: 0, height: 0, repeating: 0)
    #expect(throws: MeasurementError.self) { try pipeline.follow(frame) }
  }

  @Test func followingAllocatesNothing() throws {
    var configuration = TrackingConfiguration()
    configuration.smoothing = .standard
    configuration.enlargement = 2
    let detector = try configuration.makeDetector()
    let pipeline = try FacePipeline(
      TrackingPlan(FaceModel.default(), configuration), .onPath(detector))
    var frame = VideoFrame()
    frame.grey = try PortableGreyMap.read(
      SyntheticFixture.folder.deletingLastPathComponent().appending(path: "portrait.pgm"))
    func follow(_ numbers: Range<Int>) throws {
      for number in numbers {
        frame.timestampSeconds = Double(number) / 30
        try pipeline.follow(frame)
      }
    }
    // The face is described on every fifteenth frame.
    try follow(0..<20)
    let before = allocation_count()
    try follow(20..<60)
    let after = allocation_count()
    #expect(after == before, "\(after - before) allocations in 40 frames")
    #expect(pipeline.record.fit.success && pipeline.record.measured.headPose != nil)
  }
}

/// What a configuration comes to with a model.
@Suite struct TrackingPlanTests {
  private let model: FaceModel

  init() throws { model = try FaceModel.default() }

  @Test func theReferencesRulesAreFrozen() throws {
    var configuration = TrackingConfiguration()
    configuration.fitSettings = .reference
    configuration.belief[.minConfidence] = 0.9
    for isLive in [false, true] {
      let plan = TrackingPlan(model, configuration, isLive: isLive)
      #expect(plan.tracking == .reference)
      #expect(plan.fit == FitSettings.classic(for: model).asReference)
    }
    // dlib searches for the reference, as it does there.
    #expect(try configuration.makeDetector() is FrontalFaceDetector)
    configuration.fitSettings = .landmarkd
    #expect(try configuration.makeDetector() is FaceFinder)
  }

  @Test func whatIsGivenTakesTheRulesPlace() throws {
    var configuration = TrackingConfiguration()
    configuration.belief[.minConfidence] = 0.9
    configuration.preferredPoint = TrackingSettings.Point(x: 3, y: 4)
    configuration.matchesTemplate = true
    let file = TrackingPlan(model, configuration)
    #expect(file.tracking.belief.minimumConfidence == 0.9)
    #expect(file.tracking.belief.verdicts == Belief.learned(for: model).verdicts)
    #expect(file.tracking.preferredPoint == configuration.preferredPoint)
    #expect(file.tracking.matchesTemplate && file.tracking.searchInterval == 1)
    let live = TrackingPlan(model, configuration, isLive: true)
    #expect(live.tracking.searchInterval == TrackingSettings.live(for: model).searchInterval)
  }

  /// The largest face will do where one is followed; not where its place decides.
  @Test func reducedPicturesAreSearchedFirst() throws {
    var configuration = TrackingConfiguration()
    #expect(try configuration.finderSettings().searchesReducedFirst)
    #expect(try !configuration.finderSettings(followsOne: false).searchesReducedFirst)
    configuration.preferredPoint = TrackingSettings.Point(x: 3, y: 4)
    #expect(try !configuration.finderSettings().searchesReducedFirst)
    configuration.minimumFaceWidth = -1
    #expect(throws: FaceDetectionError.self) { try configuration.finderSettings() }
  }

  @Test func framesAddUp() {
    var tally = RunTally()
    var frame = TrackedFrame()
    for (number, (hasFit, success)) in [(true, true), (true, false), (false, false), (true, true)]
      .enumerated()
    {
      frame.timestampSeconds = 2 + Double(number) / 10
      (frame.hasFit, frame.success) = (hasFit, success)
      tally.count([frame])
    }
    #expect(tally.frames == 4 && tally.tracked == 2 && tally.withoutFace == 1)
    #expect(tally.doubtful == 1 && abs(tally.mediaSeconds - 0.3) < 1e-12)
    let counts = tally.counts
    #expect(
      counts.framesRead == counts.framesTracked + counts.framesFailed + counts.framesWithoutFace)
  }

  @Test func peopleAreCountedByTheirBelievedRows() {
    var tally = RunTally()
    func face(_ id: Int, _ time: Double, _ confidence: Double?) -> TrackedFrame {
      var face = TrackedFrame()
      (face.faceID, face.timestampSeconds, face.hasFit) = (id, time, true)
      (face.success, face.confidence) = (confidence != nil, confidence ?? 0.1)
      return face
    }
    tally.count([face(2, 0, 0.9), face(5, 0, nil)])
    tally.count([face(0, 1, 0.8), face(2, 1, 0.7)])
    tally.count([face(2, 2, nil)])
    tally.count([face(2, 3, 0.8), face(0, 3, .nan)])
    #expect(tally.frames == 4 && tally.tracked == 3 && tally.doubtful == 1)
    #expect(tally.identities.map(\.faceID) == [0, 2])
    #expect(tally.identities.map(\.frames) == [2, 3])
    #expect(tally.identities.map(\.firstSeconds) == [1, 0])
    #expect(tally.identities.map(\.lastSeconds) == [3, 3])
    #expect(abs(tally.identities[0].meanConfidence - 0.4) < 1e-12)
    #expect(abs(tally.identities[1].meanConfidence - 0.8) < 1e-12)
  }
}
