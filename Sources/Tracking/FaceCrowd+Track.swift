import CLNF
import FaceFinding
import SystemSupport

extension FaceCrowd {
  /// A face that is followed.
  final class Track {
    let follower: FaceFollower
    let describer = FaceDescriber()
    var machine: TrackingStateMachine
    /// `noNumber` of a stranger.
    var id = 0
    /// In which order tracks began.
    var serial = 0
    /// Whether it has no number, and what it has shown of itself since it has none.
    var isStranger = false
    var stranger = FaceStranger()
    /// Frames since it began, and since it was doubted last.
    var age = 0
    var believedFrames = 0
    /// Whether all of its face is in the picture, and since how many frames it is not.
    var isWhole = false
    var partialFrames = 0
    /// Whether its frame needs a face from a search.
    var wantsFace = false
    /// The last description, and whether it is of this frame.
    var numbers: [Float] = []
    var isDescribed = false
    /// Descriptions in a row that were unlike its person.
    var unlike = 0
    /// Whether its number may turn out to be another one.
    var isNew = false
    /// Whether a search found it and it could not be described yet: its number is by its place alone.
    var isUnsure = false
    let settings: TrackingSettings

    init(_ follower: FaceFollower, _ settings: TrackingSettings) {
      self.follower = follower
      self.settings = settings
      machine = TrackingStateMachine(settings)
    }

    /// Whether it covers a face that was found.
    func covers(_ box: FaceBox) -> Bool {
      guard follower.isBelieved, let own = follower.place() else { return false }
      return own.shareOfSmaller(with: box) > FaceCrowd.sameFace
    }

    /// Between descriptions of a face that is followed, frames.
    static let describeInterval = 10

    /// Follows its face into the frame. Any thread.
    func follow(_ image: borrowing GreyImage) {
      follower.begin()
      isDescribed = false
      age += 1
      guard case .follow(let wide) = machine.begin() else { return }
      follower.follow(image, wide: wide)
      wantsFace = machine.followed(success: follower.isBelieved)
      believedFrames = follower.isBelieved ? believedFrames + 1 : 0
      partialFrames = follower.place()?.isInside(image) == true ? 0 : partialFrames + 1
      let interval =
        isUnsure || isStranger ? 1 : isNew ? FaceNaming.newInterval : Self.describeInterval
      if age % interval == 0 { describe(image) }
    }

    /// Whether its face is large enough to be described, and its landmarks are those that it takes.
    var isDescribable: Bool {
      follower.place().map { max($0.width, $0.height) >= FaceNaming.leastWidth } == true
        && FaceDescriber.takes(follower.landmarks)
    }

    /// Describes its face, where it can be seen well enough.
    func describe(_ image: borrowing GreyImage) {
      isWhole = follower.place()?.isInside(image) == true
      // What the picture's side cuts off tells little. Where that is all there ever is, it has to do.
      guard follower.isBelieved, isDescribable,
        isWhole || partialFrames > FaceStranger.partialFrames,
        !(follower.confidence < FaceNaming.leastConfidence)
      else { return }
      isDescribed = describer.describe(follower.landmarks, in: image, into: &numbers)
    }

    func sighting(_ seconds: Double) -> FaceIdentities.Sighting? {
      follower.place().map {
        FaceIdentities.Sighting(
          numbers: isDescribed ? numbers : [], yaw: follower.rotation.y, box: $0,
          seconds: seconds)
      }
    }

    /// As new, for another face.
    func clear() {
      follower.forget()
      machine = TrackingStateMachine(settings)
      (age, believedFrames, unlike, partialFrames) = (0, 0, 0, 0)
      (wantsFace, isDescribed, isNew, isUnsure) = (false, false, false, false)
      (id, isStranger) = (FaceCrowd.noNumber, false)
    }
  }

  /// What decides between two tracks of one face.
  struct Standing {
    var isBelieved: Bool
    /// Without a break.
    var believedFrames: Int
    var age: Int
    var number: Int

    /// Whether it goes, and a believed other stays.
    func goes(before other: Standing) -> Bool {
      if !isBelieved { return true }
      if !other.isBelieved { return false }
      if believedFrames != other.believedFrames { return believedFrames < other.believedFrames }
      return age != other.age ? age < other.age : number > other.number
    }
  }
}

/// Follows the tracks of one frame.
final class FollowWork: TeamWork, @unchecked Sendable {
  // Written between the works of a team only; each track is one thread's.
  private var tracks: [FaceCrowd.Track] = []
  private var image: UnsafePointer<GreyImage>?

  /// - Parameter image: good until `end`.
  func begin(_ tracks: [FaceCrowd.Track], _ image: UnsafePointer<GreyImage>) {
    self.tracks = tracks
    self.image = image
  }

  func end() {
    tracks = []
    image = nil
  }

  func perform(_ index: Int, by member: Int) {
    guard let image else { return }
    tracks[index].follow(image.pointee)
  }
}
