import CLNF
import FoundationEssentials
import Glibc
import Recording
import Session

/// What one fit saw and came to; the same run gives the same bytes.
///
/// Numbers are rounded to nine decimals; what is not finite is null.
public struct InspectReport: Codable, Sendable {
  /// One scale that was fitted.
  struct Scale: Codable {
    /// px per mm.
    var scale: Double
    var window: Int
    var view: Int
    /// "edges" or "edge-free".
    var sigma: String
    var response: Responses
    /// Of visible landmarks.
    var peaks: [Peak]
    /// Mean length over visible landmarks by iteration, rigid then full, reference px.
    var meanShift: [Double?]
    /// The same in image px.
    var meanShiftImage: [Double?]
    /// Root mean square movement of the landmarks by iteration, reference px.
    var step: [Double?]
    /// How many of the iterations are rigid.
    var rigidIterations: Int
    /// Whether the rigid pass ended by the stop rule.
    var rigidCameToRest: Bool
    /// Whether the full pass did.
    var cameToRest: Bool
    /// Mean over visible landmarks of log(density + 1e-8).
    var likelihood: Double?
    /// At the scale's end.
    var parameters: Parameters
  }

  /// Over all maps of visible landmarks.
  struct Responses: Codable {
    var min: Double?
    var max: Double?
    var mean: Double?
  }

  /// Where a map is highest, from the landmark, window px.
  struct Peak: Codable {
    var landmark: Int
    var dx: Double?
    var dy: Double?
    var distance: Double?
    var value: Double?
  }

  struct Parameters: Codable {
    /// scale, rx, ry, rz, tx, ty.
    var global: [Double?]
    var local: [Double?]

    init(_ parameters: FaceParameters) {
      let pose = parameters.global
      global = [
        pose.scale, pose.rotation.x, pose.rotation.y, pose.rotation.z, pose.tx, pose.ty,
      ].map(\.rounded9)
      local = parameters.local.map(\.rounded9)
    }
  }

  var scales: [Scale]
  /// Where the fit started.
  var start: Parameters
  /// x and y, image px.
  var landmarks: [[Double?]]
  /// How sure each landmark is to be seen and right, 0 to 1; none where the model has not learned that.
  var landmarkConfidences: [Double?]?
  var parameters: Parameters
  var confidence: Double?
  var success: Bool
  /// Why the fit is believed or not; none for a fit that failed, and in reports of before.
  var verdict: Verdict?
  var likelihood: Double?
  /// Why there is no usable fit.
  var failure: String?
  var input: String
  var frame: Int
  /// x, y, width, height.
  var box: [Double?]
  var model: RunReport.Model
  var settings: [String: ReportValue]

  /// The bytes of the JSON file, keys sorted.
  func bytes() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }
}

extension InspectReport.Scale {
  init(_ report: ScaleReport) {
    scale = report.patchScaling
    window = report.windowSize
    view = report.view
    sigma = report.sigma
    let visible = report.responses.indices.filter { !report.responses[$0].isEmpty }
    response = InspectReport.Responses(report.responses)
    peaks = visible.compactMap { landmark in
      report.peak(of: landmark).map { peak in
        let dx = Double(peak.x) - report.offsetX[landmark]
        let dy = Double(peak.y) - report.offsetY[landmark]
        return InspectReport.Peak(
          landmark: landmark, dx: dx.rounded9, dy: dy.rounded9,
          distance: (dx * dx + dy * dy).squareRoot().rounded9,
          value: Double(peak.value).rounded9)
      }
    }
    let shifts = report.passes.flatMap(\.meanShifts)
    meanShift = shifts.map(\.rounded9)
    meanShiftImage = shifts.map { ($0 / report.referenceScale).rounded9 }
    step = report.passes.flatMap(\.steps).map(\.rounded9)
    let rigid = report.passes.first { $0.isRigid }
    rigidIterations = rigid?.meanShifts.count ?? 0
    rigidCameToRest = rigid?.cameToRest ?? false
    cameToRest = report.passes.last { !$0.isRigid }?.cameToRest ?? false
    let densities = visible.map { log(report.likelihoods[$0] + 1e-8) }
    likelihood = (densities.reduce(0, +) / Double(densities.count)).rounded9
    parameters = InspectReport.Parameters(report.parameters)
  }

  /// Share of visible landmarks whose peak lies within 1 px, and the mean distance; nil without
  /// visible landmarks.
  var nearness: (count: Int, meanDistance: Double)? {
    let distances = peaks.compactMap(\.distance)
    guard !distances.isEmpty else { return nil }
    return (
      distances.count { $0 <= 1 }, distances.reduce(0, +) / Double(distances.count)
    )
  }

  /// The peaks that lie furthest from their landmarks, the furthest first.
  func worst(_ count: Int) -> ArraySlice<InspectReport.Peak> {
    peaks.sorted {
      let (a, b) = ($0.distance ?? .infinity, $1.distance ?? .infinity)
      return a == b ? $0.landmark < $1.landmark : a > b
    }.prefix(count)
  }
}

extension InspectReport.Responses {
  /// - Parameter maps: by landmark; those that are not visible are empty.
  init(_ maps: [[Float]]) {
    let values = maps.joined()
    min = values.min().flatMap { Double($0).rounded9 }
    max = values.max().flatMap { Double($0).rounded9 }
    mean = (values.reduce(0.0) { $0 + Double($1) } / Double(values.count)).rounded9
  }
}

extension Double {
  /// Rounded to nine decimals; nil where JSON has no such number.
  var rounded9: Double? { isFinite ? (self * 1e9).rounded() / 1e9 : nil }
}
