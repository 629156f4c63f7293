import Tracking

/// A run's frames by what became of them, its faces by who they are, and its time.
public struct RunTally: Sendable, Equatable {
  public private(set) var frames = 0
  /// With a fit that was believed, of one face at least.
  public private(set) var tracked = 0
  public private(set) var withoutFace = 0
  /// By face_id, those that were believed at least once.
  public private(set) var identities: [RunReport.Identity] = []
  private var firstTime: Double?
  private var lastTime = 0.0

  public init() {}

  /// With fits, and none that was believed.
  public var doubtful: Int { frames - tracked - withoutFace }

  /// From the first frame's time stamp to the last one's.
  public var mediaSeconds: Double { lastTime - (firstTime ?? lastTime) }

  /// - Parameter faces: a frame's; of one without a face one without a fit.
  public mutating func count(_ faces: some Collection<TrackedFrame>) {
    frames += 1
    if faces.contains(where: \.success) { tracked += 1 }
    if !faces.contains(where: \.hasFit) { withoutFace += 1 }
    let time = faces.first?.timestampSeconds ?? lastTime
    if firstTime == nil { firstTime = time }
    lastTime = time
    for face in faces where face.success { count(face) }
  }

  private mutating func count(_ face: TrackedFrame) {
    // Few people: a list is fast enough, and allocates where somebody is new only.
    let index = identities.firstIndex { $0.faceID >= face.faceID } ?? identities.count
    if index == identities.count || identities[index].faceID != face.faceID {
      identities.insert(
        RunReport.Identity(faceID: face.faceID, firstSeconds: face.timestampSeconds), at: index)
    }
    identities[index].add(face)
  }

  /// The counts of a report.
  public var counts: RunReport.Counts {
    var counts = RunReport.Counts()
    counts.framesRead = frames
    counts.framesTracked = tracked
    counts.framesWithoutFace = withoutFace
    counts.framesFailed = doubtful
    return counts
  }
}

extension RunReport.Identity {
  fileprivate mutating func add(_ face: TrackedFrame) {
    lastSeconds = face.timestampSeconds
    frames += 1
    // Of a fit that ended and that nothing speaks for or against there is none.
    let confidence = face.confidence.isFinite ? face.confidence : 0
    meanConfidence += (confidence - meanConfidence) / Double(frames)
  }
}
