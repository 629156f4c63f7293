import CLNF

/// Turns a detector's box into the outline-to-outline, brows-to-chin box that fits start from.
///
/// All four numbers are fractions of the detector's box (docs/reference/clnf.md section 9). They do
/// not depend on the scale that the image was searched at.
struct BoxCalibration: Sendable {
  /// Shift to the right, in widths.
  var x: Double
  /// Shift down, in heights.
  var y: Double
  var width: Double
  var height: Double

  /// For the boxes of dlib's frontal HOG detector.
  static let frontalHOG = BoxCalibration(x: 0.0389, y: 0.1278, width: 0.9611, height: 0.9388)

  /// For the squares of a `FaceFinder`, which are taken as they come.
  static let finder = BoxCalibration(x: 0, y: 0, width: 1, height: 1)

  func apply(to box: FaceBox) -> FaceBox {
    FaceBox(
      x: box.x + x * box.width, y: box.y + y * box.height, width: width * box.width,
      height: height * box.height)
  }
}
