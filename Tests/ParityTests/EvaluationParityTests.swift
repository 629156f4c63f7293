import CLNF
import Foundation
import TestSupport
import Testing
import VideoInput

/// The four rows of the evaluation folder's README, to 2 %.
@Suite(
  .enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"),
  .enabled(if: MaterialFolder.hasEvaluation, "LANDMARKD_EVALUATION is not set"))
struct EvaluationParityTests {
  struct Row: Sendable {
    var wild: Bool
    var starts: Fitter.Starts
    var median68: Double
    var mean68: Double
    var median49: Double
    var mean49: Double
  }

  static let rows = [
    Row(
      wild: false, starts: .one, median68: 0.0426, mean68: 0.0569, median49: 0.0293,
      mean49: 0.0447),
    Row(
      wild: false, starts: .five, median68: 0.0394, mean68: 0.0441, median49: 0.0283,
      mean49: 0.0327),
    Row(
      wild: true, starts: .one, median68: 0.0339, mean68: 0.0470, median49: 0.0240,
      mean49: 0.0372),
    Row(
      wild: true, starts: .five, median68: 0.0333, mean68: 0.0380, median49: 0.0236,
      mean49: 0.0274),
  ]

  @Test(arguments: rows)
  func helen(row: Row) throws {
    let folder = try #require(MaterialFolder.evaluation).appending(path: "helen-even")
    let model = try row.wild ? Golden.wildModel() : Golden.generalModel()
    let fitter = try Fitter(model: model, settings: FitSettings.classic(for: model).asReference)
    var errors68: [Double] = []
    var errors49: [Double] = []
    let boxes = try String(contentsOf: folder.appending(path: "boxes.csv"), encoding: .utf8)
    for line in boxes.split(separator: "\n").dropFirst() {
      let cells = line.split(separator: ",")
      let numbers = cells[1...4].compactMap { Double($0) }
      let box = FaceBox(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
      let path = folder.appending(path: String(cells[0]))
      let image = try ImageReader.read(
        path.path, settings: VideoSettings(greyConversion: .reference))
      _ = fitter.fit(image: image.grey, box: box, starts: row.starts)
      var landmarks: [Double] = []
      fitter.copyLandmarks(into: &landmarks)
      let truth = try Annotation.points(path.deletingPathExtension().appendingPathExtension("pts"))
      errors68.append(Annotation.error(landmarks, truth) { _ in true })
      errors49.append(Annotation.error(landmarks, truth) { $0 > 16 && $0 != 60 && $0 != 64 })
    }
    #expect(errors68.count == 165)
    let figures = [
      Annotation.median(errors68), Annotation.mean(errors68), Annotation.median(errors49),
      Annotation.mean(errors49),
    ]
    let expected = [row.median68, row.mean68, row.median49, row.mean49]
    print(
      "parity: helen-even \(row.wild ? "wild" : "general"), \(row.starts): \(figures), README \(expected)"
    )
    for (figure, value) in zip(figures, expected) {
      #expect(abs(figure - value) <= 0.02 * value)
    }
  }
}

enum Annotation {
  /// Points of a .pts file, 0-based, stacked.
  static func points(_ url: URL) throws -> [Double] {
    let text = try String(contentsOf: url, encoding: .utf8)
    let pairs = text.split(separator: "\n").compactMap { line -> (Double, Double)? in
      let words = line.split(separator: " ")
      guard words.count == 2, let x = Double(words[0]), let y = Double(words[1]) else { return nil }
      return (x - 1, y - 1)
    }
    return pairs.map(\.0) + pairs.map(\.1)
  }

  /// Mean point distance over the distance of the outer eye corners.
  static func error(_ a: [Double], _ b: [Double], where included: (Int) -> Bool) -> Double {
    func distance(_ p: Int, _ q: [Double], _ r: Int, _ s: [Double]) -> Double {
      let (dx, dy) = (q[p] - s[r], q[68 + p] - s[68 + r])
      return (dx * dx + dy * dy).squareRoot()
    }
    let chosen = (0..<68).filter(included)
    let sum = chosen.reduce(0.0) { $0 + distance($1, a, $1, b) }
    return sum / Double(chosen.count) / distance(36, b, 45, b)
  }

  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.count % 2 == 1
      ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
  }
}
