import CLNF
import CLNFKernels
import Glibc

/// Where a face is looked at.
struct FacePlace {
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

  /// Where landmarks lie; nil for another markup, and where one is no number. No allocation.
  init?(around landmarks: [Double]) {
    let n = 68
    guard landmarks.count == 2 * n, landmarks.allSatisfy(\.isFinite) else { return nil }
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
  func isFar(from other: FacePlace) -> Bool {
    let way = other.center - center
    return (way.x * way.x + way.y * way.y).squareRoot() > 0.06 * width
      || abs(other.width - width) > 0.12 * width
  }

  var isUsable: Bool {
    center.x.isFinite && center.y.isFinite && roll.isFinite && width >= 1 && width < 1e6
      && abs(center.x) < 1e7 && abs(center.y) < 1e7
  }
}

/// Shows a whole face to a net: upright, at one size and in one light. What the middle cell says counts.
///
/// Keeps its scratch memory; one thread at a time.
final class WholeFaceLook {
  /// How much finer than the net sees it a picture is before it is turned.
  private static let reserve = 1.3
  /// Side of the picture that the net sees, px.
  static let side = 96

  let net: FinderNet
  private let view: UprightView
  private let scratch: Buffer<Float>
  private let map: Buffer<Float>
  private let cells: Int
  private var region = FaceRegion()

  init(_ net: FinderNet, _ purpose: FinderNet.Purpose, body: FaceDetectorSettings.Body) {
    precondition(net.contents.layers.last?.outputs == purpose.outputCount)
    self.net = net
    let set = body == .best ? clnf_best_instruction_set() : clnf_instruction_set_portable
    guard let kernels = clnf_kernels_for(set) else {
      preconditionFailure("there is always a portable set of kernels")
    }
    view = UprightView(side: Self.side, kernels: kernels)
    var kernelNet = net.kernelNet
    scratch = Buffer(
      repeating: 0, count: clnf_finder_scratch(&kernelNet, Int32(Self.side)))
    cells = Self.side / purpose.cell
    map = Buffer(repeating: 0, count: cells * cells * net.mapStride)
  }

  /// Before the first look at another image.
  func forgetImage() { region.forget() }

  /// What the net says of a place, `purpose.outputCount` numbers that are good until the next look; nil where
  /// there is nothing to look at.
  func look(at place: FacePlace, in image: borrowing GreyImage) -> UnsafePointer<Float>? {
    guard min(image.width, image.height) > 0, place.isUsable else { return nil }
    let scale = place.width / net.contents.unit
    // Of the square and its corners, which are turned with it; a pixel more is interpolated with.
    let reach = scale * (1 + Double(Self.side) / 2 * (abs(cos(place.roll)) + abs(sin(place.roll))))
    region.update(
      image,
      bounds: FaceRegion.Bounds(
        minX: place.center.x - reach, maxX: place.center.x + reach,
        minY: place.center.y - reach, maxY: place.center.y + reach),
      factor: scale / Self.reserve, isForOneScale: true)
    let at = region.place(x: place.center.x, y: place.center.y)
    let across = across(place)
    let (width, height, factor) = (region.image.width, region.image.height, region.factor)
    region.image.withSamples { samples in
      guard let start = samples.baseAddress else { return }
      view.look(
        start, width: width, height: height, at: SIMD2(at.x, at.y), across: across / factor)
    }
    return said()
  }

  /// What the net says of the mirror image of what was looked at last.
  func lookAtMirrorImage() -> UnsafePointer<Float> {
    view.mirror()
    return said()
  }

  /// How far a pixel of the view goes to the right in the image, px.
  func across(_ place: FacePlace) -> SIMD2<Double> {
    SIMD2(cos(place.roll), sin(place.roll)) * (place.width / net.contents.unit)
  }

  private func said() -> UnsafePointer<Float> {
    view.run(net, scratch: scratch.pointer, into: map.pointer)
    return UnsafePointer(map.pointer + (cells / 2 * cells + cells / 2) * net.mapStride)
  }
}
