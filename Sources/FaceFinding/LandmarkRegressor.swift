import CLNF
import FoundationEssentials
import Glibc

/// Says where the 68 landmarks of a found face are, and how far each may be off, from one look at all of
/// it: where a first fit begins, and what fits are held to.
///
/// A small net sees the face upright, at one size and in one light, and says all landmarks at once. It is
/// less exact than a fit, but sees what experts do not: how the whole lies. A larger net looks
/// closely: where the small one saw a face that was found, and where the landmarks of one that is followed are.
///
/// Same image, face, body: the same landmarks to the bit. Keeps its scratch memory; one thread at a time.
///
/// Source: direct regression of all landmarks as in X. Guo et al., "PFLD: A practical facial landmark
/// detector" (2019); their deviations as in A. Kendall and Y. Gal, "What uncertainties do we need in
/// Bayesian deep learning for computer vision?" (2017), equation 5, with the distance in place of its
/// square.
public final class LandmarkRegressor {
  private static let landmarkCount = 68
  /// The net says places and deviations up to as many widths of a face; others are none.
  private static let largestOffset: Float = 3
  /// Logarithms of the least and the most spread b of a landmark, of the face's width.
  private static let logSpreads: ClosedRange<Float> = -6.5...1
  /// The standard deviation along an axis, of b where distances r follow r exp(-r / b).
  private static let deviationOfSpread = 3.0.squareRoot()
  private let looking: WholeFaceLook
  /// Where a face is known to be.
  private let lookingClosely: WholeFaceLook
  private var mirrored = LandmarkEstimate()

  /// Side of the picture that the net sees, px.
  static let side = WholeFaceLook.side

  /// - Parameters:
  ///   - net: one for landmarks, which looks where a face was found.
  ///   - closeNet: one that looks where landmarks are, or where the other saw them.
  public init(
    net: FinderNet = .landmarks, closeNet: FinderNet = .closeLandmarks,
    body: FaceDetectorSettings.Body = .best
  ) {
    looking = WholeFaceLook(net, .landmarks, body: body)
    lookingClosely = WholeFaceLook(closeNet, .landmarks, body: body)
  }

  /// The landmarks of a face; nil where its box is none or the net says what no face could look like.
  ///
  /// Faces without points are taken to be upright. Three looks, the second and third close ones, see the mirror
  /// image as well and say the mean, so that a face and its mirror image are seen alike. Cost: six looks, two of about
  /// 0.2 ms and four of 0.4, and three reductions of the face's surroundings. Allocates the result.
  public func landmarks(of face: DetectedFace, in image: borrowing GreyImage) -> LandmarkEstimate? {
    landmarks(of: face, in: image, looks: 3)
  }

  /// - Parameter looks: at least 1; from the second on they are close ones, where the one before saw the face. One look
  ///   does not see the mirror image.
  func landmarks(
    of face: DetectedFace, in image: borrowing GreyImage, looks: Int
  ) -> LandmarkEstimate? {
    var place: FacePlace? = FacePlace(
      center: SIMD2(face.box.center.x, face.box.center.y),
      width: max(face.box.width, face.box.height), roll: face.points?.roll ?? 0)
    var (found, seen) = (LandmarkEstimate(), LandmarkEstimate())
    looking.forgetImage()
    lookingClosely.forgetImage()
    for number in 0..<looks {
      let how = number == 0 ? looking : lookingClosely
      guard let at = place, look(how, at: at, in: image, into: &seen) else {
        return number == 0 ? nil : found
      }
      if looks > 1 { addMirrorImage(how, at, to: &seen) }
      swap(&found, &seen)
      place = FacePlace(around: found.points)
    }
    return found
  }

  /// Looks closely at the place of landmarks that are there, or afresh: the small net first, which sees faces that
  /// lie elsewhere too. It looks afresh as well where the face has moved from its place.
  /// Returns whether it saw a face; `seen` then holds its landmarks. Cost: 0.4 ms and the reduction; afresh
  /// 0.2 ms more; for faces that move all of that. No allocation once `seen` has been filled.
  ///
  /// - Parameters:
  ///   - landmarks: 2n px, stacked.
  ///   - afresh: to tell whether they lie on a face at all.
  package func look(
    at landmarks: [Double], in image: borrowing GreyImage, afresh: Bool = false,
    into seen: inout LandmarkEstimate
  ) -> Bool {
    guard let place = FacePlace(around: landmarks) else { return false }
    looking.forgetImage()
    lookingClosely.forgetImage()
    if !afresh {
      guard look(lookingClosely, at: place, in: image, into: &seen) else { return false }
      guard let next = FacePlace(around: seen.points), place.isFar(from: next) else { return true }
    }
    guard look(looking, at: place, in: image, into: &seen),
      let place = FacePlace(around: seen.points)
    else { return false }
    return look(lookingClosely, at: place, in: image, into: &seen)
  }

  /// Lids and lips but for their corners: they move further than one look says. What a fit is held to holds
  /// them loosely.
  private static let quick = [37, 38, 40, 41, 43, 44, 46, 47] + Array(49...53) + Array(55...67)
  private static let quickFactor = 4.0

  /// What one look says of itself does not hold what all of its looks are off by together: what its
  /// teacher was. Of the face's width; chosen on people kept out of training.
  private static let commonDeviation = 0.015

  /// Makes of what one look says what a fit is held to. No allocation once `anchor` has been filled.
  package static func makeAnchor(
    of seen: LandmarkEstimate, into anchor: inout LandmarkEstimate
  ) {
    anchor.points.removeAll(keepingCapacity: true)
    anchor.points.append(contentsOf: seen.points)
    anchor.deviations.removeAll(keepingCapacity: true)
    let extents = Extents(seen.points, seen.deviations.count) { _ in true }
    let common = commonDeviation * max(extents.width, extents.height)
    for deviation in seen.deviations {
      anchor.deviations.append((deviation * deviation + common * common).squareRoot())
    }
    for index in quick where index < anchor.deviations.count {
      anchor.deviations[index] *= quickFactor
    }
  }

  private func look(
    _ looking: WholeFaceLook, at place: FacePlace, in image: borrowing GreyImage,
    into seen: inout LandmarkEstimate
  ) -> Bool {
    guard let said = looking.look(at: place, in: image) else { return false }
    return read(said, looking, place, into: &seen)
  }

  /// Looks at the mirror image of what was looked at last, and makes what was said the mean of both.
  private func addMirrorImage(
    _ looking: WholeFaceLook, _ place: FacePlace, to seen: inout LandmarkEstimate
  ) {
    let said = looking.lookAtMirrorImage()
    guard read(said, looking, place, isMirrored: true, into: &mirrored) else { return }
    for index in seen.points.indices {
      seen.points[index] = (seen.points[index] + mirrored.points[index]) / 2
    }
    for index in seen.deviations.indices {
      seen.deviations[index] = (seen.deviations[index] * mirrored.deviations[index]).squareRoot()
    }
  }

  /// The landmark of the mirror image that is this one.
  private static func partner(of landmark: Int) -> Int {
    switch landmark {
    case 0...16: 16 - landmark
    case 17...26: 43 - landmark
    case 31...35: 66 - landmark
    case 36...39, 42...45: 81 - landmark
    case 40, 41, 46, 47: 87 - landmark
    case 48...54: 102 - landmark
    case 55...59: 114 - landmark
    case 60...64: 124 - landmark
    case 65...67: 132 - landmark
    default: landmark
    }
  }

  /// What the middle cell says; false where no face could look like that.
  private func read(
    _ cell: UnsafePointer<Float>, _ looking: WholeFaceLook, _ place: FacePlace,
    isMirrored: Bool = false, into seen: inout LandmarkEstimate
  ) -> Bool {
    let n = Self.landmarkCount
    let unit = looking.net.contents.unit
    let across = looking.across(place)
    if seen.points.count != 2 * n { seen.points = [Double](repeating: 0, count: 2 * n) }
    if seen.deviations.count != n { seen.deviations = [Double](repeating: 0, count: n) }
    for index in 0..<n {
      let own = isMirrored ? Self.partner(of: index) : index
      let (u, v, spread) = (cell[own], cell[n + own], cell[2 * n + own])
      // Also where a number is none.
      guard abs(u) <= Self.largestOffset, abs(v) <= Self.largestOffset, !spread.isNaN else {
        return false
      }
      let (x, y) = (Double(isMirrored ? -u : u) * unit, Double(v) * unit)
      seen.points[index] = place.center.x + across.x * x - across.y * y
      seen.points[n + index] = place.center.y + across.y * x + across.x * y
      let kept = max(Self.logSpreads.lowerBound, min(Self.logSpreads.upperBound, spread))
      seen.deviations[index] = Self.deviationOfSpread * exp(Double(kept)) * place.width
    }
    return true
  }
}
