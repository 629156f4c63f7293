import CLNF
import Foundation

/// How a head of a sequence looks and where it is at one moment.
public struct SequencePose: Sendable, Equatable {
  /// In the camera's axes, radians; R = Rx Ry Rz.
  public var rotation = EulerAngles(x: 0, y: 0, z: 0)
  /// Of the neck from where the sequence's settings put it, in the camera's axes, mm.
  public var shift = SIMD3<Double>.zero
  /// Coefficients 0 ... 1 by the head's names, beside the photo's own; names that the head lacks are
  /// left out.
  public var expression: [String: Double] = [:]

  public init() {}

  mutating func add(_ name: String, _ value: Double) { expression[name, default: 0] += value }

  /// Left and right alike.
  mutating func addBoth(_ name: String, _ value: Double) {
    add(name + "_L", value)
    add(name + "_R", value)
  }
}

/// What the head of a sequence does, as smooth functions of time: neither places nor speeds jump.
public enum SequenceScript: String, Sendable, CaseIterable {
  /// Talks: syllables in phrases, blinks every 2 to 4 s, brows, nods and turns up to 20 degrees,
  /// slow drift in place and distance.
  case talk
  /// Turns to 60 degrees, back, to -60 and back in 12 s, looking down and up on the way by 20.
  case turn
  /// Turns to 75 degrees, back, to -75 and back in 12 s.
  case profile
  /// Looks to the sides by 33 degrees, up and down, with the head at rest, in 8 s; no blinks.
  case glance
  /// Does not move.
  case still

  /// How long it takes by itself, seconds; it goes on after that.
  public var seconds: Double {
    switch self {
    case .talk: 10
    case .turn, .profile: 12
    case .glance: 8
    case .still: 4
    }
  }

  /// What the head does in `seconds` s from the start.
  /// - Parameter seed: of the rhythm of syllables and blinks.
  public func performance(seconds: Double, seed: UInt64) -> SequencePerformance {
    SequencePerformance(self, seconds: seconds, seed: seed)
  }
}

/// A script with its syllables and blinks laid out in time. Immutable.
public struct SequencePerformance: Sendable {
  public let script: SequenceScript
  private var syllables: [Syllable] = []
  private var blinks: [Double] = []
  private var browRaises: [Double] = []

  /// A movement of the mouth: opens and closes once.
  private struct Syllable {
    var middle: Double
    /// Half its length, s.
    var half: Double
    var opening: Double
    /// 0 spread ... 1 rounded.
    var rounding: Double
    var lowerTeeth: Double
  }

  init(_ script: SequenceScript, seconds: Double, seed: UInt64) {
    self.script = script
    guard script != .still, script != .glance, seconds.isFinite, seconds > 0 else { return }
    var generator = SeededGenerator(seed: seed)
    // An eye is open for 2 to 4 s, less the blink itself.
    var time = generator.uniform(0.8...1.6)
    while time < seconds {
      blinks.append(time)
      time += generator.uniform(2...4)
    }
    guard script == .talk else { return }
    time = 0.35
    while time < seconds {
      if generator.chance(0.5) { browRaises.append(time + 0.2) }
      for _ in 0..<generator.whole(4...9) {
        let half = generator.uniform(0.1...0.17)
        syllables.append(
          Syllable(
            middle: time + half, half: 1.25 * half, opening: generator.uniform(0.15...0.62),
            rounding: generator.uniform(0...1), lowerTeeth: generator.uniform(0...0.35)))
        time += 2 * half
      }
      time += generator.uniform(0.3...0.7)
    }
  }

  /// The pose at a time, s.
  public func pose(at seconds: Double) -> SequencePose {
    var pose = SequencePose()
    switch script {
    case .talk:
      talk(seconds, &pose)
      look(&pose)
    case .turn:
      turn(seconds, &pose)
    case .profile:
      pose.rotation.y = .pi / 180 * Self.sideways(seconds, 75)
    case .glance:
      glance(seconds, &pose)
    case .still: break
    }
    for blink in blinks { pose.addBoth("eyeBlink", Self.lid(seconds - blink)) }
    return pose
  }

  private func talk(_ t: Double, _ pose: inout SequencePose) {
    func wave(_ period: Double, _ phase: Double = 0) -> Double { sin(2 * .pi * t / period + phase) }
    let degree = Double.pi / 180
    pose.rotation = EulerAngles(
      x: degree * (2 + 3.5 * wave(1.9) + 4 * wave(5.3, 1)),
      y: degree * (11.5 * wave(6.1) + 6 * wave(3.7, 0.8) + 1.5 * wave(1.3)),
      z: degree * (4 * wave(4.7, 0.5) + 2 * wave(2.3)))
    pose.shift = SIMD3(
      30 * wave(7.3) + 6 * wave(2.9, 1), 9 * wave(5.9, 0.4) + 2 * wave(1.9), 45 * wave(8.1, 0.3))
    var (opening, rounding, spread) = (0.0, 0.0, 0.0)
    for syllable in syllables {
      let share = Self.bump((t - syllable.middle) / syllable.half)
      guard share > 0 else { continue }
      opening += share * syllable.opening
      // From one to the other without a step: lips are pursed by the upper part of the range.
      rounding += share * syllable.rounding * syllable.rounding
      spread += share * (1 - syllable.rounding) * (1 - syllable.rounding)
      pose.addBoth("mouthLowerDown", share * syllable.lowerTeeth)
    }
    pose.add("jawOpen", min(1, opening))
    pose.add("mouthFunnel", 0.45 * rounding)
    pose.add("mouthPucker", 0.25 * rounding)
    pose.addBoth("mouthStretch", 0.25 * spread)
    pose.addBoth("mouthSmile", 0.12 + 0.1 * wave(6.7) + 0.1 * spread)
    pose.addBoth("mouthUpperUp", 0.15 * opening)
    for raise in browRaises {
      let share = Self.bump((t - raise) / 0.55)
      pose.addBoth("browInnerUp", 0.55 * share)
      pose.addBoth("browOuterUp", 0.4 * share)
    }
  }

  /// Eyes that stay on the camera while the head turns a little.
  private func look(_ pose: inout SequencePose) {
    // A coefficient of 1 turns an eye by about 30 degrees.
    let scale = 180 / Double.pi / 30
    look(side: scale * pose.rotation.y, up: scale * pose.rotation.x, share: 0.7, &pose)
  }

  /// - Parameters:
  ///   - side: of the fields that turn an eye by about 30 degrees.
  ///   - up: likewise; the eyes follow by `share` of it.
  private func look(
    side: Double, up: Double, share: Double = 1, _ pose: inout SequencePose
  ) {
    // Turned to the left of the picture the eyes look to its right: the subject's left.
    let (left, right) = (Self.positive(side), Self.positive(-side))
    pose.add("eyeLookOut_L", left)
    pose.add("eyeLookIn_R", left)
    pose.add("eyeLookIn_L", right)
    pose.add("eyeLookOut_R", right)
    pose.addBoth("eyeLookUp", share * Self.positive(up))
    pose.addBoth("eyeLookDown", share * Self.positive(-up))
  }

  private func turn(_ t: Double, _ pose: inout SequencePose) {
    let degree = Double.pi / 180
    let pitch = Self.course(
      t,
      [
        (0.5, 0), (1.8, 20), (3.3, 0), (4.8, -20), (6.1, 0), (7.4, 20), (8.9, 0), (10.4, -20),
        (11.6, 0),
      ])
    pose.rotation = EulerAngles(
      x: degree * pitch, y: degree * Self.sideways(t, 60), z: 0)
  }

  /// To one side, back, to the other and back, degrees.
  private static func sideways(_ t: Double, _ most: Double) -> Double {
    course(
      t,
      [
        (0.5, 0), (3, most), (3.6, most), (6, 0), (6.2, 0), (8.6, -most), (9.2, -most), (11.6, 0),
      ])
  }

  private func glance(_ t: Double, _ pose: inout SequencePose) {
    let side = Self.course(
      t, [(0.5, 0), (1.2, 1.1), (1.8, 1.1), (2.6, -1.1), (3.2, -1.1), (4, 0), (8, 0)])
    let up = Self.course(
      t, [(4.4, 0), (5, 0.8), (5.5, 0.8), (6.2, -0.8), (6.8, -0.8), (7.5, 0)])
    look(side: side, up: up, &pose)
  }
}

/// Shapes in time with neither steps nor kinks.
extension SequencePerformance {
  /// From 0 at -1 to 1 at 0 and back to 0 at 1.
  static func bump(_ x: Double) -> Double { abs(x) < 1 ? 0.5 + 0.5 * cos(.pi * x) : 0 }

  /// A lid from its blink's start: closed for a moment, opening slower than it closes.
  static func lid(_ t: Double) -> Double {
    if t < 0 || t > 0.36 { return 0 }
    if t < 0.1 { return bump(1 - t / 0.1) }
    return t < 0.16 ? 1 : bump((t - 0.16) / 0.2)
  }

  /// x where it is above 0, with a soft bend of a tenth around it.
  static func positive(_ x: Double) -> Double {
    let width = 0.1
    if x <= -width { return 0 }
    return x >= width ? x : (x + width) * (x + width) / (4 * width)
  }

  /// Through places in time, at rest at each of them: 10 s^3 - 15 s^4 + 6 s^5 between.
  static func course(_ t: Double, _ stops: [(time: Double, value: Double)]) -> Double {
    guard let first = stops.first, let last = stops.last else { return 0 }
    if t <= first.time { return first.value }
    for (from, to) in zip(stops, stops.dropFirst()) where t < to.time {
      let s = (t - from.time) / (to.time - from.time)
      return from.value + (to.value - from.value) * s * s * s * (10 + s * (6 * s - 15))
    }
    return last.value
  }
}
