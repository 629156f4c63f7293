import CLNF
import FaceFinding

/// Gives the one face of a `FaceTracker` its person's number: another one where somebody else takes the
/// face's place.
///
/// One thread at a time. Cost: a description (`FaceDescriber`) of every face that was just found, and of every
/// fifteenth frame.
public final class FaceNaming {
  /// Faces that are smaller are not told apart, px.
  static let leastWidth = 24.0
  /// Nor are faces that are believed less, which may be half hidden. Without learned rules there is no
  /// confidence.
  static let leastConfidence = 0.8
  /// So many descriptions in a row that are unlike its person make a face somebody else's.
  static let unlikeLimit = 2
  private static let describeInterval = 15
  /// The same of a number that may turn out to be another one.
  static let newInterval = 3

  private let keepsPerson: Bool
  private let describer = FaceDescriber()
  private let identities = FaceIdentities()
  private var numbers: [Float] = []
  /// The number that the face has; nil before the first that is believed.
  private var current: Int?
  private var framesSinceDescription = 0
  /// Whether the number may turn out to be another one.
  private var isNew = false
  /// Whether a search found the face and it could not be described yet.
  private var isUnsure = false
  private var unlike = 0
  private var cuts = CutWatch()
  /// Whether there was a cut since the face was described last.
  private var isAfterCut = false

  /// - Parameter keepsPerson: whether only the first person is followed.
  public init(keepsPerson: Bool) { self.keepsPerson = keepsPerson }

  /// Forgets everybody, as at the beginning of a video.
  public func reset() {
    identities.reset()
    current = nil
    unlike = 0
    (isNew, isUnsure, isAfterCut) = (false, false, false)
    cuts.reset()
  }

  /// Sets the face_id of a tracked frame.
  ///
  /// - Parameters:
  ///   - wasFound: whether the fit began with a face of a search.
  /// - Returns: false where it is somebody else who is not to be followed.
  public func name(
    _ frame: inout TrackedFrame, _ image: borrowing GreyImage, at seconds: Double, wasFound: Bool
  ) -> Bool {
    frame.faceID = current ?? 0
    if cuts.isCut(image) {
      identities.cut(at: seconds)
      isAfterCut = true
    }
    guard frame.success, let box = FaceBox(around: frame.landmarks) else { return true }
    framesSinceDescription += 1
    let isDue =
      wasFound || current == nil || isUnsure || isAfterCut || unlike > 0
      || framesSinceDescription >= (isNew ? Self.newInterval : Self.describeInterval)
    var isDescribed = false
    if isDue, max(box.width, box.height) >= Self.leastWidth,
      !(frame.confidence < Self.leastConfidence)
    {
      isDescribed = describer.describe(frame.landmarks, in: image, into: &numbers)
      framesSinceDescription = 0
    }
    let isToBeNamed = wasFound || isUnsure
    isUnsure = isToBeNamed && !isDescribed
    let sighting = FaceIdentities.Sighting(
      numbers: isDescribed ? numbers : [], yaw: frame.global.rotation.y, box: box,
      seconds: seconds)
    guard let followed = current else {
      current = identities.name(sighting) { _ in false }
      frame.faceID = current ?? 0
      return true
    }
    if isDescribed {
      let isAlike =
        isAfterCut
        ? identities.isKnown(followed, sighting)
        : isToBeNamed
          ? identities.isFoundAgain(followed, sighting) : identities.isStill(followed, sighting)
      unlike = isAlike ? 0 : unlike + 1
      if unlike > 0, isToBeNamed || isAfterCut || unlike >= Self.unlikeLimit {
        unlike = 0
        if keepsPerson {
          isAfterCut = false
          return false
        }
        current = identities.name(sighting, followed: isAfterCut ? nil : followed) { _ in false }
        frame.faceID = current ?? 0
      } else if unlike > 0 {
        return true
      }
      isAfterCut = false
    }
    guard let id = current else { return true }
    identities.see(id, sighting)
    if isDescribed, let earlier = identities.earlier(than: id, at: seconds, where: { _ in false }) {
      current = earlier
      frame.faceID = earlier
    }
    isNew = identities.isNew(current ?? id, at: seconds)
    return true
  }
}

extension FaceBox {
  /// The box around landmarks (2n px, stacked); nil where they are no numbers.
  package init?(around landmarks: [Double]) {
    let n = landmarks.count / 2
    guard n > 0, landmarks.allSatisfy(\.isFinite) else { return nil }
    let extents = Extents(landmarks, n) { _ in true }
    self.init(x: extents.minX, y: extents.minY, width: extents.width, height: extents.height)
  }

  /// Whether all of it is in the picture.
  func isInside(_ image: borrowing GreyImage) -> Bool {
    x >= 0 && y >= 0 && x + width <= Double(image.width) && y + height <= Double(image.height)
  }

  /// px.
  package func distance(to other: FaceBox) -> Double {
    let (dx, dy) = (center.x - other.center.x, center.y - other.center.y)
    return (dx * dx + dy * dy).squareRoot()
  }

  /// Whether a face that was here may be in the other box now.
  package func isNear(_ other: FaceBox) -> Bool {
    let (own, its) = (max(width, height), max(other.width, other.height))
    return distance(to: other) <= 1.25 * own && its >= own / 2 && its <= 2 * own
  }

  private func shared(with other: FaceBox) -> Double {
    let across = min(x + width, other.x + other.width) - max(x, other.x)
    let down = min(y + height, other.y + other.height) - max(y, other.y)
    return max(0, across) * max(0, down)
  }

  /// What two boxes share, of the smaller one.
  package func shareOfSmaller(with other: FaceBox) -> Double {
    let smaller = min(width * height, other.width * other.height)
    return smaller > 0 ? shared(with: other) / smaller : 0
  }

  /// What two boxes share, of both together.
  package func shareOfUnion(with other: FaceBox) -> Double {
    let both = shared(with: other)
    let union = width * height + other.width * other.height - both
    return union > 0 ? both / union : 0
  }
}
