import Glibc

/// When a single landmark of a fit is to be believed: for each landmark the probability that it is seen
/// and lies within 8 % of the distance of the outer eye corners (as the head has it, seen from the front)
/// from where it belongs.
///
/// Learned by `landmarkd-dev train pack` from faces whose landmarks are known, half covered ones among
/// them: a logistic regression a landmark, on standardised figures and their squares.
public struct LandmarkVerdict: Sendable, Equatable {
  /// The figures of a landmark that are weighed.
  public enum Evidence: String, Sendable, Codable, CaseIterable {
    /// log(length of the final mean shift + 0.05), reference px.
    case meanShift
    /// Log density at the landmark, and the mean of its nearest landmarks'.
    case density
    case nearDensity
    /// Log of the highest response of its map, and the mean of its nearest landmarks'.
    case peakResponse
    case nearPeakResponse
    /// log(distance to that peak + 0.2), reference px.
    case peakOffset
    /// Log odds that the fit as a whole is right.
    case fit
    /// How far the landmark's side of the head is turned to the camera: sin(yaw) x over the greatest x of
    /// the shape, -1 (away) to 1.
    case turned
    /// What one look at the whole face says (`LandmarkRegressor`): log(distance of the landmark from
    /// where it is seen + 0.005), of the face's width; the mean of its nearest landmarks'; log of how
    /// far that may be off.
    case lookDistance
    case nearLookDistance
    case lookDeviation
    /// The mean of its nearest landmarks' last figure: what covers one covers others.
    case nearLookDeviation
    /// Of 25 pixels around the landmark, 8 % of the face's width across, against those around all landmarks: log
    /// of their deviation over the others', and how many of the others' deviations they are brighter. Covers
    /// are plainer than faces, and of another brightness.
    case contrast
    case brightness
  }

  /// A figure as it was among the training landmarks.
  public struct Scale: Sendable, Equatable, Codable {
    public var evidence: Evidence
    public var mean: Double
    public var deviation: Double

    public init(evidence: Evidence, mean: Double, deviation: Double) {
      self.evidence = evidence
      self.mean = mean
      self.deviation = deviation
    }
  }

  /// k, each evidence once.
  public let scales: [Scale]
  /// A landmark's weights of the k standardised figures and of their squares, and its bias: n x
  /// (2k + 1), row by row.
  public let weights: [Double]

  /// Standardised figures are kept within this: beyond it they say no more.
  public static let reach = FitVerdict.reach

  public var landmarkCount: Int { scales.isEmpty ? 0 : weights.count / rowLength }
  private var rowLength: Int { 2 * scales.count + 1 }

  /// - Throws: `ModelDataError` where figures are given twice, are not finite, or do not fit together.
  public init(scales: [Scale], weights: [Double]) throws(ModelDataError) {
    guard !scales.isEmpty, Set(scales.map(\.evidence)).count == scales.count,
      scales.allSatisfy({ $0.mean.isFinite && $0.deviation.isFinite && $0.deviation >= 0 })
    else {
      throw ModelDataError("the figures of a landmark's verdict; expected finite ones, each once")
    }
    guard !weights.isEmpty, weights.count % (2 * scales.count + 1) == 0,
      weights.allSatisfy(\.isFinite)
    else {
      throw ModelDataError(
        "\(weights.count) weights of a landmark's verdict; expected finite ones, "
          + "\(2 * scales.count + 1) a landmark")
    }
    self.scales = scales
    self.weights = weights
  }

  /// What figures come to in the sum: standardised, kept within `reach`; 0 where they are no number.
  public static func standardised(_ value: Double, _ scale: Scale) -> Double {
    guard value.isFinite, scale.deviation > 0 else { return 0 }
    return max(-reach, min(reach, (value - scale.mean) / scale.deviation))
  }

  /// The probability that a landmark is seen and right, 0 to 1. No allocation.
  /// - Parameter value: the landmark's figure of a kind; one that is no number counts as average.
  public func probability(landmark: Int, _ value: (Evidence) -> Double) -> Double {
    let row = landmark * rowLength
    var sum = weights[row + rowLength - 1]
    for (index, scale) in scales.enumerated() {
      let z = Self.standardised(value(scale.evidence), scale)
      sum += weights[row + 2 * index] * z + weights[row + 2 * index + 1] * z * z
    }
    return 1 / (1 + exp(-sum))
  }
}

/// What a fit's last scale shows of each landmark, n each; not a number where one is not visible.
public struct LandmarkFigures: Sendable {
  /// Lengths of the final mean shifts, reference px.
  public internal(set) var meanShifts: [Double] = []
  /// Log densities at the landmarks.
  public internal(set) var logDensities: [Double] = []
  /// Logs of the highest responses of their maps.
  public internal(set) var logPeaks: [Double] = []
  /// Distances to those, reference px.
  public internal(set) var peakOffsets: [Double] = []

  public init() {}
}
