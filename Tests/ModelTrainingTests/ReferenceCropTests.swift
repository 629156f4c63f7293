import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Where things land in crops, and what a mirror does.
struct ReferenceCropTests {
  /// A grey picture of a turned head with a bright dot of 16 x 16 mm on one landmark.
  static func face(pixelsPerMillimetre: Float, dot: Int) -> RenderedFace {
    var generator = SeededGenerator(seed: 8)
    let shape = (0..<68).map { _ in
      SIMD3(
        Float(generator.uniform(-70...70)), Float(generator.uniform(-80...80)),
        Float(generator.uniform(-40...40)))
    }
    let rotation = EulerAngles(x: 0.1, y: 0.2, z: 0.4)
    let matrix = RotationMatrix(rotation)
    let side = Int(300 * pixelsPerMillimetre)
    let landmarks = shape.map { point -> SIMD2<Float> in
      let turned = matrix.rotate(SIMD3(Double(point.x), Double(point.y), Double(point.z)))
      return SIMD2(
        Float(turned.x) * pixelsPerMillimetre + Float(side) / 2,
        Float(turned.y) * pixelsPerMillimetre + Float(side) / 2)
    }
    var image = GreyImage(width: side, height: side, repeating: 40)
    // Pixels at the border count with the share that is covered: the dot's middle is exact.
    let (place, half) = (landmarks[dot], 8 * pixelsPerMillimetre)
    func cover(_ pixel: Int, _ middle: Float) -> Float {
      max(0, min(1, half + 0.5 - abs(Float(pixel) - middle)))
    }
    for y in 0..<side {
      for x in 0..<side {
        image[x, y] = UInt8((40 + 210 * cover(x, place.x) * cover(y, place.y)).rounded())
      }
    }
    return RenderedFace(
      image: image, landmarks: landmarks, visible: (0..<68).map { $0 % 3 != 0 },
      rotation: rotation, pixelsPerMillimetre: pixelsPerMillimetre, shape: shape, person: 0)
  }

  /// The middle of what is brighter than the background.
  static func brightPlace(_ crop: ReferenceCrop) -> SIMD2<Float> {
    var (sum, weight) = (SIMD2<Float>.zero, Float(0))
    for y in 0..<crop.side {
      for x in 0..<crop.side {
        let share = Float(max(0, Int(crop.pixels[y * crop.side + x]) - 42))
        sum += share * SIMD2(Float(x), Float(y))
        weight += share
      }
    }
    return sum / weight
  }

  @Test(arguments: [0.25, 0.35, 0.5, 1], [Float(0.7), 1.9])
  func dotsLandOnTheirLandmarks(patchScaling: Double, pixelsPerMillimetre: Float) {
    var generator = SeededGenerator(seed: 3)
    let cropper = ReferenceCropper(patchScaling: patchScaling)
    for dot in [0, 17, 40] {
      let face = Self.face(pixelsPerMillimetre: pixelsPerMillimetre, dot: dot)
      let crop = cropper.crop(face, identity: 6, generator: &generator)
      let offset = Self.brightPlace(crop) - crop.landmarks[dot]
      #expect((offset * offset).sum().squareRoot() < 0.12, "landmark \(dot): \(offset)")
      #expect(crop.visible == face.visible && crop.rotation == face.rotation)
      #expect(crop.identity == 6 && crop.pixels.count == crop.side * crop.side)
    }
  }

  /// Without errors of alignment, and for a head that is not turned, the crop is the reference shape.
  @Test func uprightCropsAreTheReferenceShape() {
    var face = Self.face(pixelsPerMillimetre: 0.8, dot: 1)
    face = RenderedFace(
      image: face.image.copy(),
      landmarks: face.shape.map {
        // Rolled by a right angle: x' = -y, y' = x.
        SIMD2(120 - 0.8 * $0.y, 120 + 0.8 * $0.x)
      }, visible: face.visible, rotation: EulerAngles(x: 0, y: 0, z: .pi / 2),
      pixelsPerMillimetre: 0.8, shape: face.shape, person: 0)
    var cropper = ReferenceCropper(patchScaling: 0.5)
    cropper.rotationJitter = 0
    cropper.scaleJitter = 0
    var generator = SeededGenerator(seed: 3)
    let crop = cropper.crop(face, identity: 0, generator: &generator)
    let shift = crop.landmarks[0] - 0.5 * SIMD2(face.shape[0].x, face.shape[0].y)
    for (place, point) in zip(crop.landmarks, face.shape) {
      let offset = place - 0.5 * SIMD2(point.x, point.y) - shift
      #expect((offset * offset).sum().squareRoot() < 1e-3)
    }
  }

  @Test func errorsOfAlignmentHaveTheirSpread() {
    let face = Self.face(pixelsPerMillimetre: 0.8, dot: 1)
    let cropper = ReferenceCropper(patchScaling: 0.25)
    var generator = SeededGenerator(seed: 3)
    let crops = (0..<300).map { _ in cropper.crop(face, identity: 0, generator: &generator) }
    let spans = crops.map { $0.landmarks[9] - $0.landmarks[2] }
    let angles = spans.map { Double(atan2($0.y, $0.x)) }
    let lengths = spans.map { Double(($0 * $0).sum().squareRoot()) }
    #expect(abs(Self.deviation(angles) - 0.07) < 0.01)
    let mean = lengths.reduce(0, +) / Double(lengths.count)
    #expect(abs(Self.deviation(lengths) / mean - 0.07) < 0.01)
  }

  static func deviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
      .squareRoot()
  }

  @Test func cropsHoldTheFace() {
    let sides = [0.25, 0.35, 0.5, 1].map { ReferenceCropper(patchScaling: $0).side }
    #expect(sides == [80, 104, 144, 256])
  }

  @Test func mirroringLaws() {
    #expect(LandmarkMirror.map.sorted() == Array(0..<68))
    #expect(
      LandmarkMirror.map.indices.allSatisfy { LandmarkMirror.map[LandmarkMirror.map[$0]] == $0 })
    #expect(LandmarkMirror.onePerPair.count == 39)
    var generator = SeededGenerator(seed: 3)
    let crop = ReferenceCropper(patchScaling: 0.25).crop(
      Self.face(pixelsPerMillimetre: 1, dot: 36), identity: 2, generator: &generator)
    let mirrored = crop.mirrored()
    let twice = mirrored.mirrored()
    #expect(twice.pixels == crop.pixels && twice.visible == crop.visible)
    #expect(twice.rotation == crop.rotation && twice.identity == 2)
    for (one, two) in zip(twice.landmarks, crop.landmarks) {
      #expect(((one - two) * (one - two)).sum() < 1e-8)
    }
    // The dot is still on its landmark, which is now the other eye's corner.
    let offset = Self.brightPlace(mirrored) - mirrored.landmarks[45]
    #expect((offset * offset).sum().squareRoot() < 0.5)
    #expect(mirrored.visible[45] == crop.visible[36])
    // M R M is the mirrored rotation.
    let rotation = EulerAngles(x: 0.3, y: -0.5, z: 0.2)
    let (plain, other) = (
      RotationMatrix(rotation), RotationMatrix(LandmarkMirror.rotation(rotation))
    )
    let point = SIMD3(0.3, -0.7, 1.1)
    let flip = SIMD3(-1.0, 1, 1)
    let difference = flip * plain.rotate(flip * point) - other.rotate(point)
    #expect((difference * difference).sum() < 1e-24)
  }
}
