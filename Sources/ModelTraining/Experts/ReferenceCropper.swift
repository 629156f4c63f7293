import CLNF
import CLNFKernels
import Foundation

/// A picture of a face of which everything is known.
public struct KnownFace: Sendable {
  public var width: Int
  public var height: Int
  /// Grey levels, row by row.
  public var pixels: [UInt8]
  /// Where the landmarks are, px of the picture.
  public var landmarks: [SIMD2<Float>]
  /// Whether each landmark can be seen.
  public var visible: [Bool]
  /// How the head is turned, radians.
  public var rotation: EulerAngles
  /// The landmarks in object space, mm: x right, y down, z away from the camera, head unturned.
  public var shape: [SIMD3<Float>]
  /// How large the face is in the picture.
  public var pixelsPerMillimetre: Float
  /// Which person this is.
  public var identity: Int

  public init(
    width: Int, height: Int, pixels: [UInt8], landmarks: [SIMD2<Float>], visible: [Bool],
    rotation: EulerAngles, shape: [SIMD3<Float>], pixelsPerMillimetre: Float, identity: Int
  ) {
    self.width = width
    self.height = height
    self.pixels = pixels
    self.landmarks = landmarks
    self.visible = visible
    self.rotation = rotation
    self.shape = shape
    self.pixelsPerMillimetre = pixelsPerMillimetre
    self.identity = identity
  }
}

/// Brings faces into the reference frame of a scale the way the fitter does (docs/clnf.md section 4),
/// with the errors of alignment that a fit under way has.
public struct ReferenceCropper: Sendable {
  /// px per mm of the reference frame.
  public var patchScaling: Double
  /// Width and height of the crops, px.
  public var side: Int
  /// Standard deviation of the errors of alignment: rotation in radians, scale as a share.
  public var rotationJitter = 0.07
  public var scaleJitter = 0.07
  /// Pictures with more px per mm are reduced to it first, as the fitter does.
  public var largestPixelDensity = 1.0

  /// A cropper whose crops hold the face, and patches 10 px beside its landmarks.
  public init(patchScaling: Double) {
    self.patchScaling = patchScaling
    side = Self.side(patchScaling: patchScaling)
  }

  /// 80 px at 0.25 px/mm, 104 at 0.35, 144 at 0.5, 256 at 1: 235 mm and 20 px, in eighths.
  static func side(patchScaling: Double) -> Int {
    Int(((235 * patchScaling + 20) / 8).rounded(.up)) * 8
  }

  /// The face in the reference frame.
  ///
  /// The reference shape is `patchScaling` times the x and y of the shape, unturned. What lies
  /// outside the picture repeats its edge. Cost: about 10 ns a pixel of the crop, and of the
  /// picture where it is reduced.
  public func crop(
    _ face: KnownFace, generator: inout SeededGenerator
  ) -> ReferenceCrop {
    precondition(face.pixels.count == face.width * face.height, "pixels do not fit the size")
    precondition(face.width > 0 && face.height > 0, "an empty picture")
    precondition(face.landmarks.count == face.shape.count, "as many landmarks as points expected")
    let picture = seen(face)
    let jitter = jittered(alignment(of: picture.landmarks, shape: face.shape), &generator)
    let shift = SIMD2(generator.uniform(-0.5...0.5), generator.uniform(-0.5...0.5))
    let places = picture.landmarks.map { jitter.apply($0.x, $0.y) }
    let middle = SIMD2(
      Self.middle(places.map(\.x)) + shift.x, Self.middle(places.map(\.y)) + shift.y)
    let centre = Double(side - 1) / 2
    return ReferenceCrop(
      side: side, pixels: sample(picture, toImage: jitter.inverse, around: middle),
      landmarks: places.map {
        SIMD2(Float($0.x - middle.x + centre), Float($0.y - middle.y + centre))
      },
      visible: face.visible, rotation: face.rotation, identity: face.identity)
  }

  /// The picture as the fitter looks at it, and where the landmarks are in it.
  private struct SeenPicture {
    var width: Int
    var height: Int
    var pixels: [UInt8]
    var landmarks: [SIMD2<Double>]
  }

  /// Reduces what is finer than the largest density, by a factor in sixteenths as the fitter's.
  private func seen(_ face: KnownFace) -> SeenPicture {
    let landmarks = face.landmarks.map { SIMD2(Double($0.x), Double($0.y)) }
    let density = Double(face.pixelsPerMillimetre) / largestPixelDensity
    guard density > 1 else {
      return SeenPicture(
        width: face.width, height: face.height, pixels: face.pixels, landmarks: landmarks)
    }
    let factor = min(4096, (density * 16).rounded(.up) / 16)
    let width = Int(clnf_reduced_size(Int32(face.width), factor))
    let height = Int(clnf_reduced_size(Int32(face.height), factor))
    var pixels = [UInt8](repeating: 0, count: width * height)
    var scratch = [UInt64](repeating: 0, count: 2 * width)
    clnf_reduce_area(
      face.pixels, Int32(face.width), 0, 0, Int32(face.width), Int32(face.height), factor,
      Int32(width), Int32(height), &scratch, &pixels)
    return SeenPicture(
      width: width, height: height, pixels: pixels,
      landmarks: landmarks.map { ($0 + 0.5) / factor - 0.5 })
  }

  /// From the picture to the reference shape.
  private func alignment(of landmarks: [SIMD2<Double>], shape: [SIMD3<Float>]) -> Similarity {
    let source = landmarks.map(\.x) + landmarks.map(\.y)
    let target =
      shape.map { patchScaling * Double($0.x) } + shape.map { patchScaling * Double($0.y) }
    return Similarity(from: source, to: target, count: landmarks.count)
  }

  private func jittered(
    _ alignment: Similarity, _ generator: inout SeededGenerator
  ) -> Similarity {
    let angle = rotationJitter * generator.normal()
    // Far out in the normal's tails the face would no longer fit the crop.
    let scale = 1 + scaleJitter * max(-2.5, min(2.5, generator.normal()))
    let (a, b) = (scale * cos(angle), scale * sin(angle))
    return Similarity(
      a: a * alignment.a - b * alignment.b, b: a * alignment.b + b * alignment.a)
  }

  private func sample(
    _ picture: SeenPicture, toImage: Similarity, around middle: SIMD2<Double>
  ) -> [UInt8] {
    let centre = toImage.apply(middle.x, middle.y)
    var values = [Float](repeating: 0, count: side * side)
    guard let kernels = clnf_kernels_for(clnf_best_instruction_set()) else { return [] }
    kernels.pointee.sample_area(
      picture.pixels, Int32(picture.width), Int32(picture.height), Float(centre.x),
      Float(centre.y), Float(toImage.a), Float(toImage.b), Int32(side), &values)
    return values.map { UInt8($0.rounded()) }
  }

  private static func middle(_ values: [Double]) -> Double {
    ((values.min() ?? 0) + (values.max() ?? 0)) / 2
  }
}
