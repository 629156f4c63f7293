import CLNF
import Foundation
import ModelTraining

/// What fits show at their end: docs/reference/clnf.md section 13.
struct ConvergenceMeasurement {
  fileprivate struct Figures {
    var responseMin = Float.infinity
    var responseMax = -Float.infinity
    var peaks: [Double] = []
    var firstShift: [Double] = []
    var lastShift: [Double] = []
    var rested = 0
    var fits = 0
    var iterations: [Double] = []
  }

  /// The table for good fits (error below 8 %) to the boxes of the true points.
  static func table(
    of list: AnnotatedImage.List, model: FaceModel, windows: [Int]
  ) throws -> String {
    let fitter = try Fitter(model: model, settings: model.fitSettings ?? .landmarkd(for: model))
    fitter.keepsScaleReports = true
    var figures: [Int: Figures] = [:]
    var good = 0
    for listed in list.images {
      let picture = try list.read(listed)
      let truth = picture.points.map(\.x) + picture.points.map(\.y)
      let shape = model.shapeModel
      let local = [Double](repeating: 0, count: shape.modeCount)
      var parameters = FaceParameters(
        global: shape.globalParameters(
          box: LandmarkError.box(of: truth), local: local,
          rotation: EulerAngles(x: 0, y: 0, z: 0)), local: local)
      fitter.fit(image: picture.image, parameters: &parameters, windows: windows)
      var landmarks: [Double] = []
      fitter.copyLandmarks(into: &landmarks)
      guard fitter.report.succeeded, LandmarkError.relative(landmarks, to: truth) < 0.08 else {
        continue
      }
      good += 1
      for report in fitter.scaleReports {
        figures[report.scaleIndex, default: Figures()].add(report)
      }
    }
    let rows = figures.sorted { $0.key < $1.key }.map { index, values in
      "| \(model.scales[index].patchScaling) | \(windows[index]) | \(values.row) |"
    }
    return """
      \(good) of \(list.images.count) fits with an error below 8 %

      | scale px/mm | window | responses | peak to landmark, mean px | mean shift, start / end, mean px | \
      iterations, mean | came to rest in both passes |
      | --- | --- | --- | --- | --- | --- | --- |
      \(rows.joined(separator: "\n"))
      """
  }
}

extension ConvergenceMeasurement.Figures {
  fileprivate mutating func add(_ report: ScaleReport) {
    var distances: [Double] = []
    for landmark in report.responses.indices {
      guard let peak = report.peak(of: landmark) else { continue }
      responseMin = min(responseMin, report.responses[landmark].min() ?? responseMin)
      responseMax = max(responseMax, report.responses[landmark].max() ?? responseMax)
      let (dx, dy) = (
        Double(peak.x) - report.offsetX[landmark], Double(peak.y) - report.offsetY[landmark]
      )
      distances.append((dx * dx + dy * dy).squareRoot())
    }
    peaks.append(distances.reduce(0, +) / Double(max(1, distances.count)))
    firstShift.append(report.passes.first?.meanShifts.first ?? 0)
    lastShift.append(report.passes.last?.meanShifts.last ?? 0)
    iterations.append(Double(report.passes.reduce(0) { $0 + $1.meanShifts.count }))
    fits += 1
    if report.passes.allSatisfy(\.cameToRest) { rested += 1 }
  }

  fileprivate var row: String {
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
    return String(
      format: "%.3f to %.3f | %.2f | %.2f / %.2f | %.1f | %.1f %%", responseMin, responseMax,
      mean(peaks), mean(firstShift), mean(lastShift), mean(iterations),
      100 * Double(rested) / Double(max(1, fits)))
  }
}
