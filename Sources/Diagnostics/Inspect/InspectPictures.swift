import CLNF
import Glibc
import Pictures
import Recording
import SystemNames
import VideoInput

/// The folder of `inspect -o`: the landmarks, the response maps of every scale, the convergence.
struct InspectPictures {
  let folder: String
  let force: Bool

  /// Faces in smaller pictures are drawn enlarged.
  private static let legibleWidth = 1200

  private func path(_ name: String) -> String { folder + "/" + name }

  private static func mapsName(scale: Double, window: Int) -> String {
    "responses-scale\(scale)-window\(window).png"
  }

  /// Makes the folder with those above it; one that is there is fine.
  func makeFolder() throws {
    guard SystemName.makeFolders(folder) else {
      throw DiagnosticsError(
        description: "cannot make the folder \(folder): \(String(cString: strerror(errno)))")
    }
  }

  /// Throws where a picture is there already and may not be replaced.
  func checkAreFree(_ model: FaceModel, _ settings: FitSettings) throws {
    let maps = zip(model.scales, settings.firstFitWindows).filter { $1 > 0 }.map {
      Self.mapsName(scale: $0.patchScaling, window: $1)
    }
    for name in ["landmarks.png", "convergence.png"] + maps {
      try OutputCheck.beforehand(path(name), force: force)
    }
  }

  func write(
    _ frame: borrowing VideoFrame, _ report: InspectReport, _ scales: [ScaleReport]
  ) throws {
    let landmarks = Self.landmarks(frame, report, scales.last)
    try PNGWriter.write(landmarks, to: path("landmarks.png"), force: force)
    for scale in scales {
      let sheet = ResponseSheet(
        title: "scale \(scale.patchScaling)  window \(scale.windowSize)  view \(scale.view)  "
          + "sigma \(scale.sigma)",
        windowSize: scale.windowSize,
        maps: scale.responses.indices.map { landmark in
          ResponseSheet.Map(
            responses: scale.responses[landmark], landmarkX: scale.offsetX[landmark],
            landmarkY: scale.offsetY[landmark])
        })
      let name = Self.mapsName(scale: scale.patchScaling, window: scale.windowSize)
      try PNGWriter.write(sheet.picture(), to: path(name), force: force)
    }
    try PNGWriter.write(
      Self.convergence(report).picture(width: 1100, height: 640), to: path("convergence.png"),
      force: force)
  }

  /// The frame with contours, landmarks by residual, and the numbers of those whose peaks lie
  /// furthest away.
  private static func landmarks(
    _ frame: borrowing VideoFrame, _ report: InspectReport, _ last: ScaleReport?
  ) -> OverlayPicture {
    let original =
      frame.hasColour
      ? OverlayPicture(rgb: frame.colour.copy()) : OverlayPicture(grey: frame.grey)
    let factor = max(1, min(4, (legibleWidth + frame.grey.width / 2) / max(1, frame.grey.width)))
    var picture = OverlayPicture(enlarging: original, by: factor)
    func place(_ value: Double?) -> Double {
      ((value ?? .nan) + 0.5) * Double(factor) - 0.5
    }
    let xs = report.landmarks.map { place($0[0]) }
    let ys = report.landmarks.map { place($0[1]) }
    var style = OverlayStyle(faceWidth: (xs.max() ?? 0) - (xs.min() ?? 0))
    let box = report.box.compactMap(\.self)
    if box.count == 4 {
      picture.drawBox(
        FaceBox(
          x: place(box[0]), y: place(box[1]), width: box[2] * Double(factor),
          height: box[3] * Double(factor)), style: style)
    }
    style.contour = Colour(60, 200, 255)
    picture.drawLandmarks(xs + ys, style: style)
    for i in xs.indices {
      let residual: Double
      if let last, !last.responses[i].isEmpty {
        let (x, y) = (last.meanShiftX[i], last.meanShiftY[i])
        residual = (x * x + y * y).squareRoot()
      } else {
        residual = .nan
      }
      picture.drawDot(
        x: xs[i], y: ys[i], radius: 1.6 * style.dotRadius, ResidualColour.colour(residual))
    }
    let count = Double(max(1, xs.count))
    let centre = (x: xs.reduce(0, +) / count, y: ys.reduce(0, +) / count)
    for peak in report.scales.last?.worst(InspectReport.Scale.worstCount) ?? [] {
      picture.drawNumber(peak.landmark, at: (xs[peak.landmark], ys[peak.landmark]), from: centre)
    }
    picture.drawLabel(
      "mean shift: green 0, yellow \(ResidualColour.fullScalePixels / 2), "
        + "red \(ResidualColour.fullScalePixels) px and more; numbers: furthest peaks",
      x: 4, y: 4)
    return picture
  }

  /// Mean shift and step by iteration, logarithmic, the scales one after another.
  private static func convergence(_ report: InspectReport) -> LinePlot {
    // Dark for mean shifts, light for steps.
    let colours: [(shift: Colour, step: Colour)] = [
      (Colour(20, 70, 180), Colour(130, 175, 250)), (Colour(190, 60, 10), Colour(250, 170, 110)),
      (Colour(20, 120, 50), Colour(130, 215, 140)), (Colour(120, 30, 140), Colour(215, 150, 230)),
    ]
    var series: [LinePlot.Series] = []
    var before = 0
    for (index, scale) in report.scales.enumerated() {
      let colour = colours[index % colours.count]
      func points(_ values: [Double?]) -> [SIMD2<Double>] {
        var points = values.enumerated().map { index, value -> SIMD2<Double> in
          [Double(before + index + 1), log10(value ?? .nan)]
        }
        // A gap between the passes: they do not go on from one another.
        points.insert([.nan, .nan], at: min(scale.rigidIterations, points.count))
        return points
      }
      series.append(
        LinePlot.Series(
          name: "scale \(scale.scale): mean shift", colour: colour.shift,
          points: points(scale.meanShift)))
      series.append(
        LinePlot.Series(
          name: "scale \(scale.scale): step", colour: colour.step, points: points(scale.step)))
      before += max(scale.meanShift.count, scale.step.count)
    }
    let values = series.flatMap { $0.points.map(\.y) }
    // The legend stands to the right of the last iteration.
    var plot = LinePlot(
      title: "convergence (rigid, then full, scale by scale)",
      horizontal: LinePlot.Axis(
        title: "iteration", range: 0...max(1, (1.6 * Double(before)).rounded(.up))),
      vertical: LinePlot.Axis(title: "log10 of reference px", covering: values),
      series: series)
    plot.legendCorner = .upperRight
    return plot
  }
}

extension OverlayPicture {
  /// A landmark's number beside it, away from the face's centre, so that it hides no neighbour.
  fileprivate mutating func drawNumber(
    _ landmark: Int, at place: (x: Double, y: Double), from centre: (x: Double, y: Double)
  ) {
    let (dx, dy) = (place.x - centre.x, place.y - centre.y)
    let length = (dx * dx + dy * dy).squareRoot()
    guard length.isFinite, length > 0, abs(place.x) < 1e6, abs(place.y) < 1e6 else { return }
    let end = (x: place.x + 44 * dx / length, y: place.y + 44 * dy / length)
    drawLine(from: place, to: end, width: 1.5, Colour(255, 255, 255))
    let size = Self.textSize("\(landmark)")
    drawLabel("\(landmark)", x: Int(end.x) - size.width / 2, y: Int(end.y) - size.height / 2)
  }
}
