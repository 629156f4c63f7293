import CLNF
import FaceFinding
import Foundation
import Measurement
import ModelTraining
import Pictures
import Session
import Tracking
import VideoInput

/// How well and how fast a model tracks a drawn sequence, as `landmarkd track` does.
struct SequenceMeasurement {
  let model: FaceModel
  let truth: SequenceTruth
  let video: String

  /// Figures for each set of fit settings, and a table of them where there are several.
  /// - Parameters:
  ///   - names: as `landmarkd-dev measure settings` takes them; with @MM, faces that move less than
  ///     MM are fitted at the finest scale only (0: none are).
  ///   - picture: where to draw the worst frames of the first set.
  func text(settings names: [String], picture: String?) throws -> String {
    var figures: [SequenceFigures] = []
    for name in names {
      let found = try track(named: name)
      figures.append(SequenceFigures(truth: truth, found: found))
      if let picture, figures.count == 1 { try draw(found, figures[0], to: picture) }
    }
    var blocks = zip(names, figures).map { name, figures in
      (names.count > 1 ? "\(Self.short(name))\n" : "") + Self.text(figures)
    }
    if names.count > 1 {
      let rows = zip(names, figures).map { "| \(Self.short($0)) | \(Self.row($1))" }
      blocks.append(([Self.header] + rows).joined(separator: "\n"))
    }
    return blocks.joined(separator: "\n\n")
  }

  private func track(named name: String) throws -> [SequenceFigures.Found] {
    let parts = name.split(separator: "@", maxSplits: 1).map(String.init)
    var plan = TrackingPlan(model)
    plan.fit = try SettingsMeasurement.settings(parts[0], model)
    if parts.count > 1 {
      guard let movement = Double(parts[1]) else {
        throw MeasureError(description: "\(name): expected millimetres after @")
      }
      plan.tracking.stillMovement = movement > 0 ? movement : nil
    }
    let detector = try TrackingConfiguration().makeDetector()
    let pipeline = try FacePipeline(plan, .onPath(detector))
    var rows = Rows(count: truth.rows.count)
    try Runner(pipeline).run(RecordedFeed(VideoInput.open(video)), &rows)
    guard rows.found.count == truth.rows.count else {
      throw MeasureError(
        description: "\(video) has \(rows.found.count) frames, the truth \(truth.rows.count)")
    }
    return rows.found
  }

  /// What was found, frame by frame, as far as there is truth.
  private struct Rows: RunObserver {
    let count: Int
    var found: [SequenceFigures.Found] = []
    private var begin = ContinuousClock.now

    init(count: Int) { self.count = count }

    mutating func begin(_ frame: borrowing VideoFrame) { begin = .now }

    mutating func take(_ frame: borrowing VideoFrame, _ record: FrameRecord) {
      found.append(
        SequenceFigures.Found(
          isBelieved: record.fit.success, landmarks: record.fit.landmarks,
          rotation: record.measured.headPose?.rotation,
          milliseconds: (.now - begin) / .milliseconds(1)))
    }

    func goesOn() -> Bool { found.count < count }
  }

  /// The frames with the largest errors, those without belief first: true points green, found ones
  /// yellow.
  private func draw(
    _ found: [SequenceFigures.Found], _ figures: SequenceFigures, to path: String
  ) throws {
    let chosen = figures.errors.indices.sorted { figures.errors[$0] > figures.errors[$1] }
      .prefix(Self.drawnFrames).sorted()
    let source = try VideoInput.open(video)
    var frame = VideoFrame()
    var sheet = GreyImage(width: 0, height: 0, repeating: 0)
    var index = -1
    while try source.read(into: &frame) {
      index += 1
      guard let place = chosen.firstIndex(of: index) else { continue }
      let (width, height) = (frame.grey.width, frame.grey.height)
      if sheet.width == 0 {
        sheet = GreyImage(
          width: width * Self.drawnColumns,
          height: height * ((chosen.count - 1) / Self.drawnColumns + 1), repeating: 0)
      }
      let (left, top) = (place % Self.drawnColumns * width, place / Self.drawnColumns * height)
      let across = sheet.width
      frame.grey.withSamples { from in
        sheet.withMutableSamples { to in
          for y in 0..<height {
            for x in 0..<width { to[(top + y) * across + left + x] = from[y * width + x] }
          }
        }
      }
    }
    var picture = OverlayPicture(grey: sheet)
    for (place, index) in chosen.enumerated() {
      let left = Double(place % Self.drawnColumns * (sheet.width / Self.drawnColumns))
      let top = Double(place / Self.drawnColumns * frame.grey.height)
      for (points, colour) in [
        (truth.rows[index].landmarks, Colour(60, 255, 90)),
        (found[index].landmarks, Colour(255, 230, 60)),
      ] {
        for i in 0..<68 {
          picture.drawDot(x: left + points[i], y: top + points[68 + i], radius: 1.4, colour)
        }
      }
    }
    try PNGWriter.write(picture, to: path, force: true)
  }

  private static let drawnFrames = 6
  private static let drawnColumns = 3

  private static func short(_ name: String) -> String {
    let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let file = URL(fileURLWithPath: String(parts[0])).deletingPathExtension().lastPathComponent
    return ([file] + parts.dropFirst().map(String.init)).joined(separator: "@")
  }

  private static let header = """
    | settings | believed | 68: mean | median | p95 | worst | 49: mean | \
    yaw below 15 / 30 / 45 / 60 / 75 / above | jitter px | pitch, yaw, roll off by, degrees | ms (median) |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    """

  private static func row(_ figures: SequenceFigures) -> String {
    let bands = figures.bands.map { String(format: "%.4f", $0.all.mean) }
    let angles = figures.angles.meanAbsolute
    return String(
      format: "%d of %d | %.4f | %.4f | %.4f | %.4f | %.4f | %@ | %.3f | %.2f, %.2f, %.2f | %.2f |",
      figures.believed, figures.frames, figures.all.mean, figures.all.median, figures.all.p95,
      figures.all.worst, figures.inner.mean, bands.joined(separator: " / "), figures.jitter,
      angles.x, angles.y, angles.z, figures.milliseconds.median)
  }

  private static func text(_ figures: SequenceFigures) -> String {
    func summary(_ name: String, _ values: SequenceFigures.Summary) -> String {
      String(
        format: "%@: mean %.4f, median %.4f, p95 %.4f, worst %.4f", name, values.mean,
        values.median, values.p95, values.worst)
    }
    func degrees(_ name: String, _ values: SIMD3<Double>) -> String {
      String(format: "%@ %.2f, %.2f, %.2f", name, values.x, values.y, values.z)
    }
    let worst = figures.errors.enumerated().filter { $0.element.isFinite }
      .sorted { $0.element > $1.element }.prefix(5)
      .map { String(format: "%d (%.4f)", $0.offset + 1, $0.element) }
    let bands = figures.bands.filter { $0.frames > 0 }.map { band in
      String(
        format: "  %.0f to %@: %d of %d, %.4f; visible points %.4f; over the distance as seen %.4f",
        band.from, band.to.isFinite ? String(format: "%.0f", band.to) : "90", band.believed,
        band.frames, band.all.mean, band.visible.mean, band.overSeenDistance.mean)
    }
    return
      ([
        "\(figures.believed) of \(figures.frames) frames believed; of those, error over the outer "
          + "eye corners' distance of the head unturned:",
        summary("68 points", figures.all), summary("49 points", figures.inner),
        summary("68 points where |yaw| is up to 75 degrees", figures.to75),
        "worst frames: " + worst.joined(separator: ", "),
        "by |yaw|, degrees: frames believed, mean error of 68 points",
      ] + bands + [
        String(
          format: "jitter at 100 px: %.3f px RMS a frame; of all points together %.3f px",
          figures.jitter, figures.commonJitter),
        "head pose, degrees (pitch, yaw, roll): "
          + degrees("mean absolute", figures.angles.meanAbsolute)
          + degrees("; mean", figures.angles.offset)
          + degrees("; mean absolute about the mean", figures.angles.meanDeviation),
        String(
          format: "ms a frame: median %.2f, p95 %.2f, worst %.2f; the first %.1f",
          figures.milliseconds.median, figures.milliseconds.p95, figures.milliseconds.worst,
          figures.firstMilliseconds),
      ]).joined(separator: "\n")
  }
}
