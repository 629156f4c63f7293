import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// What heads of sequences do over time.
struct SequenceScriptTests {
  private static func values(_ pose: SequencePose, _ names: [String]) -> [Double] {
    let degrees = 180 / Double.pi
    return [pose.rotation.x, pose.rotation.y, pose.rotation.z].map { $0 * degrees }
      + [pose.shift.x, pose.shift.y, pose.shift.z] + names.map { 100 * (pose.expression[$0] ?? 0) }
  }

  private static func names(_ performance: SequencePerformance) -> [String] {
    Set(
      (0..<400).flatMap { performance.pose(at: Double($0) / 30).expression.keys }
    ).sorted()
  }

  /// Half the step of time gives half the change: neither places nor speeds jump. In degrees, mm and
  /// percent.
  @Test(arguments: SequenceScript.allCases)
  func nothingJumps(script: SequenceScript) {
    let performance = script.performance(seconds: script.seconds, seed: 3)
    let names = Self.names(performance)
    let step = 1e-4
    for index in 0..<Int(script.seconds / 0.004) {
      let time = 0.004 * Double(index)
      let places = [-1.0, 0, 1].map {
        Self.values(performance.pose(at: time + $0 * step), names)
      }
      for i in places[0].indices {
        let before = (places[1][i] - places[0][i]) / step
        let after = (places[2][i] - places[1][i]) / step
        // A blink closes a lid in a tenth of a second: 100 % of it at up to 1600 % a second, and a
        // speed that changes by up to 50000 % a second in a second.
        #expect(abs(after) < 1700, "\(script), value \(i) at \(time)")
        #expect(abs(after - before) < 12, "\(script), value \(i) at \(time)")
      }
    }
  }

  @Test func aTurnReachesBothSidesAndComesBack() {
    let script = SequenceScript.turn
    let performance = script.performance(seconds: script.seconds, seed: 1)
    let degrees = (0...360).map {
      performance.pose(at: Double($0) / 30).rotation.y * 180 / .pi
    }
    #expect(abs((degrees.max() ?? 0) - 60) < 1e-9 && abs((degrees.min() ?? 0) + 60) < 1e-9)
    #expect(abs(degrees[0]) < 1e-9 && abs(degrees[360]) < 1e-9)
    let pitches = (0...360).map {
      performance.pose(at: Double($0) / 30).rotation.x * 180 / .pi
    }
    #expect((pitches.max() ?? 0) > 19.9 && (pitches.max() ?? 0) < 20.1)
    #expect((pitches.min() ?? 0) < -19.9 && (pitches.min() ?? 0) > -20.1)
  }

  @Test func aProfileIsReachedOnBothSides() {
    let performance = SequenceScript.profile.performance(seconds: 12, seed: 1)
    let degrees = (0...360).map {
      performance.pose(at: Double($0) / 30).rotation.y * 180 / .pi
    }
    #expect(abs((degrees.max() ?? 0) - 75) < 1e-9 && abs((degrees.min() ?? 0) + 75) < 1e-9)
  }

  @Test func glancesGoToAllSidesWithOpenLids() {
    let performance = SequenceScript.glance.performance(seconds: 8, seed: 1)
    let poses = (0...240).map { performance.pose(at: Double($0) / 30) }
    for name in ["eyeLookIn_L", "eyeLookOut_L", "eyeLookIn_R", "eyeLookOut_R"] {
      #expect((poses.compactMap { $0.expression[name] }.max() ?? 0) > 1.09, "\(name)")
    }
    for name in ["eyeLookUp_L", "eyeLookDown_R"] {
      #expect((poses.compactMap { $0.expression[name] }.max() ?? 0) > 0.79, "\(name)")
    }
    #expect(poses.allSatisfy { $0.expression["eyeBlink_L"] == nil && $0.rotation.y == 0 })
  }

  @Test func aTalkerOpensItsMouthBlinksAndTurnsALittle() {
    let performance = SequenceScript.talk.performance(seconds: 10, seed: 5)
    let poses = (0..<300).map { performance.pose(at: Double($0) / 30) }
    let jaw = poses.map { $0.expression["jawOpen"] ?? 0 }
    #expect((jaw.max() ?? 0) > 0.3 && (jaw.max() ?? 9) <= 1 && (jaw.min() ?? 9) < 0.02)
    // Three to seven openings a second.
    let peaks = (1..<299).count { jaw[$0] > 0.1 && jaw[$0] > jaw[$0 - 1] && jaw[$0] >= jaw[$0 + 1] }
    #expect((20...70).contains(peaks))
    let shut = poses.map { ($0.expression["eyeBlink_L"] ?? 0) > 0.9 }
    let blinks = (1..<300).filter { shut[$0] && !shut[$0 - 1] }
    #expect((3...6).contains(blinks.count))
    for (a, b) in zip(blinks, blinks.dropFirst()) {
      #expect((58...122).contains(b - a), "frames between blinks")
    }
    let turns = poses.map { abs($0.rotation.y) * 180 / .pi }
    #expect((turns.max() ?? 0) > 8 && (turns.max() ?? 99) < 20)
    #expect(poses.allSatisfy { $0.expression.values.allSatisfy { (-0.05...1.1).contains($0) } })
  }

  @Test func theSeedDecidesTheRhythmAlone() {
    func jaw(_ seed: UInt64) -> [Double] {
      let performance = SequenceScript.talk.performance(seconds: 4, seed: seed)
      return (0..<120).map { performance.pose(at: Double($0) / 30).expression["jawOpen"] ?? 0 }
    }
    #expect(jaw(1) == jaw(1) && jaw(1) != jaw(2))
  }

  @Test func stillMeansStill() {
    let performance = SequenceScript.still.performance(seconds: 9, seed: 4)
    #expect((0..<270).allSatisfy { performance.pose(at: Double($0) / 30).isAtRest })
  }

  @Test func lengthsThatAreNoneGiveNoRhythm() {
    for seconds in [Double.nan, .infinity, -1, 0] {
      let performance = SequenceScript.talk.performance(seconds: seconds, seed: 1)
      #expect((performance.pose(at: 1).expression["jawOpen"] ?? 0) == 0)
    }
  }
}

extension SequencePose {
  fileprivate var isAtRest: Bool {
    rotation == EulerAngles(x: 0, y: 0, z: 0) && shift == .zero
      && expression.values.allSatisfy { $0 == 0 }
  }
}
