import Foundation
import Testing

@testable import ModelTraining

/// The jaw's landmarks from a template whose outline is half an ellipse.
struct JawOutlineTests {
  /// Outer eye corners at the height 100; the outline begins 20 px above it.
  private static let template: [SIMD2<Double>] = {
    var points = [SIMD2<Double>](repeating: .zero, count: 189)
    points[18] = [150, 100]
    points[27] = [250, 100]
    let order = [
      134, 109, 185, 110, 186, 111, 125, 126, 127, 128, 129, 130, 131, 132, 133, 114, 188, 113,
      187, 112, 144,
    ]
    for (k, index) in order.enumerated() {
      let angle = Double.pi * (1.1 - 1.2 * Double(k) / 20)
      points[index] = SIMD2(200 + 100 * cos(angle), 100 + 140 * sin(angle))
    }
    return points
  }()

  @Test func beginsAtTheEyeLineAndTurnsAtTheChin() {
    let jaw = JawOutline.landmarks(template: Self.template)
    #expect(jaw.count == 17)
    #expect(abs(jaw[0].y - 100) < 1 && abs(jaw[16].y - 100) < 1)
    #expect(jaw[0].x < jaw[16].x)
    #expect(abs(jaw[8].x - 200) < 1 && abs(jaw[8].y - 240) < 1)
  }

  @Test func stepsAreEqualOnEitherSide() {
    let jaw = JawOutline.landmarks(template: Self.template)
    for range in [0..<8, 8..<16] {
      let steps = range.map { jaw[$0 + 1] - jaw[$0] }.map { ($0 * $0).sum().squareRoot() }
      let mean = steps.reduce(0, +) / 8
      for step in steps { #expect(abs(step - mean) < 0.03 * mean) }
    }
  }

  @Test func templatesOfAnotherFormAreRefused() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("face.tem").path
    let lines = (0..<189).map { "\($0) \(2 * $0)" }
    try (["189"] + lines).joined(separator: "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
    let points = try JawOutline.readTemplate(path)
    #expect(points.count == 189 && points[10] == [9, 19], "from 1-based to 0-based")
    for (text, problem) in [
      ("189\n1 2\n", "holds 1 points"), ("189\n1 2\nx y\n", "line 3"),
    ] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: MaterialError.self) { try JawOutline.readTemplate(path) }
      #expect(error?.description.contains(problem) == true)
    }
    #expect(throws: MaterialError.self) { try JawOutline.readTemplate(path + ".missing") }
  }
}
