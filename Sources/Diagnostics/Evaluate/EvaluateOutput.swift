import CLNF
import FoundationEssentials
import Glibc
import Pictures
import Recording
import SystemNames
import SystemSupport

/// The folder of `evaluate -o`: the curve, a row an image, the worst images.
public struct EvaluationOutput {
  let folder: String
  let force: Bool

  /// - Parameter force: whether results that are there are replaced.
  public init(folder: String, force: Bool) {
    self.folder = folder
    self.force = force
  }

  static let truthColour = Colour(70, 230, 90)
  static let fitColour = Colour(255, 60, 220)
  /// How many of the worst images are drawn.
  static let worstCount = 12

  private static let names = ["curve.csv", "curve.png", "images.csv"]

  /// Throws where results are there already and may not be replaced.
  public func checkIsFree() throws {
    guard !force else { return }
    for name in Self.names + drawnBefore
    where access(path(name), F_OK) == 0 {
      throw RecordingError.alreadyExists(path: path(name), rows: nil)
    }
  }

  /// Writes all of it; pictures of an earlier run go.
  ///
  /// - Parameter session: draws the worst images anew.
  public func write(_ report: EvaluationReport, session: EvaluationSession) throws {
    let curve = CurveTable(report)
    try CSVTable.write(
      header: curve.header, rows: curve.rows, to: path("curve.csv"), force: force)
    try PNGWriter.write(curve.plot.picture(), to: path("curve.png"), force: force)
    try CSVTable.write(
      header: Self.imageHeader, rows: report.rows.map(Self.imageCells), to: path("images.csv"),
      force: force)
    // There may be fewer now, and they have other names.
    for name in drawnBefore { unlink(path(name)) }
    for (index, row) in Self.worst(of: report.rows).enumerated() {
      try session.draw(row, to: path(Self.pictureName(row, rank: index + 1)), force: force)
    }
  }

  /// The rows with the largest errors, the worst first; equal ones in the set's order.
  static func worst(of rows: [EvaluationRow]) -> [EvaluationRow] {
    let ranked = rows.enumerated().filter { $0.element.error68 != nil }.sorted { a, b in
      let (first, second) = (a.element.error68 ?? 0, b.element.error68 ?? 0)
      return first == second ? a.offset < b.offset : first > second
    }
    return ranked.prefix(worstCount).map(\.element)
  }

  /// worst-RANK-NAME-eERROR-cCONFIDENCE.png
  static func pictureName(_ row: EvaluationRow, rank: Int) -> String {
    let stem = URL(fileURLWithPath: row.image.name).deletingPathExtension().lastPathComponent
    let error = row.error68.flatMap(\.rounded6).map { String(printf: "%.3f", $0) } ?? "failed"
    let confidence = row.confidence.map { String(printf: "-c%.2f", $0) } ?? ""
    return String(printf: "worst-%02d-", rank) + "\(stem)-e\(error)\(confidence).png"
  }

  /// Pictures with such names, from an earlier run.
  private var drawnBefore: [String] {
    let names = SystemName.names(inFolder: folder)?.map(\.name) ?? []
    return names.filter {
      $0.wholeMatch(of: /worst-\d\d-.*-e(\d+\.\d{3}|failed)(-c\d\.\d\d)?\.png/) != nil
    }.sorted()
  }

  private func path(_ name: String) -> String { folder + "/" + name }

  private static let imageHeader = [
    "image", "error68", "error49", "confidence", "success", "likelihood", "mean_shift",
    "peak_offset", "iterations", "x", "y", "width", "height",
  ]

  private static func imageCells(_ row: EvaluationRow) -> [String] {
    func number(_ value: Double?, _ decimals: Int = 6) -> String {
      value.flatMap(\.rounded6).map { String(printf: "%.\(decimals)f", $0) } ?? ""
    }
    return [
      SystemName.shown(row.image.name), number(row.error68), number(row.error49),
      number(row.confidence),
      row.success ? "1" : "0", number(row.likelihood), number(row.meanShift),
      number(row.peakOffset), row.iterations.map { "\($0)" } ?? "", number(row.box?.x, 3),
      number(row.box?.y, 3), number(row.box?.width, 3), number(row.box?.height, 3),
    ]
  }
}

/// The share of faces by error, up to 0.2 in steps of 0.001. Faces that were not found count.
struct CurveTable {
  private static let stepCount = 200
  private static let stepsPerUnit = 1000.0

  private let report: EvaluationReport

  init(_ report: EvaluationReport) { self.report = report }

  /// Names, colours and errors of the lines.
  private var lines: [(column: String, name: String, colour: Colour, errors: [Double])] {
    let all = (
      "error68", "\(report.landmarkCount) points", Colour(30, 90, 200), report.errors68
    )
    guard report.hasInnerPoints else { return [all] }
    return [all, ("error49", "49 points", Colour(215, 90, 20), report.errors49)]
  }

  var header: [String] { ["threshold"] + lines.map(\.column) }

  var rows: [[String]] {
    let curves = lines.map { ErrorCurve($0.errors) }
    return (0...Self.stepCount).map { index in
      let threshold = Double(index) / Self.stepsPerUnit
      return [String(printf: "%.3f", threshold)]
        + curves.map {
          $0.share(below: threshold).rounded6.map { String(printf: "%.6f", $0) } ?? ""
        }
    }
  }

  var plot: LinePlot {
    let series = lines.map { line in
      let curve = ErrorCurve(line.errors)
      return LinePlot.Series(
        name: line.name, colour: line.colour,
        points: (0...Self.stepCount).map { index in
          let threshold = Double(index) / Self.stepsPerUnit
          return [threshold, curve.share(below: threshold)]
        })
    }
    return LinePlot(
      title: "Faces fitted by error (n = \(report.rows.count))",
      horizontal: .init(
        title: "mean point distance / distance of outer eye corners",
        range: 0...Double(Self.stepCount) / Self.stepsPerUnit),
      vertical: .init(title: "share of faces", range: 0...1), series: series)
  }
}
