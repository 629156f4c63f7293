import CLNF
import CLNFKernels
import Foundation

/// Says where the 68 landmarks of a found face are, and how far each may be off, from one look at all of
/// it: where a first fit begins, and what fits are held to.
///
/// A small net sees the face upright, at one size and in one light, and says all landmarks at once. It is
/// less exact than a fit, but sees what experts do not: how the whole lies.
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
  /// How much finer than the net sees it a picture is before it is turned.
  private static let reserve = 1.3
  /// How much of the view lies around it, as the corners of a turned square do.
  private static let reach = 2.0.squareRoot() / 2

  public let net: FinderNet
  private let view: UprightView
  private let scratch: Buffer<Float>
  private let map: Buffer<Float>
  private let cells: Int
  private var region = FaceRegion()
  private var mirrored = LandmarkEstimate()

  /// Side of the picture that the net sees, px.
  static let side = 96

  /// - Parameter net: one for landmarks.
  public init(
    net: FinderNet = .landmarks, body: FaceDetectorSettings.Body = .best
  ) {
    precondition(net.contents.layers.last?.outputs == FinderNet.Purpose.landmarks.outputCount)
    self.net = net
    let set = body == .best ? clnf_best_instruction_set() : clnf_instruction_set_portable
    guard let kernels = clnf_kernels_for(set) else {
      preconditionFailure("there is always a portable set of kernels")
    }
    view = UprightView(side: Self.side, kernels: kernels)
    var kernelNet = net.kernelNet
    scratch = Buffer(
      repeating: 0, count: clnf_finder_scratch(&kernelNet, Int32(Self.side)))
    cells = Self.side / FinderNet.Purpose.landmarks.cell
    map = Buffer(repeating: 0, count: cells * cells * net.mapStride)
  }

  /// The landmarks of a face; nil where its box is none or the net says what no face could look like.
  ///
  /// Faces without points are taken to be upright. The second look sees the mirror image as well and says
  /// the mean. Cost: three looks of about 0.3 ms, and two reductions of the face's surroundings. Allocates
  /// the result.
  public func landmarks(of face: DetectedFace, in image: borrowing GreyImage) -> LandmarkEstimate? {
    landmarks(of: face, in: image, looks: 2)
  }

  /// - Parameter looks: at least 1; from the second on, the face is where the one before saw it.
  func landmarks(
    of face: DetectedFace, in image: borrowing GreyImage, looks: Int
  ) -> LandmarkEstimate? {
    var place: Place? = Place(
      center: SIMD2(face.box.center.x, face.box.center.y),
      width: max(face.box.width, face.box.height), roll: face.points?.roll ?? 0)
    var (found, seen) = (LandmarkEstimate(), LandmarkEstimate())
    region.forget()
    for number in 0..<looks {
      guard let at = place, look(at: at, in: image, into: &seen) else {
        return number == 0 ? nil : found
      }
      if number > 0, number == looks - 1 { addMirrorImage(at, to: &seen) }
      swap(&found, &seen)
      place = Place(around: found.points)
    }
    return found
  }

  /// Looks at the place of landmarks that are there, and once more where the face has moved from it.
  /// Returns whether it saw a face; `seen` then holds its landmarks. Cost: 0.3 ms and the reduction, twice
  /// for faces that move. No allocation once `seen` has been filled.
  ///
  /// - Parameter landmarks: 2n px, stacked.
  package func look(
    at landmarks: [Double], in image: borrowing GreyImage, into seen: inout LandmarkEstimate
  ) -> Bool {
    guard let place = Place(around: landmarks) else { return false }
    region.forget()
    guard look(at: place, in: image, into: &seen) else { return false }
    guard let next = Place(around: seen.points), place.isFar(from: next) else { return true }
    return look(at: next, in: image, into: &seen)
  }

  /// Lids and lips but for their corners: they move further than one look says. What a fit is held to holds
  /// them loosely.
  private static let quick = [37, 38, 40, 41, 43, 44, 46, 47] + Array(49...53) + Array(55...67)
  private static let quickFactor = 4.0

  /// What one look says of itself does not hold what all of its looks are off by together: what its
  /// teacher was. Of the face's width; chosen on people kept out of training.
  private static let commonDeviation = 0.02

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

  /// Where a face is looked at.
  private struct Place {
    /// The middle of its landmarks' box, px of the image.
    var center: SIMD2<Double>
    /// The larger side of the box.
    var width: Double
    /// Radians.
    var roll: Double

    init(center: SIMD2<Double>, width: Double, roll: Double) {
      self.center = center
      self.width = width
      self.roll = roll
    }

    /// Where landmarks lie; nil for another markup. No allocation.
    init?(around landmarks: [Double]) {
      let n = LandmarkRegressor.landmarkCount
      guard landmarks.count == 2 * n else { return nil }
      let extents = Extents(landmarks, n) { _ in true }
      func sum(_ range: ClosedRange<Int>) -> SIMD2<Double> {
        var sum = SIMD2<Double>()
        for i in range { sum += SIMD2(landmarks[i], landmarks[n + i]) }
        return sum
      }
      // From the middle of the eyes to the middle of the mouth's corners.
      let down = (sum(48...48) + sum(54...54)) / 2 - sum(36...47) / 12
      center = SIMD2(extents.centerX, extents.centerY)
      width = max(extents.width, extents.height)
      roll = down == .zero ? 0 : atan2(-down.x, down.y)
    }

    /// Whether a net that looks here sees a face there worse than one in its middle.
    func isFar(from other: Place) -> Bool {
      let way = other.center - center
      return (way.x * way.x + way.y * way.y).squareRoot() > 0.06 * width
        || abs(other.width - width) > 0.12 * width
    }

    var isUsable: Bool {
      center.x.isFinite && center.y.isFinite && roll.isFinite && width >= 1 && width < 1e6
        && abs(center.x) < 1e7 && abs(center.y) < 1e7
    }
  }

  private func look(
    at place: Place, in image: borrowing GreyImage, into seen: inout LandmarkEstimate
  ) -> Bool {
    guard min(image.width, image.height) > 0, place.isUsable else { return false }
    let unit = net.contents.unit
    let scale = place.width / unit
    let reach = Self.reach * Double(Self.side) * scale
    region.update(
      image,
      bounds: FaceRegion.Bounds(
        minX: place.center.x - reach, maxX: place.center.x + reach,
        minY: place.center.y - reach, maxY: place.center.y + reach),
      factor: scale / Self.reserve, isForOneScale: true)
    let at = region.place(x: place.center.x, y: place.center.y)
    let across = SIMD2(cos(place.roll), sin(place.roll)) * scale
    let (width, height, factor) = (region.image.width, region.image.height, region.factor)
    region.image.withSamples { samples in
      guard let start = samples.baseAddress else { return }
      view.look(
        start, width: width, height: height, at: SIMD2(at.x, at.y), across: across / factor)
    }
    view.run(net, scratch: scratch.pointer, into: map.pointer)
    return read(place, across, into: &seen)
  }

  /// Looks at the mirror image of what was looked at last, and makes what was said the mean of both.
  private func addMirrorImage(_ place: Place, to seen: inout LandmarkEstimate) {
    view.mirror()
    view.run(net, scratch: scratch.pointer, into: map.pointer)
    let across = SIMD2(cos(place.roll), sin(place.roll)) * (place.width / net.contents.unit)
    guard read(place, across, isMirrored: true, into: &mirrored) else { return }
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
    _ place: Place, _ across: SIMD2<Double>, isMirrored: Bool = false,
    into seen: inout LandmarkEstimate
  ) -> Bool {
    let cell = map.pointer + (cells / 2 * cells + cells / 2) * net.mapStride
    let n = Self.landmarkCount
    let unit = net.contents.unit
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
