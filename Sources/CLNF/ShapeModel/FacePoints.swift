import Glibc

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
  package var all: [SIMD2<Double>] {
    [rightEye, leftEye, noseTip, rightMouthCorner, leftMouthCorner]
  }

  /// The same points, each moved as told.
  package func map(_ move: (SIMD2<Double>) -> SIMD2<Double>) -> FacePoints {
    FacePoints(
      rightEye: move(rightEye), leftEye: move(leftEye), noseTip: move(noseTip),
      rightMouthCorner: move(rightMouthCorner), leftMouthCorner: move(leftMouthCorner))
  }

  /// How far the way from the eyes to the mouth is turned from straight down, radians, clockwise as the
  /// image shows it; 0 where there is no way.
  package var roll: Double {
    let down = rightMouthCorner + leftMouthCorner - rightEye - leftEye
    return down == .zero ? 0 : atan2(-down.x, down.y)
  }

  /// The mean distance of the five, px.
  package func meanDistance(to other: FacePoints) -> Double {
    func distance(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Double {
      let d = a - b
      return (d.x * d.x + d.y * d.y).squareRoot()
    }
    let sum =
      distance(rightEye, other.rightEye) + distance(leftEye, other.leftEye)
      + distance(noseTip, other.noseTip) + distance(rightMouthCorner, other.rightMouthCorner)
      + distance(leftMouthCorner, other.leftMouthCorner)
    return sum / 5
  }

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
