import CLNF
import FaceFinding
import TestSupport
import Testing

@testable import Tracking

/// Several faces: the synthetic model on copies of its picture side by side, with a scripted detector.
struct FaceCrowdTests {
  /// A crowd with what tells its fits right.
  private final class World {
    let detector = ScriptedDetector()
    let judges = Judges()
    let crowd: FaceCrowd
    var frames: [TrackedFrame] = []
    var number = 0

    init(limit: Int = 4, threads: Int = 1, searchInterval: Int = 1) throws {
      var settings = TrackingSettings.reference
      settings.searchInterval = searchInterval
      settings.redetectionInterval = 1
      settings.failureLimit = 2
      let model = try SyntheticFixture.model()
      crowd = try FaceCrowd(
        limit: limit, detector: detector, settings: settings, threads: threads,
        makeFitter: { () throws(ModelDataError) in try Fitter(model: model, settings: .video) },
        makeJudge: { [judges] in judges.make() })
    }

    /// The face_ids of a frame's rows; none for a row without a fit.
    @discardableResult
    func track(_ image: borrowing GreyImage) -> [Int] {
      let count = crowd.track(image, at: Double(number) / 25, into: &frames)
      number += 1
      return frames[..<count].filter(\.hasFit).map(\.faceID)
    }
  }

  /// Doubts fits left of a place, and those in doubted parts.
  final class Judges {
    /// x from ... to of fits that are doubted.
    var doubted: ClosedRange<Double>?

    func make() -> any LandmarkJudge { Judge(self) }

    private final class Judge: LandmarkJudge {
      let judges: Judges
      init(_ judges: Judges) { self.judges = judges }

      func certainty(
        image: borrowing GreyImage, landmarks: UnsafePointer<Double>, rotation: EulerAngles
      ) -> Double {
        judges.doubted?.contains(landmarks[0]) == true
          ? ScriptedWorld.doubted : ScriptedWorld.believed
      }
    }
  }

  /// `count` frontal faces from left to right, on one picture.
  private func row(_ count: Int, empty: Set<Int> = []) throws -> GreyImage {
    let one = try SyntheticFixture.image("image_frontal.pgm")
    var all = GreyImage(width: count * one.width, height: one.height, repeating: 90)
    let width = one.width
    one.withSamples { from in
      all.withMutableSamples { to in
        for place in 0..<count where !empty.contains(place) {
          for y in 0..<from.count / width {
            for x in 0..<width {
              to[y * count * width + place * width + x] = from[y * width + x]
            }
          }
        }
      }
    }
    return all
  }

  private func box(_ place: Int) throws -> FaceBox {
    let width = Double(try SyntheticFixture.image("image_frontal.pgm").width)
    var box = ScriptedWorld.frontalBox
    box.x += width * Double(place)
    return box
  }

  private func faces(_ places: [Int]) throws -> [DetectedFace] {
    try places.enumerated().map {
      DetectedFace(box: try box($0.element), confidence: 5 - Double($0.offset))
    }
  }

  @Test func eachFaceHasARowUnderItsNumber() throws {
    let world = try World()
    let image = try row(3)
    #expect(world.track(image).isEmpty && world.frames[0].state == .searching)
    world.detector.faces = try faces([2, 0, 1])
    #expect(world.track(image) == [0, 1, 2])
    // In the order of the search; rows are in the order of the numbers.
    for (index, place) in [2, 0, 1].enumerated() {
      #expect(abs(world.frames[index].global.tx - (try box(place)).center.x) < 15, "\(place)")
      #expect(world.frames[index].success && world.frames[index].state == .tracking)
    }
    for _ in 0..<20 { #expect(world.track(image) == [0, 1, 2]) }
  }

  @Test func noMoreThanAreAskedFor() throws {
    let world = try World(limit: 2)
    world.detector.faces = try faces([1, 2, 0])
    let image = try row(3)
    for _ in 0..<3 { #expect(world.track(image) == [0, 1]) }
    // With all that are wanted there is nothing to search for.
    let calls = world.detector.calls
    for _ in 0..<30 { world.track(image) }
    #expect(world.detector.calls == calls)
  }

  @Test func furtherFacesAreSearchedForNowAndThen() throws {
    let world = try World()
    let image = try row(3)
    world.detector.faces = try faces([0])
    world.track(image)
    world.detector.faces = try faces([0, 1])
    let calls = world.detector.calls
    var seen: [Int] = []
    for _ in 0..<FaceCrowd.searchInterval { seen = world.track(image) }
    #expect(world.detector.calls == calls + 1 && seen == [0, 1])
  }

  /// The detector sees one face twice: once as it is, once a little beside it.
  @Test func twinsAreOne() throws {
    let world = try World()
    var twin = try box(0)
    twin.x += 30
    twin.width *= 0.8
    world.detector.faces = try faces([0, 1]) + [DetectedFace(box: twin, confidence: 1)]
    let image = try row(2)
    for _ in 0..<20 { #expect(world.track(image) == [0, 1]) }
  }

  /// A fit that slipped from a hidden face onto another one goes, not the one that was there all along.
  @Test func ofTwinsTheOneStaysThatWasBelievedWithoutABreak() {
    func standing(_ isBelieved: Bool, _ frames: Int, _ age: Int, _ number: Int)
      -> FaceCrowd.Standing
    {
      .init(isBelieved: isBelieved, believedFrames: frames, age: age, number: number)
    }
    let steady = standing(true, 300, 300, 3)
    for (other, what) in [
      (standing(true, 1, 300, 0), "doubted a frame ago"), (standing(false, 0, 900, 0), "doubted"),
      (standing(true, 299, 299, 0), "younger"), (standing(true, 300, 299, 0), "as steady, younger"),
      (standing(true, 300, 300, 4), "all the same, later"),
    ] {
      #expect(other.goes(before: steady), "\(what)")
      #expect(!steady.goes(before: other), "\(what)")
    }
  }

  @Test func aFaceThatIsNotBelievedBecomesNoTrack() throws {
    let world = try World()
    world.judges.doubted = 140...300
    world.detector.faces = try faces([0, 1])
    let image = try row(2)
    #expect(world.track(image) == [0])
    world.judges.doubted = nil
    var seen: [Int] = []
    for _ in 0..<FaceCrowd.searchInterval { seen = world.track(image) }
    #expect(seen == [0, 1])
  }

  /// A world of two faces, the second of which is neither seen nor believed any longer.
  private func losing(_ image: borrowing GreyImage) throws -> World {
    let world = try World()
    world.detector.faces = try faces([0, 1])
    world.track(image)
    world.detector.faces = try faces([0])
    world.judges.doubted = 140...300
    return world
  }

  /// Three doubted frames are doubted, the third lost; then the face has no row. It returns a second later
  /// near where it was, and gets its number back.
  @Test func facesGoAndReturn() throws {
    let image = try row(2)
    let world = try losing(image)
    var states: [TrackingState] = []
    for _ in 0..<3 {
      #expect(world.track(image) == [0, 1])
      states.append(world.frames[1].state)
      #expect(world.frames[0].success && !world.frames[1].success)
    }
    #expect(states == [.doubtful, .doubtful, .lost])
    for _ in 0..<5 { #expect(world.track(image) == [0]) }
    world.judges.doubted = nil
    world.detector.faces = try faces([0, 1])
    for _ in 0..<FaceCrowd.searchInterval { world.track(image) }
    #expect(world.track(image) == [0, 1])
  }

  /// A face that is given up is searched for on every second frame at first, then as further ones are.
  @Test func aFaceThatHasGoneIsSearchedForSooner() throws {
    let image = try row(2)
    let world = try losing(image)
    for _ in 0..<3 { #expect(world.track(image) == [0, 1]) }
    var calls: [Int] = []
    for _ in 0..<2 * FaceCrowd.searchInterval {
      let before = world.detector.calls
      #expect(world.track(image) == [0])
      calls.append(world.detector.calls - before)
    }
    #expect(calls == [0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
  }

  /// A failed fit is offered the face that a search finds near it in the same frame.
  @Test func aLostFitIsFoundAgainAtOnce() throws {
    let world = try World(limit: 2)
    let image = try row(3)
    world.detector.faces = try faces([0, 1])
    world.track(image)
    // The face has jumped by half of its width: the fit of the old place is doubted.
    let moved = try shifted(image, by: 45)
    world.judges.doubted = 140...172
    var jumped = try box(1)
    jumped.x += 45
    world.detector.faces = [DetectedFace(box: jumped, confidence: 1)]
    world.track(moved)
    #expect(world.crowd.detectorRan)
    #expect(world.frames[1].faceID == 1 && world.frames[1].success)
    #expect(abs(world.frames[1].global.tx - (try box(1)).center.x - 45) < 15)
  }

  private func shifted(_ image: borrowing GreyImage, by x: Int) throws -> GreyImage {
    var moved = GreyImage(width: image.width, height: image.height, repeating: 90)
    let width = image.width
    image.withSamples { from in
      moved.withMutableSamples { to in
        for i in from.indices where i % width >= x { to[i] = from[i - x] }
      }
    }
    return moved
  }

  @Test(arguments: [2, 3, 8])
  func rowsDoNotDependOnTheNumberOfThreads(threads: Int) throws {
    let (one, several) = (try World(), try World(threads: threads))
    for world in [one, several] { world.detector.faces = try faces([0, 1, 2, 3]) }
    let image = try row(4)
    let moved = try shifted(image, by: 3)
    for round in 0..<12 {
      for world in [one, several] {
        if round % 2 == 0 { world.track(image) } else { world.track(moved) }
      }
      #expect(one.frames.map(\.landmarks) == several.frames.map(\.landmarks))
      #expect(one.frames.map(\.faceID) == several.frames.map(\.faceID))
    }
  }

  @Test func facesAreForgottenNotPeople() throws {
    let world = try World()
    let image = try row(2)
    world.detector.faces = try faces([0, 1])
    #expect(world.track(image) == [0, 1])
    world.crowd.forgetFaces()
    world.detector.faces = try faces([1, 0])
    #expect(world.track(image) == [0, 1])
    world.crowd.reset()
    world.detector.faces = try faces([1])
    #expect(world.track(image) == [0])
    #expect(abs(world.frames[0].global.tx - (try box(1)).center.x) < 15)
  }

  /// A detector that finds two faces in any picture.
  private final class TwoFaces: FaceDetector {
    let faces: [DetectedFace]
    init(_ faces: [DetectedFace]) { self.faces = faces }
    func detectFaces(in image: borrowing GreyImage) -> [DetectedFace] { faces }
  }

  /// With a detector beside the path: the frame that asks goes on without faces, a later one has those that were
  /// found in its copy, where they are now.
  @Test func besideThePathNoFrameWaits() throws {
    var settings = TrackingSettings.reference
    settings.searchInterval = 1
    let model = try SyntheticFixture.model()
    let background = BackgroundDetector(TwoFaces(try faces([0, 1])))
    let crowd = try FaceCrowd(
      limit: 4, besides: background, settings: settings, threads: 2,
      makeFitter: { () throws(ModelDataError) in try Fitter(model: model, settings: .video) },
      makeJudge: { nil })
    var frames: [TrackedFrame] = []
    let image = try row(2)
    #expect(crowd.track(image, at: 0, into: &frames) == 1 && !frames[0].hasFit)
    #expect(crowd.detectorRan)
    background.waitForAnswer(atMost: 10)
    let moved = try shifted(image, by: 6)
    #expect(crowd.track(moved, at: 0.04, into: &frames) == 2)
    #expect(frames.map(\.faceID) == [0, 1] && frames.allSatisfy(\.success))
    #expect(abs(frames[0].global.tx - 6 - (try box(0)).center.x) < 15)
    // A frame that can wait has its own search.
    crowd.reset()
    #expect(crowd.track(image, at: 1, into: &frames, spareSeconds: 10) == 2)
  }

  /// Another picture at once: whose face is where has to be told anew, and is.
  @Test func afterACutNumbersAreToldAnew() throws {
    let world = try World()
    world.detector.faces = try faces([0, 1, 2])
    let all = try row(3)
    #expect(world.track(all) == [0, 1, 2])
    let empty = GreyImage(width: all.width, height: all.height, repeating: 90)
    // The cut is to a picture in which the detector finds nobody and no fit is believed.
    world.detector.faces = []
    world.judges.doubted = -1e4...1e4
    #expect(world.track(empty).isEmpty, "doubted faces of before the cut have no rows")
    for _ in 0..<5 { world.track(empty) }
    world.judges.doubted = nil
    world.detector.faces = try faces([0, 1, 2])
    var seen: [Int] = []
    for _ in 0...FaceCrowd.searchInterval { seen = world.track(all) }
    // All three look the same here; each number is somebody's once.
    #expect(Set(seen).count == 3 && seen == seen.sorted(), "\(seen)")
  }

  /// Who has no number is waited for until enough has been seen, or for so long.
  @Test func strangersAreSeenEnoughInTheEnd() {
    var stranger = FaceStranger()
    stranger.begin(former: 3)
    stranger.add([])
    #expect(stranger.count == 0 && !stranger.isSeenEnough, "not described")
    for count in 1...FaceStranger.descriptions {
      #expect(!stranger.isSeenEnough)
      stranger.add([1, Float(count)])
    }
    #expect(stranger.isSeenEnough && stranger.sum == [4, 10] && stranger.former == 3)
    stranger.wholeFrames = 5
    stranger.forgetLooks()
    #expect(!stranger.isSeenEnough && stranger.sum.isEmpty && stranger.former == 3)
    #expect(stranger.wholeFrames == 5)
    stranger.begin(former: nil)
    #expect(!stranger.isSeenEnough && stranger.sum.isEmpty && stranger.former == nil)
    stranger.wholeFrames = FaceStranger.frames
    #expect(stranger.isSeenEnough)
    stranger.begin(former: nil)
    stranger.otherFrames = FaceStranger.frames
    #expect(!stranger.isSeenEnough, "cut off by the picture's side")
    stranger.otherFrames = FaceStranger.partialFrames
    #expect(stranger.isSeenEnough)
  }

  @Test func picturesWithoutPixels() throws {
    let world = try World()
    world.detector.faces = try faces([0])
    #expect(world.track(GreyImage(width: 0, height: 0, repeating: 0)).isEmpty)
    #expect(world.track(GreyImage(width: 1, height: 1, repeating: 0)).count <= 1)
  }
}
