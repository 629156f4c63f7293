import CLNF
import FaceFinding
import SystemSupport

/// Follows several faces from frame to frame, each under its person's number.
///
/// Give it every frame in order. A face that is not believed is offered the nearest face of a search, as
/// one alone would be (`FaceTracker`); faces that no track covers become tracks of their own where their
/// first fit is believed. Two tracks of one face become one. Where it cannot be told at once whether a face
/// is somebody's who was seen before, it has rows from some frames later on.
///
/// With a detector on the path a frame that needs one waits for it; with one beside the path the frame
/// goes on without, and what is found in its copy is brought forward to a later frame. What comes of a
/// frame does not depend on the number of threads. Allocates nothing once the faces are known, but for
/// searches. One thread at a time.
public final class FaceCrowd {
  public let settings: TrackingSettings
  /// How many faces are followed at most.
  public let limit: Int
  /// Whether a search was made in the last frame, or begun beside the path.
  public private(set) var detectorRan = false
  /// Why the last search could not be run; nil where it was.
  public private(set) var searchError: FaceDetectionError?
  private let search: Search
  private let makeTrack: () throws(ModelDataError) -> Track
  let identities: FaceIdentities
  private let team: WorkTeam
  /// The faces that are followed, by their numbers.
  var tracks: [Track] = []
  /// Tracks whose faces have gone, for the next ones.
  private var spare: [Track] = []
  private var work = FollowWork()
  private var framesSinceSearch = Int.max
  private var framesSinceLoss = Int.max
  private var cuts = CutWatch()
  /// Of all tracks that ever began.
  private var begun = 0

  /// So many faces are followed where all are asked for.
  public static let mostFaces = 64
  /// Between searches for further faces, frames.
  public static let searchInterval = 8
  /// The same until `searchInterval` frames after a face was given up: those that a jump or a hand took away
  /// are soon back.
  private static let intervalAfterLoss = 2

  private enum Search {
    case onPath(any FaceDetector)
    case beside(BackgroundDetector)
  }

  /// - Parameters:
  ///   - limit: 1 to `mostFaces`.
  ///   - threads: that share a frame's faces, at least 1.
  ///   - makeFitter: makes a fitter for each face; without a companion of its own.
  ///   - makeJudge: makes what believes or doubts its fits.
  /// - Throws: `ModelDataError` for settings that cannot be used.
  public convenience init(
    limit: Int, detector: any FaceDetector, settings: TrackingSettings, threads: Int,
    makeFitter: @escaping () throws(ModelDataError) -> Fitter,
    makeJudge: @escaping () -> (any LandmarkJudge)?
  ) throws(ModelDataError) {
    try self.init(limit, .onPath(detector), settings, threads, makeFitter, makeJudge)
  }

  /// For live sources: no frame waits for the detector.
  public convenience init(
    limit: Int, besides detector: BackgroundDetector, settings: TrackingSettings, threads: Int,
    makeFitter: @escaping () throws(ModelDataError) -> Fitter,
    makeJudge: @escaping () -> (any LandmarkJudge)?
  ) throws(ModelDataError) {
    try self.init(limit, .beside(detector), settings, threads, makeFitter, makeJudge)
  }

  private init(
    _ limit: Int, _ search: Search, _ settings: TrackingSettings, _ threads: Int,
    _ makeFitter: @escaping () throws(ModelDataError) -> Fitter,
    _ makeJudge: @escaping () -> (any LandmarkJudge)?
  ) throws(ModelDataError) {
    self.limit = max(1, min(limit, Self.mostFaces))
    self.search = search
    self.settings = settings
    identities = FaceIdentities()
    team = WorkTeam("faces", helpers: max(1, threads) - 1)
    makeTrack = { () throws(ModelDataError) in
      Track(try FaceFollower(makeFitter(), makeJudge(), settings), settings)
    }
    // What cannot be made is said now.
    spare.append(try makeTrack())
  }

  /// Forgets the faces, not the people: as after a gap in a stream.
  public func forgetFaces() {
    for track in tracks { track.follower.forget() }
    spare.append(contentsOf: tracks)
    tracks.removeAll(keepingCapacity: true)
    framesSinceSearch = .max
    framesSinceLoss = .max
    searchError = nil
    cuts.reset()
    if case .beside(let detector) = search { detector.discard() }
  }

  /// Forgets everything, as at the beginning of a video.
  public func reset() {
    forgetFaces()
    identities.reset()
  }

  /// Looks at the next frame and fills the first of `frames`, all but their numbers and times; more are
  /// added where there are too few. Returns how many: one for each face, by face_id, or one without a fit.
  ///
  /// - Parameters:
  ///   - seconds: the frame's time.
  ///   - spareSeconds: as `FaceTracker.track`.
  public func track(
    _ image: borrowing GreyImage, at seconds: Double, into frames: inout [TrackedFrame],
    spareSeconds: Double = 0
  ) -> Int {
    detectorRan = false
    searchError = nil
    if cuts.isCut(image) { noticeCut(seconds) }
    withUnsafePointer(to: image) { pointer in
      work.begin(tracks, pointer)
      team.perform(tracks.count, of: work)
      work.end()
    }
    dropTwins(image)
    let faces = found(in: image, spareSeconds: spareSeconds)
    if !faces.isEmpty { give(faces, image, seconds) }
    for track in tracks { notice(track, seconds) }
    tracks.sort { ($0.id, $0.serial) < ($1.id, $1.serial) }
    return fill(&frames, image)
  }

  // MARK: Tracks

  /// What a face is called whose number is not told yet.
  static let noNumber = -1

  /// Of the smaller of two boxes: sharing more, they are of one face.
  static let sameFace = 0.5

  /// Of two tracks of one face the one stays that was believed longer without a break: the other slipped
  /// there from a face that is hidden now. Which of the two persons it is has to be told anew.
  private func dropTwins(_ image: borrowing GreyImage) {
    var index = 0
    while index < tracks.count {
      let stays = tracks.indices.first { other in
        guard other != index, tracks[other].follower.isBelieved,
          let a = tracks[index].follower.place(), let b = tracks[other].follower.place(),
          a.shareOfUnion(with: b) > Self.twins
        else { return false }
        return standing(index).goes(before: standing(other))
      }
      guard let stays else {
        index += 1
        continue
      }
      let twin = tracks[stays]
      release(index)
      makeStranger(twin)
      twin.describe(image)
    }
  }

  private static let twins = 0.45

  private func standing(_ index: Int) -> Standing {
    let track = tracks[index]
    return Standing(
      isBelieved: track.follower.isBelieved, believedFrames: track.believedFrames, age: track.age,
      number: index)
  }

  private func release(_ index: Int) {
    let track = tracks.remove(at: index)
    track.clear()
    spare.append(track)
  }

  // MARK: Searches

  /// What a search finds in the frame, where one is due.
  private func found(in image: borrowing GreyImage, spareSeconds: Double) -> [DetectedFace] {
    if framesSinceSearch < .max { framesSinceSearch += 1 }
    if framesSinceLoss < .max { framesSinceLoss += 1 }
    let further =
      framesSinceLoss <= Self.searchInterval ? Self.intervalAfterLoss : Self.searchInterval
    let interval = tracks.isEmpty ? settings.searchInterval : further
    let isDue =
      tracks.contains(where: \.wantsFace)
      || (tracks.count < limit && framesSinceSearch >= interval)
    switch search {
    case .onPath(let detector):
      guard isDue else { return [] }
      detectorRan = true
      framesSinceSearch = 0
      defer { searchError = detector.lastError }
      return detector.detectFaces(in: image)
    case .beside(let detector):
      if spareSeconds > 0, isDue {
        // An answer about the picture before is old; a search that still runs is all that there will be.
        if detector.hasAnswer { detector.discard() }
        submit(image, to: detector)
        detector.waitForAnswer(atMost: spareSeconds)
      }
      let faces = detector.take { copy, faces in
        faces.compactMap { face in
          tracks.contains { $0.covers(face.box) }
            ? nil : FaceTemplate.carry(face, from: copy, to: image)
        }
      }
      if faces != nil { searchError = detector.lastError }
      if faces == nil, isDue { submit(image, to: detector) }
      return faces ?? []
    }
  }

  /// Begins a search beside the path, where none runs.
  private func submit(_ image: borrowing GreyImage, to detector: BackgroundDetector) {
    guard !detector.isBusy, detector.submit(image) else { return }
    detectorRan = true
    framesSinceSearch = 0
  }

  /// Gives what was found to tracks that want a face, and begins tracks with what is left.
  private func give(_ faces: [DetectedFace], _ image: borrowing GreyImage, _ seconds: Double) {
    var left = faces.filter { face in !tracks.contains { $0.covers(face.box) } }
    for track in tracks where !track.follower.isBelieved {
      guard let place = track.follower.lastPlace(),
        let nearest = left.indices.filter({ place.isNear(left[$0].box) })
          .min(by: { place.distance(to: left[$0].box) < place.distance(to: left[$1].box) })
      else { continue }
      guard track.follower.startAgain(on: left[nearest], in: image) else { continue }
      left.remove(at: nearest)
      track.machine.redetected(success: true)
      track.describe(image)
      rename(track, seconds)
    }
    var attempts = 0
    for face in left where tracks.count < limit && attempts < 2 * limit {
      guard !tracks.contains(where: { $0.covers(face.box) }) else { continue }
      attempts += 1
      begin(face, image, seconds)
    }
  }

  /// A track of a face that was found, where its first fit is believed.
  private func begin(_ face: DetectedFace, _ image: borrowing GreyImage, _ seconds: Double) {
    guard let track = spare.popLast() ?? (try? makeTrack()) else { return }
    track.clear()
    track.follower.begin()
    track.follower.start(on: face, in: image)
    let isTwin = tracks.contains { other in
      guard other.follower.isBelieved, let a = track.follower.place(),
        let b = other.follower.place()
      else { return false }
      return a.shareOfUnion(with: b) > Self.twins
    }
    guard track.follower.isBelieved, !isTwin else {
      spare.append(track)
      return
    }
    track.machine.searched(success: true)
    track.serial = begun
    begun += 1
    welcome(track, image, seconds)
    tracks.append(track)
  }

  // MARK: Rows

  private func fill(_ frames: inout [TrackedFrame], _ image: borrowing GreyImage) -> Int {
    while frames.count < max(1, tracks.count) { frames.append(TrackedFrame()) }
    var (index, count) = (0, 0)
    while index < tracks.count {
      let track = tracks[index]
      let isGivenUp = track.machine.end()
      if !track.isStranger {
        frames[count].faceID = track.id
        track.follower.fill(&frames[count], image, hasFit: true, isGivenUp: isGivenUp)
        count += 1
      }
      if isGivenUp {
        release(index)
        framesSinceLoss = 0
      } else {
        index += 1
      }
    }
    guard count > 0 else {
      frames[0].withdraw()
      frames[0].faceID = 0
      return 1
    }
    return count
  }
}
