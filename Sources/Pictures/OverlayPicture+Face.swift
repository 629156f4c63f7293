import CLNF
import Measurement

/// The lines of the 68-point markup (iBUG/Multi-PIE).
enum FaceContours {
  static let of68: [(first: Int, last: Int, isClosed: Bool)] = [
    (0, 16, false),  // jaw
    (17, 21, false), (22, 26, false),  // brows
    (27, 30, false), (31, 35, false),  // nose
    (36, 41, true), (42, 47, true),  // eyes
    (48, 59, true), (60, 67, true),  // lips
  ]
  static let brows = 17...26
}

extension OverlayPicture {
  /// Draws landmarks ([x0..., y0...], px) as dots; 68 of them also as the face's contours.
  public mutating func drawLandmarks(
    _ landmarks: [Double], style: OverlayStyle = OverlayStyle()
  ) {
    let n = landmarks.count / 2
    func point(_ i: Int) -> (x: Double, y: Double) { (landmarks[i], landmarks[n + i]) }
    if n == 68 {
      for contour in FaceContours.of68 {
        for i in contour.first..<contour.last {
          drawLine(from: point(i), to: point(i + 1), width: style.lineWidth, style.contour)
        }
        if contour.isClosed {
          drawLine(
            from: point(contour.last), to: point(contour.first), width: style.lineWidth,
            style.contour)
        }
      }
    }
    for i in 0..<n {
      drawDot(x: landmarks[i], y: landmarks[n + i], radius: style.dotRadius, style.dot)
    }
  }

  /// Draws the head's axes from above the brows, where they hide nothing of the face (68 points; else
  /// from the head's origin): red to the head's x (the picture's right for a face that looks at the
  /// camera), green down to the brows, blue out of the face, where it looks. Nothing without a pose.
  ///
  /// - Parameter lengthMillimetres: of each axis.
  public mutating func drawAxes(
    of measurement: FaceMeasurement, camera: CameraIntrinsics, lengthMillimetres: Double = 50,
    style: OverlayStyle = OverlayStyle()
  ) {
    guard let pose = measurement.headPose else { return }
    var origin = pose.translation
    let points = measurement.landmarks3D
    let r = RotationMatrix(pose.rotation)
    if points.count == 3 * 68 {
      var sum = SIMD3<Double>.zero
      for i in FaceContours.brows { sum += SIMD3(points[i], points[68 + i], points[136 + i]) }
      let up = r.rotate([0, -1, 0])
      origin = sum / Double(FaceContours.brows.count) + (lengthMillimetres + 5) * up
    }
    guard let start = camera.project(origin) else { return }
    let axes: [(direction: SIMD3<Double>, colour: Colour)] = [
      ([1, 0, 0], Colour(255, 60, 60)), ([0, 1, 0], Colour(60, 220, 60)),
      ([0, 0, -1], Colour(80, 120, 255)),
    ]
    for axis in axes {
      guard let end = camera.project(origin + lengthMillimetres * r.rotate(axis.direction)) else {
        continue
      }
      drawLine(from: start, to: end, width: 2 * style.lineWidth, axis.colour)
    }
  }

  /// Draws a face box's outline.
  public mutating func drawBox(_ box: FaceBox, style: OverlayStyle = OverlayStyle()) {
    let (left, right) = (box.x, box.x + box.width)
    let (top, bottom) = (box.y, box.y + box.height)
    drawLine(from: (left, top), to: (right, top), width: style.lineWidth, style.box)
    drawLine(from: (right, top), to: (right, bottom), width: style.lineWidth, style.box)
    drawLine(from: (right, bottom), to: (left, bottom), width: style.lineWidth, style.box)
    drawLine(from: (left, bottom), to: (left, top), width: style.lineWidth, style.box)
  }
}
