import CLNF

/// A face in the reference frame of a scale: upright, of known size, as patch experts see it.
///
/// Pixels and coordinates as everywhere: x right, y down, the centre of the top left pixel at (0, 0).
public struct ReferenceCrop: Sendable, Equatable {
  /// Width and height, px.
  public var side: Int
  /// Grey levels, row by row, `side` x `side`.
  public var pixels: [UInt8]
  /// Where the landmarks are, px of the crop.
  public var landmarks: [SIMD2<Float>]
  /// Whether each landmark can be seen.
  public var visible: [Bool]
  /// How the head is turned, radians.
  public var rotation: EulerAngles
  /// Which person this is: crops of one person are held out together.
  public var identity: Int

  public init(
    side: Int, pixels: [UInt8], landmarks: [SIMD2<Float>], visible: [Bool],
    rotation: EulerAngles, identity: Int
  ) {
    self.side = side
    self.pixels = pixels
    self.landmarks = landmarks
    self.visible = visible
    self.rotation = rotation
    self.identity = identity
  }

  /// The face in a mirror: left and right swapped, in the pixels and in the landmarks' order.
  public func mirrored() -> ReferenceCrop {
    precondition(landmarks.count == LandmarkMirror.map.count, "68 landmarks expected")
    var result = self
    for y in 0..<side {
      for x in 0..<side { result.pixels[y * side + x] = pixels[y * side + side - 1 - x] }
    }
    for (index, other) in LandmarkMirror.map.enumerated() {
      let place = landmarks[other]
      result.landmarks[index] = SIMD2(Float(side - 1) - place.x, place.y)
      result.visible[index] = visible[other]
    }
    result.rotation = LandmarkMirror.rotation(rotation)
    return result
  }
}

/// Left and right of the 68 landmarks and of rotations.
public enum LandmarkMirror {
  /// The landmark that takes each one's place in a mirror; the mirror of the mirror is the landmark.
  public static let map: [Int] =
    Array((0...16).reversed())  // outline of the jaw
    + Array((17...26).reversed())  // brows
    + [27, 28, 29, 30, 35, 34, 33, 32, 31]  // nose
    + [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]  // eyes
    + [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55]  // outer lips
    + [64, 63, 62, 61, 60, 67, 66, 65]  // inner lips

  /// Points or offsets of the 68 landmarks as a mirror on x = 0 shows them.
  public static func mirrored(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    points.indices.map { SIMD2(-points[map[$0]].x, points[map[$0]].y) }
  }

  /// One landmark of each pair, and those on the middle line: what has to be learned where crops
  /// and their mirror images are alike. 39 of them.
  public static let onePerPair: [Int] = map.indices.filter { map[$0] >= $0 }

  /// The rotation seen in a mirror: with R = Rx Ry Rz and M = diag(-1, 1, 1), M R M turns the other
  /// way about y and z.
  public static func rotation(_ angles: EulerAngles) -> EulerAngles {
    EulerAngles(x: angles.x, y: -angles.y, z: -angles.z)
  }
}
