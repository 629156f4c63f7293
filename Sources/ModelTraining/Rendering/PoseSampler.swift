import CLNF
import Foundation

/// Draws head rotations: mostly towards the camera, some turned far.
public struct PoseSampler: Sendable {
  /// Shares of the poses whose yaw is uniform within `wideYaw`, and uniform in `farYaw` on either
  /// side; the others are normal.
  public var wideShare = 0.25
  public var farShare = 0.2
  /// All in degrees.
  public var yawDeviation = 24.0
  public var wideYaw = 55.0
  public var farYaw = 45.0...75.0
  public var pitchDeviation = 12.0
  /// Share of the poses whose pitch is uniform within `widePitch`.
  public var widePitchShare = 0.15
  public var widePitch = 35.0
  public var rollDeviation = 11.0
  public var greatestRoll = 35.0

  public init() {}

  /// Radians, in CLNF's convention R = Rx Ry Rz.
  public func draw(_ generator: inout SeededGenerator) -> EulerAngles {
    let yaw: Double
    let kind = generator.uniform(0...1)
    if kind < farShare {
      yaw = generator.uniform(farYaw) * (generator.chance(0.5) ? 1 : -1)
    } else if kind < farShare + wideShare {
      yaw = generator.uniform(-wideYaw...wideYaw)
    } else {
      yaw = limited(yawDeviation * generator.normal(), 60)
    }
    let pitch =
      generator.chance(widePitchShare)
      ? generator.uniform(-widePitch...widePitch)
      : limited(pitchDeviation * generator.normal(), widePitch)
    let roll = limited(rollDeviation * generator.normal(), greatestRoll)
    let radians = Double.pi / 180
    return EulerAngles(x: pitch * radians, y: yaw * radians, z: roll * radians)
  }

  private func limited(_ angle: Double, _ most: Double) -> Double { max(-most, min(most, angle)) }
}
