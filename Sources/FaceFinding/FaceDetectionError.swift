/// Why a face detector could not be made, or a search could not be run.
public enum FaceDetectionError: Error, Equatable, CustomStringConvertible {
  /// A setting is outside its range: its name, what was given, what is allowed.
  case invalidSetting(name: String, value: Double, allowed: String)
  /// The memory for a search of an image of this size could not be had.
  case outOfMemory(width: Int, height: Int)
  /// A finder's net that cannot be read: its name, the offset of the byte, what is there and what was
  /// expected.
  case invalidNet(name: String, byte: Int, reason: String)
  /// dlib refused to work, which its documentation does not foresee.
  case detectorFailed

  public var description: String {
    switch self {
    case .invalidSetting(let name, let value, let allowed):
      "face detector: \(name) is \(value), allowed is \(allowed)"
    case .outOfMemory(let width, let height):
      "face detector: no memory left to search an image of \(width) x \(height)"
    case .invalidNet(let name, let byte, let reason):
      "\(name): byte \(byte): \(reason)"
    case .detectorFailed:
      "face detector: dlib's detector failed"
    }
  }
}

extension FaceDetectionError {
  /// Throws `invalidSetting` for a value outside its range.
  static func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>)
    throws(FaceDetectionError)
  {
    guard range.contains(value) else {
      throw .invalidSetting(
        name: name, value: value, allowed: "\(range.lowerBound) to \(range.upperBound)")
    }
  }
}
