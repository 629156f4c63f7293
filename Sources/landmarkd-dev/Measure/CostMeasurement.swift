import CLNF
import Foundation
import ModelTraining

/// What a model costs: the time until it is ready, and that of response maps by scale and window.
struct CostMeasurement {
  static let windows = [7, 9, 11, 13, 15, 21]
  /// Runs of which the fastest counts, so that other work on the machine is not measured.
  static let runs = 25

  let path: String
  let load: () throws -> FaceModel

  /// Two tables. Maps are those of all landmarks of the view nearest to a frontal face, with the
  /// sampling of their areas, on one thread.
  func tables() throws -> String {
    let model = try load()
    let ready = try Self.fastest { _ = try load() }
    var lines = ["\(path): ready in \(Self.milliseconds(ready)) ms", ""]
    let sets = InstructionSet.allCases
    lines.append(
      "| scale, px/mm | window | " + sets.map { "\($0.rawValue), ms" }.joined(separator: " | ")
        + " |")
    lines.append("| --- | --- |" + String(repeating: " --- |", count: sets.count))
    let image = Self.image()
    let fitters = try sets.map { set in
      var settings = model.fitSettings ?? .landmarkd(for: model)
      settings.firstFitWindows = Self.windows
      return try Fitter(model: model, settings: settings, instructionSet: set)
    }
    let local = [Double](repeating: 0, count: model.shapeModel.modeCount)
    for (index, scale) in model.scales.enumerated() {
      let parameters = FaceParameters(
        global: GlobalParameters(scale: 1.2 * scale.patchScaling, tx: 320, ty: 240), local: local)
      for window in Self.windows {
        let times = fitters.map { fitter in
          Self.fastest {
            _ = fitter.responses(
              image: image, parameters: parameters, scaleIndex: index, windowSize: window)
          }
        }
        lines.append(
          "| \(scale.patchScaling) | \(window) | "
            + times.map(Self.milliseconds).joined(separator: " | ") + " |")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func fastest<Failure: Error>(
    _ work: () throws(Failure) -> Void
  ) throws(Failure) -> Duration {
    let clock = ContinuousClock()
    var best = Duration.seconds(1000)
    for _ in 0..<runs {
      let start = clock.now
      try work()
      best = min(best, clock.now - start)
    }
    return best
  }

  private static func milliseconds(_ duration: Duration) -> String {
    let parts = duration.components
    let value = Double(parts.seconds) * 1e3 + Double(parts.attoseconds) * 1e-15
    return String(format: "%.2f", value)
  }

  /// Seeded noise, 640 x 480.
  private static func image() -> GreyImage {
    var generator = SeededGenerator(seed: 1)
    var image = GreyImage(width: 640, height: 480, repeating: 0)
    image.withMutableSamples { samples in
      for index in samples.indices {
        samples[index] = UInt8(truncatingIfNeeded: generator.next())
      }
    }
    return image
  }
}
