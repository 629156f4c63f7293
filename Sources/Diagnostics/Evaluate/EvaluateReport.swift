import CLNF
import FoundationEssentials
import Recording
import Session
import SystemNames
import SystemSupport
import Tracking

/// One face of one image: its fit and how far that is from the truth.
struct EvaluationRow: Encodable {
  let image: EvaluationImage
  /// Where the fit started; nil where no face was found, and all below is then nil or false.
  let box: FaceBox?
  /// Infinite where the fit diverged.
  private(set) var error68: Double?
  /// nil also where the markup is not that of 68 points.
  private(set) var error49: Double?
  /// nil also where the model has no validator.
  private(set) var confidence: Double?
  private(set) var success = false
  private(set) var likelihood: Double?
  private(set) var meanShift: Double?
  private(set) var peakOffset: Double?
  private(set) var iterations: Int?
  /// Stacked, px; empty where there is no fit.
  private(set) var landmarks: [Double] = []

  /// An image whose face was not found.
  init(notFound image: EvaluationImage) {
    self.image = image
    box = nil
  }

  init(_ image: EvaluationImage, box: FaceBox, face: TrackedFrame) {
    self.image = image
    self.box = box
    let n = image.truth.count / 2
    if face.hasFit {
      error68 = LandmarkError.normalised(face.landmarks, truth: image.truth, points: 0..<n)
      error49 =
        n == 68
        ? LandmarkError.normalised(
          face.landmarks, truth: image.truth, points: LandmarkError.inner49) : nil
      landmarks = face.landmarks
      meanShift = face.meanShift.rounded6
      peakOffset = face.peakOffset.rounded6
      likelihood = face.likelihood.rounded6
      iterations = face.iterations
    } else {
      error68 = .infinity
      error49 = n == 68 ? .infinity : nil
    }
    confidence = face.confidence.rounded6
    success = face.success
  }

  private enum Key: CodingKey {
    case image, error68, error49, confidence, success, likelihood, meanShift, peakOffset
    case iterations, box
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(SystemName.shown(image.name), forKey: .image)
    try container.encode(error68?.rounded6, forKey: .error68)
    try container.encode(error49?.rounded6, forKey: .error49)
    try container.encode(confidence, forKey: .confidence)
    try container.encode(success, forKey: .success)
    try container.encode(likelihood, forKey: .likelihood)
    try container.encode(meanShift, forKey: .meanShift)
    try container.encode(peakOffset, forKey: .peakOffset)
    try container.encode(iterations, forKey: .iterations)
    try container.encode(
      box.map { [$0.x, $0.y, $0.width, $0.height].map(\.rounded6) }, forKey: .box)
  }
}

/// The figures of a set of images; the same run gives the same bytes.
public struct EvaluationReport: Encodable {
  let landmarkCount: Int
  let rows: [EvaluationRow]
  /// Images that could not be decoded; they have no row.
  public let unreadable: Int
  let settings: [String: ReportValue]
  let model: RunReport.Model

  /// Of the faces that were found.
  var points68: ErrorFigures { ErrorFigures(rows.compactMap(\.error68)) }
  var points49: ErrorFigures? {
    hasInnerPoints ? ErrorFigures(rows.compactMap(\.error49)) : nil
  }
  /// Of all faces; one that was not found is a failure.
  var all68: ErrorFigures { ErrorFigures(errors68) }
  var all49: ErrorFigures? { hasInnerPoints ? ErrorFigures(errors49) : nil }

  var hasInnerPoints: Bool { landmarkCount == 68 }
  /// Of all rows, with infinity for faces that were not found.
  var errors68: [Double] { rows.map { $0.error68 ?? .infinity } }
  var errors49: [Double] { rows.map { $0.error49 ?? .infinity } }
  var foundCount: Int { rows.count { $0.box != nil } }
  /// The share of rows with a face; nil without rows.
  var found: Double? { (Double(foundCount) / Double(rows.count)).rounded6 }

  private enum Key: CodingKey {
    case points68, points49, withNotFound, images, found, count, unreadable, settings, model
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(points68, forKey: .points68)
    try container.encode(points49, forKey: .points49)
    var all = container.nestedContainer(keyedBy: Key.self, forKey: .withNotFound)
    try all.encode(all68, forKey: .points68)
    try all.encode(all49, forKey: .points49)
    try container.encode(rows, forKey: .images)
    try container.encode(found, forKey: .found)
    try container.encode(rows.count, forKey: .count)
    try container.encode(unreadable, forKey: .unreadable)
    try container.encode(settings, forKey: .settings)
    try container.encode(model, forKey: .model)
  }

  /// Writes the JSON, whole or not at all. Throws as `RunReport.write`.
  public func write(to path: String, force: Bool) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try WholeFile.write(
      [UInt8](encoder.encode(self)) + [UInt8(ascii: "\n")], to: path, force: force)
  }

  /// The table for people.
  public var text: String {
    let share = found.map { String(printf: "%.1f %%", 100 * $0) } ?? "none"
    var lines = ["\(rows.count) face\(rows.count == 1 ? "" : "s"), \(foundCount) found (\(share))"]
    if unreadable > 0 { lines[0] += ", unreadable images: \(unreadable)" }
    lines.append("                      median    mean    < .05    < .08    < .10")
    lines.append(Self.line("\(landmarkCount) points", points68))
    if let points49 { lines.append(Self.line("49 points", points49)) }
    if foundCount < rows.count {
      lines.append("those not found counted as failures:")
      lines.append(Self.line("\(landmarkCount) points", all68))
      if let all49 { lines.append(Self.line("49 points", all49)) }
    }
    return lines.joined(separator: "\n")
  }

  private static func line(_ name: String, _ figures: ErrorFigures) -> String {
    func error(_ value: Double?) -> String { value.map { String(printf: "%.4f", $0) } ?? "-" }
    func share(_ value: Double?) -> String {
      value.map { String(printf: "%.1f %%", 100 * $0) } ?? "-"
    }
    let cells = [
      error(figures.median), error(figures.mean), share(figures.below05), share(figures.below08),
      share(figures.below10),
    ]
    let widths = [10, 8, 9, 9, 9]
    let name = "  " + name + String(repeating: " ", count: max(0, 16 - name.count))
    return name + zip(cells, widths).map { $0.padded(to: $1) }.joined()
  }
}

extension String {
  /// With spaces in front.
  fileprivate func padded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
