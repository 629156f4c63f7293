import CLNF

/// The largest differences that are none. Two correct implementations differ by the rounding of
/// 32-bit responses, which the iterations carry on: on six sample images by up to 1e-5 in
/// responses, 1e-4 mm in shape modes and 2e-4 px in landmarks. A fault is far above these limits.
enum InspectTolerance {
  static let box = 0.01
  /// Of responses, which are between 0 and about 1.
  static let response = 1e-3
  /// Window px: landmarks move by less where the maps agree.
  static let peak = 0.02
  static let meanShift = 0.01
  static let likelihood = 1e-2
  static let confidence = 1e-3
  /// Image px.
  static let landmark = 0.02
  /// Image px/mm, radians and image px.
  static let poseScale = 1e-3
  static let rotation = 1e-3
  static let translation = 0.02
  /// Coefficients of the shape's modes, mm.
  static let mode = 0.02
}

extension InspectFigure {
  static func number(
    _ name: String, _ value: Double?, _ tolerance: Double, unit: String = "",
    isOfResponses: Bool = false
  ) -> InspectFigure {
    InspectFigure(
      name: name, value: .numbers([value ?? .nan], labels: []), tolerance: tolerance, unit: unit,
      isOfResponses: isOfResponses)
  }

  static func list(
    _ name: String, _ values: [Double?], each label: String, _ tolerance: Double, unit: String
  ) -> InspectFigure {
    InspectFigure(
      name: name,
      value: .numbers(
        values.map { $0 ?? .nan }, labels: values.indices.map { "\(label) \($0)" }),
      tolerance: tolerance, unit: unit)
  }

  /// scale, rx, ry, rz, tx, ty.
  static func pose(_ global: [Double?]) -> [InspectFigure] {
    guard global.count == 6 else { return [] }
    return [
      .number("pose scale", global[0], InspectTolerance.poseScale, unit: "px/mm"),
      .list("rotation", Array(global[1..<4]), each: "axis", InspectTolerance.rotation, unit: "rad"),
      .list(
        "translation", Array(global[4..<6]), each: "axis", InspectTolerance.translation,
        unit: "px"),
    ]
  }

  static func modes(_ local: [Double?]) -> InspectFigure {
    .list("shape modes", local, each: "mode", InspectTolerance.mode, unit: "mm")
  }

  /// Both coordinates of every landmark.
  static func landmarks(_ points: [[Double?]]) -> InspectFigure {
    InspectFigure(
      name: "landmarks",
      value: .numbers(
        points.flatMap { $0.map { $0 ?? .nan } },
        labels: points.enumerated().flatMap {
          [String](repeating: "landmark \($0)", count: $1.count)
        }
      ), tolerance: InspectTolerance.landmark, unit: "px")
  }

  static func responses(min: Double?, max: Double?, mean: Double?) -> [InspectFigure] {
    [("responses min", min), ("responses max", max), ("responses mean", mean)].map {
      .number($0, $1, InspectTolerance.response, isOfResponses: true)
    }
  }

  /// Of the fit's outcome.
  static func verdict(
    likelihood: Double?, confidence: Double?, success: Bool
  ) -> [InspectFigure] {
    [
      .number("likelihood", likelihood, InspectTolerance.likelihood),
      .number("confidence", confidence, InspectTolerance.confidence),
      InspectFigure(name: "success", value: .text("\(success)")),
    ]
  }
}

extension InspectReport {
  /// The report's figures in the order in which they come about.
  var stages: [InspectStage] {
    [
      InspectStage(
        name: "start",
        figures: [.list("box", box, each: "side", InspectTolerance.box, unit: "px")]
          + InspectFigure.pose(start.global))
    ] + scales.map(\.stage) + [
      InspectStage(
        name: "result",
        figures: InspectFigure.pose(parameters.global) + [
          .modes(parameters.local), .landmarks(landmarks),
        ]
          + InspectFigure.verdict(
            likelihood: likelihood, confidence: confidence, success: success))
    ]
  }
}

extension InspectReport.Scale {
  fileprivate var stage: InspectStage {
    let meanDistance = nearness?.meanDistance
    return InspectStage(
      name: "scale \(scale)",
      figures: [
        InspectFigure(name: "window", value: .text("\(window)")),
        InspectFigure(name: "view", value: .text("\(view)")),
        InspectFigure(name: "sigma", value: .text(sigma)),
      ] + InspectFigure.responses(min: response.min, max: response.max, mean: response.mean)
        + [
          peakList("peak dx", peaks.map(\.dx), InspectTolerance.peak, "px"),
          peakList("peak dy", peaks.map(\.dy), InspectTolerance.peak, "px"),
          peakList("peak value", peaks.map(\.value), InspectTolerance.response, ""),
          .number("mean peak distance", meanDistance, InspectTolerance.peak, unit: "px"),
          InspectFigure(
            name: "iterations",
            value: .text("\(rigidIterations) rigid, \(meanShift.count - rigidIterations) full")),
          .list(
            "mean shift", meanShift, each: "iteration", InspectTolerance.meanShift, unit: "px"),
          .list(
            "mean shift in image", meanShiftImage, each: "iteration", InspectTolerance.landmark,
            unit: "px"),
          .list("step", step, each: "iteration", InspectTolerance.meanShift, unit: "px"),
          .number("likelihood", likelihood, InspectTolerance.likelihood),
        ] + InspectFigure.pose(parameters.global) + [.modes(parameters.local)])
  }

  private func peakList(
    _ name: String, _ values: [Double?], _ tolerance: Double, _ unit: String
  ) -> InspectFigure {
    InspectFigure(
      name: name,
      value: .numbers(
        values.map { $0 ?? .nan }, labels: peaks.map { "landmark \($0.landmark)" }),
      tolerance: tolerance, unit: unit, isOfResponses: name == "peak value")
  }
}
