import CLNF
import Foundation

/// Where a view looks from, and the heads that its experts learn from. Degrees.
public struct ExpertViewPlan: Sendable, Codable, Equatable {
  /// The middle of the view; a view with a yaw other than 0 gets a mirror image.
  public var yaw: Double
  public var pitch: Double
  /// Heads turned so are learned from: as drawn, and, where their mirror image is turned so, mirrored.
  public var yawRange: ClosedRange<Double>
  public var pitchRange: ClosedRange<Double>

  public init(
    yaw: Double, pitch: Double, yawRange: ClosedRange<Double>, pitchRange: ClosedRange<Double>
  ) {
    self.yaw = yaw
    self.pitch = pitch
    self.yawRange = yawRange
    self.pitchRange = pitchRange
  }

  /// Whether the view is its own mirror image: then one landmark of each pair is learned.
  var isSymmetric: Bool { yaw == 0 }

  var center: EulerAngles { EulerAngles(x: pitch * .pi / 180, y: yaw * .pi / 180, z: 0) }

  var name: String { "yaw \(Self.text(yaw)), pitch \(Self.text(pitch))" }

  static func text(_ value: Double) -> String { String(format: "%g", value) }

  func contains(_ rotation: EulerAngles) -> Bool {
    yawRange.contains(rotation.y * 180 / .pi) && pitchRange.contains(rotation.x * 180 / .pi)
  }

  /// The crops that the view learns from.
  func crops(from all: [ReferenceCrop]) -> [ReferenceCrop] {
    var chosen = all.filter { contains($0.rotation) }
    for crop in all where contains(LandmarkMirror.rotation(crop.rotation)) {
      chosen.append(crop.mirrored())
    }
    return chosen
  }
}

/// What experts are trained: scales, views and how.
public struct ExpertTrainingSettings: Sendable, Codable, Equatable {
  /// px per mm.
  public var patchScalings = [0.25, 0.35, 0.5, 1]
  public var views = ExpertTrainingSettings.standardViews
  public var nets = NetTrainingSettings()

  public init() {}

  /// Heads to the front, turned to a side by 25, 48, 70 and 88 degrees, looking up and down by 22. The
  /// ranges overlap: near the border between two views both are used.
  public static let standardViews = [
    ExpertViewPlan(yaw: 0, pitch: 0, yawRange: -18...18, pitchRange: -20...20),
    ExpertViewPlan(yaw: 25, pitch: 0, yawRange: 8...42, pitchRange: -40...40),
    ExpertViewPlan(yaw: 48, pitch: 0, yawRange: 32...62, pitchRange: -40...40),
    ExpertViewPlan(yaw: 70, pitch: 0, yawRange: 55...81, pitchRange: -40...40),
    ExpertViewPlan(yaw: 88, pitch: 0, yawRange: 75...100, pitchRange: -40...40),
    ExpertViewPlan(yaw: 0, pitch: 22, yawRange: -22...22, pitchRange: 12...38),
    ExpertViewPlan(yaw: 0, pitch: -22, yawRange: -22...22, pitchRange: -38...(-12)),
  ]

  /// What cannot be trained with, in words; nil where all is well.
  public var problem: String? {
    guard !patchScalings.isEmpty, patchScalings.allSatisfy({ $0 >= 0.01 && $0 <= 10 }) else {
      return "scales of \(patchScalings) px/mm; expected at least one, 0.01 to 10"
    }
    guard !views.isEmpty else { return "no views" }
    for view in views where view.isSymmetric {
      guard view.yawRange.lowerBound == -view.yawRange.upperBound else {
        return "the view \(view.name) learns from yaws \(view.yawRange); expected as far either way"
      }
    }
    return nets.problem
  }
}
