import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// What is told of a tracker that errs in known ways.
struct SequenceFiguresTests {
  /// Frames whose points move to the right by 3 px each; yaw is 1, 11, 21 degrees and so on.
  private static func truth(_ count: Int) -> SequenceTruth {
    let renderer = SequenceRenderer(
      material: SceneRendererTests.material(), settings: SequenceSettings(), scene: .bare,
      performance: SequenceScript.still.performance(seconds: 1, seed: 1))
    let face = renderer.frame(0)
    let rows = (0..<count).map { index in
      var row = SequenceTruth.Row(frame: index + 1, timestamp: Double(index) / 30, face: face)
      row.eyeDistance = 50
      row.rotation.y = Double(1 + 10 * index) * .pi / 180
      for i in 0..<68 { row.landmarks[i] += 3 * Double(index) }
      return row
    }
    return SequenceTruth(rows: rows)
  }

  private static func found(
    _ truth: SequenceTruth, _ change: (Int, inout SequenceFigures.Found) -> Void
  ) -> [SequenceFigures.Found] {
    truth.rows.enumerated().map { index, row in
      var found = SequenceFigures.Found(
        isBelieved: true, landmarks: row.landmarks, rotation: row.rotation,
        milliseconds: index == 0 ? 100 : 2)
      change(index, &found)
      return found
    }
  }

  @Test func aPerfectTrackHasNoErrors() {
    let truth = Self.truth(7)
    let figures = SequenceFigures(truth: truth, found: Self.found(truth) { _, _ in })
    #expect(figures.believed == 7 && figures.frames == 7)
    #expect(figures.all.worst == 0 && figures.inner.worst == 0 && figures.jitter == 0)
    #expect(figures.angles.meanAbsolute == .zero)
    #expect(figures.bands.map(\.frames) == [2, 1, 2, 1, 1, 0])
    #expect(figures.firstMilliseconds == 100 && figures.milliseconds.worst == 2)
  }

  /// Yaw of 1 to 81 degrees: only the last frame is off.
  @Test func framesThatTurnFurtherAreLeftOut() {
    let truth = Self.truth(9)
    let figures = SequenceFigures(
      truth: truth,
      found: Self.found(truth) { index, found in
        if index == 8 { for i in 0..<68 { found.landmarks[i] += 5 } }
      })
    #expect(figures.bands.map(\.frames) == [2, 1, 2, 1, 2, 1])
    #expect(figures.to75.worst == 0 && abs(figures.all.worst - 0.1) < 1e-9)
  }

  /// A constant offset is an error but no jitter.
  @Test func offsetsAreErrorsOverTheEyeDistance() {
    let truth = Self.truth(7)
    let figures = SequenceFigures(
      truth: truth,
      found: Self.found(truth) { _, found in
        for i in 0..<68 { found.landmarks[68 + i] += 5 }
        found.rotation?.x += 3 * .pi / 180
      })
    #expect(abs(figures.all.mean - 0.1) < 1e-9 && abs(figures.inner.median - 0.1) < 1e-9)
    #expect(figures.jitter < 1e-9)
    #expect(abs(figures.angles.meanAbsolute.x - 3) < 1e-9)
    #expect(abs(figures.angles.offset.x - 3) < 1e-9 && figures.angles.meanDeviation.x < 1e-9)
    #expect(figures.bands[..<5].allSatisfy { abs($0.all.mean - 0.1) < 1e-9 })
  }

  /// Points that swing by 1 px to and fro move by 2 px a frame too many: 4 at 100 px.
  @Test func swingsAreJitter() {
    let truth = Self.truth(6)
    let figures = SequenceFigures(
      truth: truth,
      found: Self.found(truth) { index, found in
        for i in 0..<68 { found.landmarks[i] += index % 2 == 0 ? 1 : -1 }
      })
    #expect(abs(figures.jitter - 4) < 1e-9 && abs(figures.commonJitter - 4) < 1e-9)
    let apart = SequenceFigures(
      truth: truth,
      found: Self.found(truth) { index, found in
        for i in 0..<68 { found.landmarks[i] += (index + i) % 2 == 0 ? 1 : -1 }
      })
    #expect(abs(apart.jitter - 4) < 1e-9 && apart.commonJitter < 1e-9)
  }

  @Test func framesThatAreNotBelievedDoNotCount() {
    let truth = Self.truth(6)
    let figures = SequenceFigures(
      truth: truth,
      found: Self.found(truth) { index, found in
        found.isBelieved = index != 5
        if index == 5 { found.landmarks = found.landmarks.map { $0 + 40 } }
      })
    #expect(figures.believed == 5 && figures.all.worst == 0)
    #expect(figures.errors[5] == .infinity)
    #expect(figures.bands[3].believed == 0 && figures.bands[3].frames == 1)
    #expect(figures.bands[3].all.mean.isNaN)
    let none = SequenceFigures(
      truth: truth, found: Self.found(truth) { _, found in found.isBelieved = false })
    #expect(none.all.mean.isNaN && none.jitter.isNaN && none.angles.offset.x.isNaN)
  }

  /// Angles are compared along the shorter way.
  @Test func anglesGoRound() {
    var truth = Self.truth(1)
    truth.rows[0].rotation.z = 179 * .pi / 180
    let figures = SequenceFigures(
      truth: truth, found: Self.found(truth) { _, found in found.rotation?.z = -179 * .pi / 180 })
    #expect(abs(figures.angles.meanAbsolute.z - 2) < 1e-9)
  }

  @Test func theTableComesBackAsWritten() throws {
    let truth = Self.truth(4)
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "truth.csv").path
    let lines = ([SequenceTruth.header] + truth.rows.map(\.cells)).map {
      $0.joined(separator: ",") + "\n"
    }
    try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
    let read = try SequenceTruth.read(path)
    #expect(read.rows.count == 4)
    for (a, b) in zip(read.rows, truth.rows) {
      #expect(a.frame == b.frame && a.visible == b.visible)
      #expect(zip(a.landmarks, b.landmarks).allSatisfy { abs($0 - $1) <= 0.0051 })
      #expect(abs(a.rotation.y - b.rotation.y) < 6e-6)
    }
    for damaged in [
      "", lines[0], lines[1], lines[0] + "1,2\n",
      lines[0] + lines[1].replacingOccurrences(of: "50.00", with: "nan"),
      lines[0] + lines[1].replacingOccurrences(of: "50.00", with: "0"),
      lines[0] + "1e99" + lines[1].dropFirst(),
    ] {
      try damaged.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: MaterialError.self) { try SequenceTruth.read(path) }
    }
    #expect(throws: MaterialError.self) { try SequenceTruth.read(path + ".none") }
  }
}
