import CLNF
import Foundation
import ModelTraining

/// Sets of fit settings side by side on the same faces and the same boxes.
struct SettingsMeasurement {
  /// Boxes a face, each drawn around the box of the true points.
  static let boxesPerFace = 2
  static let seed: UInt64 = 7

  fileprivate struct Candidate {
    var name: String
    var fitter: Fitter
    var errors: [Double] = []
    var iterations = 0
    var rested = 0
    var seconds = 0.0
  }

  /// A table with a row for each set.
  /// - Parameter names: `landmarkd`, `classic`, `reference`, or a JSON file of settings.
  static func table(of lists: [AnnotatedImage.List], model: FaceModel, names: [String]) throws
    -> String
  {
    var sets = try names.map { name in
      Candidate(name: name, fitter: try Fitter(model: model, settings: settings(name, model)))
    }
    var generator = SeededGenerator(seed: seed)
    for list in lists {
      for listed in list.images {
        let picture = try list.read(listed)
        let truth = picture.points.map(\.x) + picture.points.map(\.y)
        for _ in 0..<boxesPerFace {
          let box = displaced(LandmarkError.box(of: truth), &generator)
          for index in sets.indices { sets[index].fit(picture.image, box, truth) }
        }
      }
    }
    return
      ([
        "| settings | median | mean | below .08 | below .10 | iterations | at rest at the end | ms a fit |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
      ] + sets.map(\.row)).joined(separator: "\n")
  }

  static func settings(_ name: String, _ model: FaceModel) throws -> FitSettings {
    switch name {
    case "landmarkd": return model.fitSettings ?? .landmarkd(for: model)
    case "classic": return .classic(for: model)
    case "reference": return FitSettings.classic(for: model).asReference
    default:
      return try JSONDecoder().decode(
        FitSettings.self, from: Data(contentsOf: URL(fileURLWithPath: name)))
    }
  }

  /// Shifted by up to 8 % of its sides, 0.9 to 1.1 times as large.
  private static func displaced(_ box: FaceBox, _ generator: inout SeededGenerator) -> FaceBox {
    let scale = generator.uniform(0.9...1.1)
    let (width, height) = (box.width * scale, box.height * scale)
    return FaceBox(
      x: box.center.x + generator.uniform(-0.08...0.08) * box.width - width / 2,
      y: box.center.y + generator.uniform(-0.08...0.08) * box.height - height / 2, width: width,
      height: height)
  }
}

extension SettingsMeasurement.Candidate {
  fileprivate mutating func fit(_ image: borrowing GreyImage, _ box: FaceBox, _ truth: [Double]) {
    let clock = ContinuousClock()
    let start = clock.now
    _ = fitter.fit(image: image, box: box)
    let time = clock.now - start
    seconds += Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    var landmarks: [Double] = []
    fitter.copyLandmarks(into: &landmarks)
    let report = fitter.report
    errors.append(
      report.succeeded ? LandmarkError.relative(landmarks, to: truth) : .infinity)
    iterations += report.iterations
    if report.cameToRest { rested += 1 }
  }

  fileprivate var row: String {
    let sorted = errors.sorted()
    let count = Double(max(1, sorted.count))
    func share(_ limit: Double) -> Double { 100 * Double(sorted.count { $0 < limit }) / count }
    return String(
      format: "| %@ | %.4f | %.4f | %.1f %% | %.1f %% | %.1f | %.1f %% | %.2f |",
      URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent,
      sorted.isEmpty ? .nan : sorted[sorted.count / 2],
      sorted.reduce(0) { $0 + min($1, 1) } / count, share(0.08), share(0.1),
      Double(iterations) / count, 100 * Double(rested) / count, 1000 * seconds / count)
  }
}
