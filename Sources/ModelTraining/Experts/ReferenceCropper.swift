import CLNF
import CLNFKernels
import Foundation

/// Brings faces into the reference frame of a scale the way the fitter does (docs/reference/clnf.md
/// section 4), with the errors of alignment that a fit under way has.
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
  /// - Parameters:
  ///   - identity: which person the face is.
  ///   - generator: of the errors of alignment.
  public func crop(
    _ face: RenderedFace, identity: Int, generator: inout SeededGenerator
  ) -> ReferenceCrop {
    precondition(face.image.count > 0, "an empty picture")
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
      visible: face.visible, rotation: face.rotation, identity: identity)
  }

  /// The picture as the fitter looks at it, and where the landmarks are in it.
  private struct SeenPicture: ~Copyable {
    var image: GreyImage
    var landmarks: [SIMD2<Double>]
  }

  /// Reduces what is finer than the largest density, by a factor in sixteenths as the fitter's.
  private func seen(_ face: RenderedFace) -> SeenPicture {
    let landmarks = face.landmarks.map { SIMD2(Double($0.x), Double($0.y)) }
    let density = Double(face.pixelsPerMillimetre) / largestPixelDensity
    guard density > 1 else { return SeenPicture(image: face.image.copy(), landmarks: landmarks) }
    let factor = min(4096, (density * 16).rounded(.up) / 16)
    let (sourceWidth, sourceHeight) = (Int32(face.image.width), Int32(face.image.height))
    let width = clnf_reduced_size(sourceWidth, factor)
    let height = clnf_reduced_size(sourceHeight, factor)
    var reduced = GreyImage(width: Int(width), height: Int(height), repeating: 0)
    var scratch = [Double](repeating: 0, count: clnf_reduce_scratch(sourceWidth))
    face.image.withSamples { source in
      reduced.withMutableSamples { target in
        guard let pixels = source.baseAddress, let out = target.baseAddress else { return }
        clnf_reduce_area(
          pixels, sourceWidth, 0, 0, sourceWidth, sourceHeight, factor, 1, width, height, &scratch,
          out)
      }
    }
    return SeenPicture(
      image: reduced, landmarks: landmarks.map { ($0 + 0.5) / factor - 0.5 })
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
    _ picture: borrowing SeenPicture, toImage: Similarity, around middle: SIMD2<Double>
  ) -> [UInt8] {
    let centre = toImage.apply(middle.x, middle.y)
    var values = [Float](repeating: 0, count: side * side)
    let (width, height) = (Int32(picture.image.width), Int32(picture.image.height))
    picture.image.withSamples { samples in
      guard let kernels = clnf_kernels_for(clnf_best_instruction_set()),
        let pixels = samples.baseAddress
      else { return }
      kernels.pointee.sample_area(
        pixels, width, height, Float(centre.x), Float(centre.y), Float(toImage.a),
        Float(toImage.b), Int32(side), &values)
    }
    return values.map { UInt8($0.rounded()) }
  }

  private static func middle(_ values: [Double]) -> Double {
    ((values.min() ?? 0) + (values.max() ?? 0)) / 2
  }
}
