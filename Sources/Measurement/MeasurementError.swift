/// What is wrong with what Measurement was given.
public enum MeasurementError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A value of the camera's intrinsics is out of range; `expected` says what the range is.
  case invalidIntrinsic(name: String, value: Double, expected: String)
  /// A setting is out of range.
  case invalidSetting(name: String, value: Double, expected: String)

  public var description: String {
    switch self {
    case .invalidIntrinsic(let name, let value, let expected):
      "camera intrinsics: \(name) is \(value), expected \(expected)"
    case .invalidSetting(let name, let value, let expected):
      "\(name) is \(value), expected \(expected)"
    }
  }
}
