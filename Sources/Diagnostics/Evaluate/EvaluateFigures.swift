/// How far a fit is from landmarks placed by hand.
///
/// Source: the 300-W challenge's normalisation (Sagonas et al., ICCVW 2013): mean point-to-point
/// distance over the distance of the outer eye corners.
enum LandmarkError {
  /// The outer eye corners of the 68-point markup.
  static let eyeCorners = (36, 45)

  /// Of 68 points those without the jaw line (0 to 16) and the inner corners of the mouth.
  static let inner49 = (17..<68).filter { $0 != 60 && $0 != 64 }

  /// The distance of the outer eye corners, px; `landmarks` are stacked, 46 or more.
  static func eyeDistance(_ landmarks: [Double]) -> Double {
    distance(landmarks, eyeCorners.0, landmarks, eyeCorners.1)
  }

  /// The mean distance of `points` of two faces over the truth's eye distance. Infinite where the
  /// fit is not finite.
  static func normalised(
    _ fit: [Double], truth: [Double], points: some Collection<Int>
  ) -> Double {
    precondition(fit.count == truth.count, "two faces of different markup")
    let sum = points.reduce(0.0) { $0 + distance(fit, $1, truth, $1) }
    let error = sum / Double(points.count) / eyeDistance(truth)
    return error.isFinite ? error : .infinity
  }

  private static func distance(_ a: [Double], _ i: Int, _ b: [Double], _ j: Int) -> Double {
    let (dx, dy) = (a[i] - b[j], a[a.count / 2 + i] - b[b.count / 2 + j])
    return (dx * dx + dy * dy).squareRoot()
  }
}

/// The errors of a set in a few figures; an infinite error is a failure.
struct ErrorFigures: Equatable, Encodable {
  /// nil without errors, and where half or more are failures.
  let median: Double?
  /// nil without errors, and where there is a failure.
  let mean: Double?
  /// Shares of 1 with an error below 0.05, 0.08 and 0.10; nil without errors.
  let below05: Double?
  let below08: Double?
  let below10: Double?

  init(_ errors: [Double]) {
    let curve = ErrorCurve(errors)
    let sorted = curve.sorted
    let middle = sorted.count / 2
    let median =
      sorted.isEmpty
      ? .nan
      : sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    self.median = median.rounded6
    // Of the errors as they came would differ in the last digit with the order of images.
    mean = (sorted.reduce(0, +) / Double(sorted.count)).rounded6
    below05 = curve.share(below: 0.05).rounded6
    below08 = curve.share(below: 0.08).rounded6
    below10 = curve.share(below: 0.10).rounded6
  }

  private enum Key: CodingKey { case median, mean, below05, below08, below10 }

  /// With null for what there is not.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(median, forKey: .median)
    try container.encode(mean, forKey: .mean)
    try container.encode(below05, forKey: .below05)
    try container.encode(below08, forKey: .below08)
    try container.encode(below10, forKey: .below10)
  }
}

/// The cumulative distribution of errors.
struct ErrorCurve {
  let sorted: [Double]

  init(_ errors: [Double]) { sorted = errors.sorted() }

  /// The share of 1 with an error below `threshold`; nan without errors.
  func share(below threshold: Double) -> Double {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < threshold { low = middle + 1 } else { high = middle }
    }
    return Double(low) / Double(sorted.count)
  }
}

extension Double {
  /// Rounded to six decimals, for files; nil where JSON has no such number.
  var rounded6: Double? { isFinite ? (self * 1e6).rounded() / 1e6 : nil }
}
