/// Five points of a face in pixels of the image searched, x to the right and y down.
///
/// Sides are the person's: the right eye is on the left in the picture of an upright face. In the
/// 68-point markup they are the means of 36...41 and of 42...47, and points 30, 48 and 54.
public struct FacePoints: Sendable, Equatable {
  public var rightEye: SIMD2<Double>
  public var leftEye: SIMD2<Double>
  public var noseTip: SIMD2<Double>
  public var rightMouthCorner: SIMD2<Double>
  public var leftMouthCorner: SIMD2<Double>

  public init(
    rightEye: SIMD2<Double>, leftEye: SIMD2<Double>, noseTip: SIMD2<Double>,
    rightMouthCorner: SIMD2<Double>, leftMouthCorner: SIMD2<Double>
  ) {
    self.rightEye = rightEye
    self.leftEye = leftEye
    self.noseTip = noseTip
    self.rightMouthCorner = rightMouthCorner
    self.leftMouthCorner = leftMouthCorner
  }
}

extension FacePoints {
  /// In the markup's order: right eye, left eye, nose tip, right and left corner of the mouth.
  var all: [SIMD2<Double>] { [rightEye, leftEye, noseTip, rightMouthCorner, leftMouthCorner] }

  public init?(landmarks: [Double]) {
    guard landmarks.count == 2 * 68 else { return nil }
    let points = Self.landmarks.map { indices in
      var sum = SIMD2<Double>()
      for i in indices { sum += SIMD2(landmarks[i], landmarks[68 + i]) }
      return sum / Double(indices.count)
    }
    self.init(
      rightEye: points[0], leftEye: points[1], noseTip: points[2], rightMouthCorner: points[3],
      leftMouthCorner: points[4])
  }

  /// Which landmarks of the 68-point markup each is the mean of.
  static let landmarks: [[Int]] = [Array(36...41), Array(42...47), [30], [48], [54]]
}
