import FoundationEssentials
import SystemSupport

/// One figure of a report, to put beside the same figure of another.
struct InspectFigure {
  enum Value {
    case text(String)
    /// With what each number is of, for the place of the largest difference: "landmark 12"; empty
    /// where there is one number.
    case numbers([Double], labels: [String])
  }

  let name: String
  let value: Value
  /// The largest difference that is none.
  var tolerance = 0.0
  var unit = ""
  /// Whether it is about the response maps themselves.
  var isOfResponses = false
}

/// Figures that come about together: a start, a scale, a result.
struct InspectStage {
  let name: String
  let figures: [InspectFigure]
}

/// Two reports stage by stage. Figures and stages are matched by their names; figures that only
/// one of them has are left out, stages are not.
struct InspectComparison {
  let title: String
  let ours: [InspectStage]
  let theirs: [InspectStage]

  /// How two values of a figure differ.
  struct Difference {
    /// Infinite where they cannot be subtracted.
    var size: Double
    /// Which of the figure's numbers differs most.
    var place = ""
    var words: String

    init(_ figure: InspectFigure, _ other: InspectFigure) {
      switch (figure.value, other.value) {
      case (.text(let a), .text(let b)):
        size = a == b ? 0 : .infinity
        words = a == b ? a : "\(a) | \(b)"
      case (.numbers(let a, let labels), .numbers(let b, _)):
        guard a.count == b.count else {
          size = .infinity
          words = "\(a.count) | \(b.count) values"
          return
        }
        size = 0
        for (index, (x, y)) in zip(a, b).enumerated() {
          let distance =
            x.isFinite && y.isFinite ? abs(x - y) : (x.isNaN && y.isNaN ? 0 : .infinity)
          if distance > size {
            size = distance
            place = index < labels.count ? labels[index] : ""
          }
        }
        let values = a.count == 1 ? String(printf: "%.7g | %.7g", a[0], b[0]) : "\(a.count) values"
        let unit = figure.unit.isEmpty ? "" : " " + figure.unit
        words =
          "\(values)  largest difference \(Self.text(size))\(unit)"
          + (place.isEmpty ? "" : " (\(place))") + "  tolerance \(Self.text(figure.tolerance))"
      default:
        size = .infinity
        words = "of another kind"
      }
    }

    static func text(_ size: Double) -> String { String(printf: "%.2g", size) }
  }

  /// The table, and a closing line that says whether the responses agree.
  var text: String {
    var table = Table(lines: ["", title])
    for name in names {
      let (mine, other) = (
        ours.first { $0.name == name }, theirs.first { $0.name == name }
      )
      if let mine, let other {
        table.add(mine, other)
      } else {
        table.differ(name, "only in \(mine == nil ? "the other" : "this") report")
      }
    }
    let agreement = Self.agreement(table.largest)
    return (table.lines + [table.first.map { "first difference at \($0)" } ?? agreement])
      .joined(separator: "\n")
  }

  /// The stages of both, in order: one that only they have follows what it follows there.
  private var names: [String] {
    var names = ours.map(\.name)
    var next = 0
    for stage in theirs {
      if let index = names.firstIndex(of: stage.name) {
        next = index + 1
      } else {
        names.insert(stage.name, at: next)
        next += 1
      }
    }
    return names
  }

  /// The lines so far.
  private struct Table {
    var lines: [String]
    /// Where and what the first difference is.
    var first: String?
    /// The largest difference of responses.
    var largest: (difference: Difference, place: String)?

    mutating func differ(_ stage: String, _ words: String) {
      lines.append("\(stage)  DIFFERS: \(words)")
      first = first ?? "\(stage): \(words)"
    }

    mutating func add(_ stage: InspectStage, _ other: InspectStage) {
      lines.append(stage.name)
      for figure in stage.figures {
        guard let twin = other.figures.first(where: { $0.name == figure.name }) else { continue }
        let difference = Difference(figure, twin)
        let differs = difference.size > figure.tolerance
        let name = figure.name.padded(to: 20)
        lines.append("  \(name) \(difference.words)" + (differs ? "  DIFFERS" : ""))
        if differs, first == nil {
          first = InspectComparison.words(stage, figure, difference)
          if !figure.isOfResponses, let largest {
            first? += "; before it " + InspectComparison.agreement(largest)
          }
        }
        if figure.isOfResponses, difference.size >= largest?.difference.size ?? 0 {
          let place = difference.place.isEmpty ? figure.name : difference.place
          largest = (difference, "\(stage.name), \(place)")
        }
      }
    }
  }

  private static func words(
    _ stage: InspectStage, _ figure: InspectFigure, _ difference: Difference
  ) -> String {
    var words = "\(stage.name): \(figure.name)"
    if difference.size.isFinite {
      let place = difference.place.isEmpty ? "" : ", " + difference.place
      words += " (largest \(Difference.text(difference.size))\(place))"
    } else {
      words += " (\(difference.words))"
    }
    return words
  }

  private static func agreement(_ largest: (difference: Difference, place: String)?) -> String {
    guard let largest else { return "no difference, and no responses to compare" }
    guard largest.difference.size > 0 else { return "responses agree: no difference" }
    return "responses agree: largest difference \(Difference.text(largest.difference.size))"
      + " (\(largest.place))"
  }
}
