import FoundationEssentials
import SystemSupport

extension InspectReport {
  /// The table for people: a block a scale, then the outcome.
  var text: String {
    let corner = box.map { $0.map { String(printf: "%.1f", $0) } ?? "-" }.joined(separator: ",")
    var lines = ["\(input)  frame \(frame)  box \(corner)"]
    for scale in scales { lines += [""] + scale.lines }
    lines.append("")
    lines.append(outcome)
    return lines.joined(separator: "\n")
  }

  private var outcome: String {
    if let failure { return "result      no usable fit: \(failure)" }
    let confidence = confidence.map { String(printf: "%.4f", $0) } ?? "unknown"
    let likelihood = likelihood.map { String(printf: "%.4f", $0) } ?? "unknown"
    let result =
      "result      \(success ? "believed" : "not believed")  confidence \(confidence)"
      + "  likelihood \(likelihood)"
    return ([result] + landmarkLines + (verdict?.lines ?? [])).joined(separator: "\n")
  }

  /// How many of the least sure landmarks are named.
  private static let unsureCount = 6

  /// The mean confidence of the landmarks, and the least sure of them.
  private var landmarkLines: [String] {
    let known = (landmarkConfidences ?? []).enumerated().compactMap { index, value in
      value.map { (landmark: index, confidence: $0) }
    }
    guard !known.isEmpty else { return [] }
    let mean = known.reduce(0) { $0 + $1.confidence } / Double(known.count)
    let least = known.sorted { ($0.confidence, $0.landmark) < ($1.confidence, $1.landmark) }
    let names = least.prefix(Self.unsureCount).map {
      String(printf: "%d %.2f", $0.landmark, $0.confidence)
    }
    return [
      String(printf: "landmarks   seen and right: %.2f on average; least sure: ", mean)
        + names.joined(separator: ", ")
    ]
  }
}

extension InspectReport.Scale {
  /// How many of the worst landmarks are named.
  static let worstCount = 5

  fileprivate var lines: [String] {
    var lines = ["scale \(scale)  window \(window)  view \(view)  sigma \(sigma)"]
    lines.append(
      "  responses   min \(number(response.min, 6))  max \(number(response.max, 6))"
        + "  mean \(number(response.mean, 6))")
    if let nearness {
      let share = 100 * Double(nearness.count) / Double(peaks.count)
      lines.append(
        "  peaks       \(nearness.count) of \(peaks.count)"
          + String(printf: " (%.0f %%) within 1 px of the landmark; mean distance ", share)
          + String(printf: "%.2f px", nearness.meanDistance))
    } else {
      lines.append("  peaks       no landmark is visible")
    }
    if !peaks.isEmpty {
      lines.append("  worst       landmark      dx      dy  distance    peak   (window px)")
    }
    for peak in worst(Self.worstCount) {
      let cells = [
        "\(peak.landmark)", number(peak.dx, 2), number(peak.dy, 2), number(peak.distance, 2),
        number(peak.value, 4),
      ]
      lines.append("              " + zip(cells, [8, 8, 8, 10, 8]).map(padded).joined())
    }
    lines += byPass("mean shift", meanShift) + byPass("step", step)
    let full = meanShift.count - rigidIterations
    lines.append(
      "  iterations  \(rigidIterations) rigid (\(end(rigidCameToRest))), "
        + "\(full) full (\(end(cameToRest)))")
    return lines
  }

  private func end(_ rests: Bool) -> String { rests ? "came to rest" : "stopped at the limit" }

  /// The rigid iterations' figures, and below them the full ones'.
  private func byPass(_ name: String, _ values: [Double?]) -> [String] {
    let title = name.padded(to: 12)
    let passes = [
      ("rigid", values.prefix(rigidIterations)), ("full ", values.dropFirst(rigidIterations)),
    ]
    return passes.enumerated().map { index, pass in
      let list = pass.1.map { number($0, 3) }.joined(separator: " ")
      return "  " + (index == 0 ? title : String(repeating: " ", count: 12)) + pass.0
        + " \(list)" + (index == 0 ? "   (reference px)" : "")
    }
  }

  private func number(_ value: Double?, _ decimals: Int) -> String {
    value.map { String(printf: "%.\(decimals)f", $0) } ?? "-"
  }

  private func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
