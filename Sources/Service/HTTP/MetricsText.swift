/// Text in Prometheus's exposition format 0.0.4: metric families, each with its help and type.
struct MetricsText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  enum Kind: String {
    case counter, gauge, histogram
  }

  /// Names and values of a sample's labels, in the order they are written in.
  typealias Labels = [(name: String, value: String)]

  private(set) var text = ""

  /// Begins a family; its samples follow.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    let help = Self.escaped(help, quotes: false)
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
    text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
      text += "{\(pairs.joined(separator: ","))}"
    }
    text += " \(Self.number(value))\n"
  }

  mutating func sample(_ name: String, _ labels: Labels, _ value: Int) {
    sample(name, labels, Double(value))
  }

  /// A histogram's samples: counts up to each bound, their sum, their number.
  mutating func samples(_ name: String, _ labels: Labels, _ histogram: Histogram) {
    var count = 0
    for (i, bound) in histogram.bounds.enumerated() {
      count += histogram.counts[i]
      sample("\(name)_bucket", labels + [("le", Self.number(bound))], count)
    }
    sample("\(name)_bucket", labels + [("le", "+Inf")], histogram.count)
    sample("\(name)_sum", labels, histogram.sum)
    sample("\(name)_count", labels, histogram.count)
  }

  static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
    return "\(value)"
  }
}
