import CLNF

/// A reference's response maps from given parameters (responses.json).
public struct ReferenceResponses: Decodable, Sendable {
  struct Case: Decodable {
    let `case`: Int
    let image: String
    let scaleIndex: Int
    let patchScaling: Double
    let window: Int
    let view: Int
    let paramsGlobal: [Double]
    let paramsLocal: [Double]
    /// By landmark, row by row; empty where it is not visible.
    let responses: [[Double]]
  }

  let cases: [Case]

  /// The case of that number, or every one of an image.
  func cases(of image: String, number: Int?, in path: String) throws -> [Case] {
    guard let number else {
      let found = cases.filter { $0.image == image }
      guard !found.isEmpty else {
        throw DiagnosticsError(
          description: "\(path) has no case of \(image); --case takes a number")
      }
      return found
    }
    guard let found = cases.first(where: { $0.case == number }) else {
      throw DiagnosticsError(
        description: "\(path) has no case \(number), but "
          + cases.map { "\($0.case)" }.joined(separator: ", "))
    }
    return [found]
  }
}

extension ReferenceResponses.Case {
  var parameters: FaceParameters {
    let g = paramsGlobal
    return FaceParameters(
      global: GlobalParameters(
        scale: g[0], rotation: EulerAngles(x: g[1], y: g[2], z: g[3]), tx: g[4], ty: g[5]),
      local: paramsLocal)
  }

  /// Throws where the case is not of such a model.
  func check(against model: FaceModel, in path: String) throws {
    let modes = model.shapeModel.modeCount
    guard paramsGlobal.count == 6, paramsGlobal[0] > 0, paramsLocal.count == modes,
      model.scales.indices.contains(scaleIndex), (3...63).contains(window), window % 2 == 1,
      responses.count == model.landmarkCount
    else {
      throw DiagnosticsError(
        description: "\(path): case \(self.case) is not of this model: expected 6 and \(modes) "
          + "parameters, maps of \(model.landmarkCount) landmarks and a scale below "
          + "\(model.scales.count)")
    }
  }

  var stage: InspectStage { stage(view: view, scale: patchScaling, maps: responses) }

  /// The same figures of our maps.
  func stage(of report: ScaleReport) -> InspectStage {
    stage(
      view: report.view, scale: report.patchScaling,
      maps: report.responses.map { $0.map(Double.init) })
  }

  private func stage(view: Int, scale: Double, maps: [[Double]]) -> InspectStage {
    InspectStage(
      name: "case \(self.case)",
      figures: [
        .number("scale", scale, 1e-6, unit: "px/mm"),
        InspectFigure(name: "view", value: .text("\(view)")),
        .list(
          "visible", maps.map { $0.isEmpty ? 0 : 1 }, each: "landmark", 0, unit: ""),
        InspectFigure(
          name: "responses",
          value: .numbers(
            maps.flatMap(\.self),
            labels: maps.enumerated().flatMap {
              [String](repeating: "landmark \($0)", count: $1.count)
            }), tolerance: InspectTolerance.response, isOfResponses: true),
      ])
  }
}
