import CLNF
import CLNFKernels
import Foundation

/// A photo of a face seen about from the front, to learn from as it is: with its own hair, beard,
/// ears, collar and background.
public final class ScenePhoto: Sendable {
  /// What lies around the face, at no more than `largestDensity`.
  let image: GreyImage
  /// 68, px of the image.
  let landmarks: [SIMD2<Float>]
  /// 68 points in the head's own axes, mm.
  let shape: [SIMD3<Float>]
  let rotation: RotationMatrix
  /// px/mm.
  let density: Double
  let person: Int

  private static let largestDensity = 2.0

  /// - Parameters:
  ///   - photo: the picture that `face` was fitted to.
  ///   - basis: of the face's head.
  public init(photo: borrowing GreyImage, face: FittedFace, basis: LandmarkBasis) {
    let fit = face.fit(basis)
    let factor = max(1, fit.view.scale / Self.largestDensity)
    image = Degradation.reduced(photo, by: factor)
    landmarks = face.points(basis).map { SIMD2<Float>(($0 + 0.5) / factor - 0.5) }
    shape = basis.points(identity: face.identity, expression: face.expression)
      .map(SIMD3<Float>.init)
    rotation = fit.view.rotation
    density = fit.view.scale / factor
    person = face.person
  }

  /// A part of the photo, turned and at another size.
  struct View: ~Copyable {
    var image: Plane<Float>
    var landmarks: [SIMD2<Float>]
    /// Radians.
    var rotation: EulerAngles
  }

  /// The photo turned by `roll` (radians) and at `scale` px/mm, the face's middle in the middle of a
  /// square of `side` px; beyond the photo its edge is repeated.
  func view(scale: Double, roll: Double, side: Int) -> View {
    let middle = landmarks.reduce(.zero, +) / Float(landmarks.count)
    // From the view to the photo.
    let step = density / scale
    let (a, b) = (Float(step * cos(roll)), Float(-step * sin(roll)))
    var samples = [Float](repeating: 0, count: side * side)
    let (width, height) = (Int32(image.width), Int32(image.height))
    image.withSamples { pixels in
      guard let kernels = clnf_kernels_for(clnf_best_instruction_set()),
        let pixels = pixels.baseAddress
      else { return }
      kernels.pointee.sample_area(
        pixels, width, height, middle.x, middle.y, a, b, Int32(side), &samples)
    }
    var plane = Plane<Float>(width: side, height: side, repeating: 0)
    plane.withMutableSamples { target in
      for i in target.indices { target[i] = samples[i] }
    }
    let squared = a * a + b * b
    let centre = Float(side - 1) / 2
    let places = landmarks.map { point -> SIMD2<Float> in
      let offset = point - middle
      return SIMD2(
        centre + (a * offset.x + b * offset.y) / squared,
        centre + (a * offset.y - b * offset.x) / squared)
    }
    let turn = RotationMatrix(EulerAngles(x: 0, y: 0, z: roll))
    return View(image: plane, landmarks: places, rotation: EulerAngles(turn * rotation))
  }
}

extension SceneRenderer {
  /// A photo as it is, in other light, with covers, and as cameras and codecs would deliver it.
  func photograph(_ photo: ScenePhoto, _ generator: inout SeededGenerator) -> RenderedFace {
    let scale = min(generator.logarithmic(settings.pixelsPerMillimetre), photo.density)
    let pose = settings.pose
    let roll =
      max(-pose.greatestRoll, min(pose.greatestRoll, pose.rollDeviation * generator.normal()))
    var view = photo.view(
      scale: scale, roll: roll * .pi / 180,
      side: max(8, Int((settings.fieldOfView * scale).rounded())))
    let covered = cover(&view.image, view.landmarks, &generator)
    let level = Self.level(of: view.landmarks, in: view.image)
    let (landmarks, rotation) = (view.landmarks, view.rotation)
    return RenderedFace(
      image: settings.photometry.develop(&view.image, faceLevel: level, &generator),
      landmarks: landmarks, visible: landmarks.map { _ in true }, covered: covered,
      rotation: rotation,
      pixelsPerMillimetre: Float(scale), shape: photo.shape, person: photo.person)
  }
}
