import CLNF
import FoundationEssentials
import SystemSupport
import Tracking

extension InspectReport {
  /// What each figure of a fit says for and against it (docs/reference/clnf.md, section 7).
  struct Verdict: Codable {
    /// One figure of the learned rule.
    struct Figure: Codable {
      var name: String
      var value: Double?
      /// Standard deviations from the mean of the training fits, -3 to 3.
      var deviations: Double?
      /// Its part in the logarithm of the odds that the fit is right.
      var logOdds: Double?
    }

    /// A limit that the fit does not keep.
    struct Limit: Codable {
      var name: String
      var value: Double?
      /// None where any number would do.
      var limit: Double?
    }

    /// "learned", or "validator" where its word alone counts.
    var rule: String
    /// Confidence from which on a fit is believed; of the learned rule.
    var minimumConfidence: Double?
    /// The log odds without any figure; of the learned rule.
    var bias: Double?
    var figures: [Figure]
    var exceeded: [Limit]
    /// The validator's, -1 right to 1 wrong; none without a validator.
    var certainty: Double?
  }
}

extension InspectReport.Verdict {
  /// nil for a fit that failed.
  init?(_ belief: Belief, _ report: FitReport, certainty: Double?, scaleCount: Int) {
    guard report.succeeded else { return nil }
    exceeded = belief.exceeded(by: report).map {
      Limit(name: $0.name, value: $0.value.rounded9, limit: $0.limit.rounded9)
    }
    self.certainty = certainty?.rounded9
    guard let rule = belief.verdicts?.rule(certainty: certainty) else {
      self.rule = "validator"
      figures = []
      return
    }
    self.rule = "learned"
    minimumConfidence = belief.minimumConfidence
    bias = rule.bias.rounded9
    figures = rule.contributions(report, certainty: certainty, scaleCount: scaleCount).map {
      Figure(
        name: $0.evidence.rawValue, value: $0.value.rounded9, deviations: $0.deviations.rounded9,
        logOdds: $0.logOdds.rounded9)
    }
  }

  /// For people: the figures, those that speak most against the fit first.
  var lines: [String] {
    var lines: [String] = []
    if rule == "learned" {
      lines.append("verdict     figure               value  deviations  log odds")
      let ordered = figures.enumerated().sorted {
        ($0.element.logOdds ?? 0, $0.offset) < ($1.element.logOdds ?? 0, $1.offset)
      }
      for figure in ordered.map(\.element) {
        lines.append(
          "            " + figure.name.padded(to: 17)
            + column(figure.value, 9, "%.3f") + column(figure.deviations, 12, "%+.2f")
            + column(figure.logOdds, 10, "%+.2f"))
      }
      lines.append(
        "            " + "bias".padded(to: 17)
          + column(bias, 31, "%+.2f"))
    } else {
      lines.append("verdict     the validator alone: certainty \(text(certainty, "%.4f"))")
    }
    for limit in exceeded {
      lines.append(
        "            beyond the limit: \(limit.name) \(text(limit.value, "%.3f")), "
          + "at most \(text(limit.limit, "%g"))")
    }
    return lines
  }

  private func text(_ value: Double?, _ format: String) -> String {
    value.map { String(printf: format, $0) } ?? "-"
  }

  private func column(_ value: Double?, _ width: Int, _ format: String) -> String {
    let text = text(value, format)
    return String(repeating: " ", count: max(1, width - text.count)) + text
  }
}
