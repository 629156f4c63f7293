import CLNF
import Foundation

/// How well a tracker found a drawn sequence.
///
/// Errors are mean distances of a frame's points from the true ones over the distance that the outer
/// eye corners would have if the head were not turned (`SequenceTruth.Row.eyeDistance`): so they do
/// not grow because a turned head's corners are seen close together. Only believed frames count.
public struct SequenceFigures: Sendable {
  /// What was found in one frame.
  public struct Found: Sendable {
    public var isBelieved: Bool
    /// 68 points, stacked, px.
    public var landmarks: [Double]
    /// Of the head in the camera's axes, radians; nil where none was measured.
    public var rotation: EulerAngles?
    public var milliseconds: Double

    public init(
      isBelieved: Bool, landmarks: [Double], rotation: EulerAngles?, milliseconds: Double
    ) {
      self.isBelieved = isBelieved
      self.landmarks = landmarks
      self.rotation = rotation
      self.milliseconds = milliseconds
    }
  }

  /// Of values in no order; not a number without any.
  public struct Summary: Sendable, Equatable {
    public var mean = Double.nan
    public var median = Double.nan
    public var p95 = Double.nan
    public var worst = Double.nan

    public init(_ values: [Double]) {
      guard !values.isEmpty else { return }
      let sorted = values.sorted()
      mean = values.reduce(0, +) / Double(values.count)
      median = sorted[sorted.count / 2]
      p95 = sorted[min(sorted.count - 1, Int(0.95 * Double(sorted.count)))]
      worst = sorted[sorted.count - 1]
    }
  }

  /// The frames whose head is turned so far aside.
  public struct Band: Sendable {
    /// |yaw|, degrees; the last band has no end.
    public var from: Double
    public var to: Double
    public var frames = 0
    public var believed = 0
    public var all = Summary([])
    /// Over the distance of the eye corners as they are seen.
    public var overSeenDistance = Summary([])
    /// Of the points that the head does not hide.
    public var visible = Summary([])
  }

  /// Angles against the true ones, degrees.
  public struct AngleErrors: Sendable, Equatable {
    /// pitch, yaw, roll.
    public var meanAbsolute = SIMD3<Double>(repeating: .nan)
    /// Mean of found less true.
    public var offset = SIMD3<Double>(repeating: .nan)
    /// Mean absolute with the offset taken off.
    public var meanDeviation = SIMD3<Double>(repeating: .nan)
  }

  /// The markup's points without jaw and inner mouth corners.
  public static let inner = (17..<68).filter { $0 != 60 && $0 != 64 }
  public static let bandLimits: [Double] = [0, 15, 30, 45, 60, 75]

  public let frames: Int
  public let believed: Int
  /// Error of all 68 points, and of 49.
  public let all: Summary
  public let inner: Summary
  public let bands: [Band]
  /// Error of all 68 points in frames that turn by no more than 75 degrees.
  public let to75: Summary
  /// Root mean square over points and pairs of consecutive believed frames of the found movement less
  /// the true one, px, for faces of 100 px between the outer eye corners.
  public let jitter: Double
  /// The root of the mean of the squared means of it: what all points have in common.
  public let commonJitter: Double
  public let angles: AngleErrors
  /// Of all frames but the first.
  public let milliseconds: Summary
  public let firstMilliseconds: Double
  /// By frame; infinite where not believed.
  public let errors: [Double]

  /// - Parameter found: one for each row of the truth, in order.
  public init(truth: SequenceTruth, found: [Found]) {
    precondition(truth.rows.count == found.count, "a frame for each row")
    let pairs = Array(zip(truth.rows, found))
    let seen = pairs.filter { $0.1.isBelieved }
    frames = pairs.count
    believed = seen.count
    all = Summary(seen.map { Self.error($0.1, $0.0, 0..<68) / $0.0.eyeDistance })
    inner = Summary(seen.map { Self.error($0.1, $0.0, Self.inner) / $0.0.eyeDistance })
    bands = Self.bandLimits.indices.map { Self.band($0, pairs) }
    to75 = Summary(
      seen.filter { abs($0.0.rotation.y) <= 75 * .pi / 180 }
        .map { Self.error($0.1, $0.0, 0..<68) / $0.0.eyeDistance })
    (jitter, commonJitter) = Self.jitter(pairs)
    angles = Self.angles(seen)
    milliseconds = Summary(found.dropFirst().map(\.milliseconds))
    firstMilliseconds = found.first?.milliseconds ?? .nan
    errors = pairs.map { row, found in
      found.isBelieved ? Self.error(found, row, 0..<68) / row.eyeDistance : .infinity
    }
  }

  /// Mean distance, px.
  static func error(
    _ found: Found, _ row: SequenceTruth.Row, _ points: some Collection<Int>
  ) -> Double {
    var sum = 0.0
    for i in points {
      let dx = found.landmarks[i] - row.landmarks[i]
      let dy = found.landmarks[68 + i] - row.landmarks[68 + i]
      sum += (dx * dx + dy * dy).squareRoot()
    }
    return sum / Double(max(1, points.count))
  }

  private static func band(_ index: Int, _ pairs: [(SequenceTruth.Row, Found)]) -> Band {
    let to = index + 1 < bandLimits.count ? bandLimits[index + 1] : Double.infinity
    var band = Band(from: bandLimits[index], to: to)
    let inside = pairs.filter { row, _ in
      let yaw = abs(row.rotation.y) * 180 / .pi
      return yaw >= band.from && yaw < to
    }
    let seen = inside.filter { $0.1.isBelieved }
    (band.frames, band.believed) = (inside.count, seen.count)
    band.all = Summary(seen.map { error($0.1, $0.0, 0..<68) / $0.0.eyeDistance })
    band.overSeenDistance = Summary(
      seen.map { row, found in
        let dx = row.landmarks[45] - row.landmarks[36]
        let dy = row.landmarks[68 + 45] - row.landmarks[68 + 36]
        return error(found, row, 0..<68) / max(1e-3, (dx * dx + dy * dy).squareRoot())
      })
    band.visible = Summary(
      seen.map { row, found in
        error(found, row, (0..<68).filter { row.visible[$0] }) / row.eyeDistance
      })
    return band
  }

  private static func jitter(
    _ pairs: [(SequenceTruth.Row, Found)]
  ) -> (points: Double, common: Double) {
    var (sum, common, count) = (0.0, 0.0, 0)
    for (before, now) in zip(pairs, pairs.dropFirst())
    where before.1.isBelieved && now.1.isBelieved {
      let scale = 100 / now.0.eyeDistance
      let moves = (0..<136).map { i in
        scale
          * (now.1.landmarks[i] - before.1.landmarks[i] - now.0.landmarks[i]
            + before.0.landmarks[i])
      }
      sum += moves.reduce(0) { $0 + $1 * $1 } / 68
      let x = moves[..<68].reduce(0, +) / 68
      let y = moves[68...].reduce(0, +) / 68
      common += x * x + y * y
      count += 1
    }
    guard count > 0 else { return (.nan, .nan) }
    return ((sum / Double(count)).squareRoot(), (common / Double(count)).squareRoot())
  }

  private static func angles(_ seen: [(SequenceTruth.Row, Found)]) -> AngleErrors {
    let differences = seen.compactMap { row, found -> SIMD3<Double>? in
      guard let rotation = found.rotation else { return nil }
      let difference =
        SIMD3(rotation.x, rotation.y, rotation.z)
        - SIMD3(row.rotation.x, row.rotation.y, row.rotation.z)
      // The shorter way around.
      return (difference - 2 * .pi * (difference / (2 * .pi)).rounded(.toNearestOrEven))
        * (180 / .pi)
    }
    guard !differences.isEmpty else { return AngleErrors() }
    let count = Double(differences.count)
    func meanAbsolute(about middle: SIMD3<Double>) -> SIMD3<Double> {
      differences.reduce(SIMD3<Double>.zero) {
        let d = $1 - middle
        return $0 + SIMD3(abs(d.x), abs(d.y), abs(d.z))
      } / count
    }
    var errors = AngleErrors()
    errors.offset = differences.reduce(.zero, +) / count
    errors.meanAbsolute = meanAbsolute(about: .zero)
    errors.meanDeviation = meanAbsolute(about: errors.offset)
    return errors
  }
}
