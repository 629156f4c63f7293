import CLNF
import Foundation
import ModelTraining
import Tracking

/// The verdict on single landmarks, learned from drawn faces and photos, many of them covered in part.
extension FittedVerdictStage {
  private static let landmarkFaceCount = 6000
  /// One of so many fitted faces is read, for its skin and its photo.
  private static let landmarkFaceStep = 3

  /// - Parameter model: with the verdicts on its fits.
  func landmarkVerdict(of model: FaceModel) throws -> LandmarkVerdict {
    let some = stride(from: 0, to: faces.count, by: Self.landmarkFaceStep).map { faces[$0] }
    var settings = SceneSettings()
    settings.seed = seed &+ 0x1A
    settings.photoShare = 0.3
    settings.pose.farYaw = 45...90
    (settings.handShare, settings.occluderShare) = (0.25, 0.35)
    let scene = try material.scene(of: some, definition: definition, scenery: scenery)
    let samples = try WorkSharing.map(
      count: Self.landmarkFaceCount, threads: threads,
      worker: { [settings] in
        let fitter = try Fitter(
          model: model, settings: model.fitSettings ?? .landmarkd(for: model))
        return (
          renderer: SceneRenderer(material: scene, settings: settings),
          training: LandmarkVerdictTraining(
            fitter: fitter, belief: .learned(for: model), seed: seed)
        )
      },
      finished: {
        if $0 % 500 == 0 { Progress.say("\($0) of \(Self.landmarkFaceCount) faces") }
      }
    ) { worker, index in
      worker.training.samples(of: worker.renderer.face(index), index: index)
    }.flatMap { $0 }
    let all = LandmarkVerdict.Evidence.allCases
    let surroundings: [LandmarkVerdict.Evidence] = [.contrast, .brightness]
    let looks: [LandmarkVerdict.Evidence] = [
      .lookDistance, .nearLookDistance, .lookDeviation, .nearLookDeviation,
    ]
    for (name, evidence) in [
      ("the fit as a whole", [LandmarkVerdict.Evidence.fit]),
      ("what the fit shows", all.filter { !looks.contains($0) && !surroundings.contains($0) }),
      ("that and one look", all.filter { !surroundings.contains($0) }),
      ("that and what surrounds it", all),
    ] {
      let rule = try LandmarkVerdictTraining.learn(
        samples.filter { $0.face % 5 != 4 }, evidence: evidence)
      report(name, rule, samples.filter { $0.face % 5 == 4 })
    }
    return try LandmarkVerdictTraining.learn(samples, evidence: all)
  }

  private func report(
    _ name: String, _ rule: LandmarkVerdict, _ samples: [LandmarkVerdictTraining.Sample]
  ) {
    let parts = [
      ("jaw", 0..<17), ("brows", 17..<27), ("nose", 27..<36), ("eyes", 36..<48),
      ("mouth", 48..<68), ("all", 0..<68),
    ]
    func judged(_ range: Range<Int>) -> [(score: Double, state: LandmarkVerdictTraining.State)] {
      samples.flatMap { sample in
        range.map {
          (
            LandmarkVerdictTraining.probability(rule, sample, landmark: $0), sample.states[$0]
          )
        }
      }
    }
    let texts = parts.map { part, range -> String in
      let each = judged(range)
      let (scores, isRight) = (each.map(\.score), each.map { $0.state == .right })
      let area = Ranking.areaUnderCurve(scores, isRight)
      let error = Reliability(confidences: scores, isRight: isRight).calibrationError
      let share = Double(isRight.count { !$0 }) / Double(max(1, isRight.count))
      return String(
        format: "%@ AUC %.3f, calibration error %.3f, %.0f %% hidden or wrong", part, area, error,
        100 * share)
    }
    let all = judged(0..<68)
    let against = LandmarkVerdictTraining.State.allCases.filter { $0 != .right }
      .map { state -> String in
        let some = all.filter { $0.state == state || $0.state == .right }
        let area = Ranking.areaUnderCurve(some.map(\.score), some.map { $0.state == .right })
        let share = Double(all.count { $0.state == state }) / Double(max(1, all.count))
        return String(format: "%@ against right AUC %.3f, %.0f %%", "\(state)", area, 100 * share)
      }
    print("landmarks by \(name):")
    for text in texts + against { print("  " + text) }
  }
}
