import CLNF
import Diagnostics
import Foundation
import ModelTraining
import Pictures

/// How well failures are told from good fits, by the protocol of docs/develop/measuring.md.
struct VerdictMeasurement {
  /// One fit: what three judges think of it, 0 wrong to 1 right, and how wrong it is.
  struct Fit {
    var image: Int
    var error: Double
    var scores: [Double]
  }

  static let judges = ["validator alone", "mean shift alone", "both"]
  static let startsPerImage = 20
  static let backgroundsPerImage = 5
  static let seed: UInt64 = 2026

  private let fitter: Fitter
  private let judge: ValidatorEvaluation?
  private let verdicts: LearnedVerdicts
  private let list: AnnotatedImage.List
  private let boxes: BoxTable

  init(model: FaceModel, list: AnnotatedImage.List) throws {
    guard let verdicts = model.verdicts ?? LearnedVerdicts.openFace(model) else {
      throw MeasureError(description: "\(model.name): no verdict was learned for this model")
    }
    self.verdicts = verdicts
    self.list = list
    fitter = try Fitter(model: model, settings: model.fitSettings ?? .landmarkd(for: model))
    judge = model.validator.map {
      ValidatorEvaluation($0, landmarkCount: model.landmarkCount)
    }
    boxes = try BoxTable(path: list.folder + "/boxes.csv")
  }

  /// Confidence against the share of right fits, as a picture.
  static func diagram(_ fits: [Fit]) -> LinePlot {
    func line(_ judge: Int, _ colour: Colour) -> LinePlot.Series {
      LinePlot.Series(
        name: judges[judge], colour: colour,
        points: reliability(fits, judge).bins.map { [$0.confidence, $0.right] })
    }
    return LinePlot(
      title: "Reliability of the confidence (n = \(fits.count))",
      horizontal: .init(title: "mean confidence of the fits of a tenth", range: 0...1),
      vertical: .init(title: "share with an error below 10 %", range: 0...1),
      series: [
        .init(name: "ideal", colour: Colour(160, 160, 160), points: [[0, 0], [1, 1]]),
        line(1, Colour(0, 90, 200)), line(2, Colour(210, 80, 0)),
      ])
  }

  /// The tables, as Markdown.
  /// - Parameter picture: where the reliability diagram goes, a PNG; nil: none.
  func tables(picture: String?) throws -> String {
    var starts: [Fit] = []
    var backgrounds: [Fit] = []
    for (index, listed) in list.images.enumerated() {
      guard let box = boxes[listed.name].last else { continue }
      let picture = try list.read(listed)
      let truth = picture.points.map(\.x) + picture.points.map(\.y)
      var generator = SeededGenerator(seed: Self.seed &+ UInt64(index))
      for _ in 0..<Self.startsPerImage {
        let start = FailureStarts.draw(around: box, &generator)
        starts.append(fit(picture.image, start.box, start.roll, truth, index))
      }
      for _ in 0..<Self.backgroundsPerImage {
        guard
          let away = FailureStarts.drawBackground(
            face: box, width: picture.image.width, height: picture.image.height, &generator)
        else { continue }
        backgrounds.append(fit(picture.image, away, 0, truth, index))
      }
    }
    if let picture { try PNGWriter.write(Self.diagram(starts).picture(), to: picture, force: true) }
    return [
      separation("all starts", starts),
      separation(
        "without errors of 8 to 12 %", starts.filter { $0.error < 0.08 || $0.error > 0.12 }),
      background(backgrounds.filter { $0.error > 0.3 }), reliability(starts),
    ].joined(separator: "\n\n")
  }

  private func fit(
    _ image: borrowing GreyImage, _ box: FaceBox, _ roll: Double, _ truth: [Double], _ index: Int
  ) -> Fit {
    let model = fitter.model
    let parameters = fitter.fit(
      image: image, box: box, rotation: EulerAngles(x: 0, y: 0, z: roll))
    var landmarks: [Double] = []
    fitter.copyLandmarks(into: &landmarks)
    let report = fitter.report
    let certainty =
      report.succeeded
      ? judge?.certainty(
        image: image, landmarks: landmarks, rotation: parameters.global.rotation) : nil
    let count = model.scales.count
    return Fit(
      image: index,
      error: report.succeeded ? LandmarkError.relative(landmarks, to: truth) : .infinity,
      scores: [
        certainty.map { (1 - $0) / 2 } ?? 0,
        verdicts.own.probability(report, certainty: nil, scaleCount: count),
        verdicts.withValidator.probability(report, certainty: certainty, scaleCount: count),
      ])
  }

  private func separation(_ title: String, _ fits: [Fit]) -> String {
    let good = fits.map { $0.error <= 0.1 }
    var lines = [
      "\(title): \(fits.count) fits, \(good.count { !$0 }) failed", "",
      "| judge | AUC (95 % interval, bootstrap over images) | good fits doubted when 95 % of failures are caught |",
      "| --- | --- | --- |",
    ]
    for (index, name) in Self.judges.enumerated() {
      let scores = fits.map { $0.scores[index] }
      let area = Ranking.areaUnderCurve(scores, good)
      let interval = bootstrap(fits, index)
      let alarms = Ranking.falseAlarms(scores, good, caught: 0.95)
      lines.append(
        String(
          format: "| %@ | %.4f (%.4f to %.4f) | %.1f %% |", name, area, interval.low,
          interval.high, 100 * alarms.share))
    }
    return lines.joined(separator: "\n")
  }

  /// 200 draws of images with replacement.
  private func bootstrap(_ fits: [Fit], _ judge: Int) -> (low: Double, high: Double) {
    var generator = SeededGenerator(seed: Self.seed)
    let byImage = Dictionary(grouping: fits, by: \.image).sorted { $0.key < $1.key }.map(\.value)
    let areas = (0..<200).map { _ in
      let drawn = (0..<byImage.count).flatMap { _ in
        byImage[Int.random(in: 0..<byImage.count, using: &generator)]
      }
      return Ranking.areaUnderCurve(drawn.map { $0.scores[judge] }, drawn.map { $0.error <= 0.1 })
    }.sorted()
    return (areas[5], areas[194])
  }

  private func background(_ fits: [Fit]) -> String {
    var lines = [
      "background boxes: \(fits.count) fits away from the face", "",
      "| judge | believed |", "| --- | --- |",
    ]
    // The validator's boundary of -0.45 is a confidence of 0.725.
    for (index, limit) in [0.725, 0.5, 0.5].enumerated() {
      let believed = fits.count { $0.scores[index] > limit }
      lines.append(
        String(
          format: "| %@ | %d (%.2f %%) |", Self.judges[index], believed,
          100 * Double(believed) / Double(max(1, fits.count))))
    }
    return lines.joined(separator: "\n")
  }

  /// How often fits of a confidence are right, by judge: the fit's own evidence, and both.
  private static func reliability(_ fits: [Fit], _ judge: Int) -> Reliability {
    Reliability(confidences: fits.map { $0.scores[judge] }, isRight: fits.map { $0.error <= 0.1 })
  }

  private func reliability(_ fits: [Fit]) -> String {
    let reliability = Self.reliability(fits, 2)
    var lines = ["| confidence | fits | mean confidence | right |", "| --- | --- | --- | --- |"]
    for bin in reliability.bins {
      lines.append(
        String(
          format: "| %.1f to %.1f | %d | %.3f | %.3f |", bin.low, bin.low + 0.1, bin.count,
          bin.confidence, bin.right))
    }
    lines.append(String(format: "\nexpected calibration error %.4f", reliability.calibrationError))
    return lines.joined(separator: "\n")
  }
}
