import CLNF
import Diagnostics
import FaceFinding
import Foundation

/// How well and how fast a face detector finds annotated faces.
struct DetectorMeasurement {
  private var images = 0
  private var found = 0
  private var otherBoxes = 0
  private var centreErrors: [Double] = []
  private var sideways: [Double] = []
  private var downwards: [Double] = []
  private var widthRatios: [Double] = []
  private var heightRatios: [Double] = []
  private var milliseconds: [Double] = []

  /// The table over detectors and their settings, as Markdown.
  static func table(of list: AnnotatedImage.List) throws -> String {
    var detectors: [(name: String, detector: any FaceDetector)] = [
      ("dlib", try FrontalFaceDetector()),
      ("dlib, reduced first", try FrontalFaceDetector(.init(searchesReducedFirst: true))),
      ("finder", FaceFinder()),
      ("finder, reduced first", FaceFinder(try .init(searchesReducedFirst: true))),
    ]
    for threshold in [0.1, 0.3, 0.7, 0.9] {
      detectors.append(("finder, from \(threshold)", FaceFinder(try .init(threshold: threshold))))
    }
    var measurements = detectors.map { _ in DetectorMeasurement() }
    for listed in list.images {
      let picture = try list.read(listed)
      for (index, one) in detectors.enumerated() {
        measurements[index].add(picture, detector: one.detector)
      }
    }
    let rows = zip(detectors, measurements).map { "| \($0.name) | \($1.row) |" }
    return """
      | detector | found | other boxes | centre error % (mean / median / p95) | \
      sideways, down % (mean) | width ratio (mean / p5 / p95) | height ratio (mean / p5 / p95) | \
      ms (mean / median / p95) |
      | --- | --- | --- | --- | --- | --- | --- | --- |
      \(rows.joined(separator: "\n"))
      """
  }

  /// Searches `picture`: its face counts as found where a box's centre lies in the true box and the
  /// two overlap by more than half of their union. Errors are those of the most confident such box.
  mutating func add(_ picture: borrowing AnnotatedImage, detector: any FaceDetector) {
    let clock = ContinuousClock()
    let start = clock.now
    let faces = detector.detectFaces(in: picture.image)
    milliseconds.append((clock.now - start) / .milliseconds(1))
    images += 1
    let truth = picture.truth
    let hits = faces.filter { truth.contains($0.box.center) && truth.overlap($0.box) > 0.5 }
    otherBoxes += faces.count - hits.count
    guard let box = hits.first?.box else { return }
    found += 1
    let right = (box.center.x - truth.center.x) / truth.width
    let down = (box.center.y - truth.center.y) / truth.width
    sideways.append(right)
    downwards.append(down)
    centreErrors.append((right * right + down * down).squareRoot())
    widthRatios.append(box.width / truth.width)
    heightRatios.append(box.height / truth.height)
  }

  private var row: String {
    func percent(_ value: Double) -> String { String(format: "%.1f", 100 * value) }
    let centre = [
      centreErrors.mean, centreErrors.quantile(0.5), centreErrors.quantile(0.95),
    ].map(percent).joined(separator: " / ")
    let bias = "\(percent(sideways.mean)), \(percent(downwards.mean))"
    func ratios(_ values: [Double]) -> String {
      String(
        format: "%.3f / %.3f / %.3f", values.mean, values.quantile(0.05), values.quantile(0.95))
    }
    let times = String(
      format: "%.1f / %.1f / %.1f", milliseconds.mean, milliseconds.quantile(0.5),
      milliseconds.quantile(0.95))
    return
      "\(found) of \(images) | \(otherBoxes) | \(centre) | \(bias) | \(ratios(widthRatios)) | "
      + "\(ratios(heightRatios)) | \(times)"
  }
}

extension FaceBox {
  func contains(_ point: (x: Double, y: Double)) -> Bool {
    point.x >= x && point.x <= x + width && point.y >= y && point.y <= y + height
  }
}

extension [Double] {
  var mean: Double { isEmpty ? .nan : reduce(0, +) / Double(count) }

  /// The sorted value nearest to rank `share` of the way; nan without values.
  func quantile(_ share: Double) -> Double {
    isEmpty ? .nan : sorted()[Int((Double(count - 1) * share).rounded())]
  }
}
