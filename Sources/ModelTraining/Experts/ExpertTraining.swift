import CLNF
import Foundation

/// Trains the patch experts of a model: every scale, view and landmark.
///
/// Each finished view of a scale is kept in a folder and not trained again. Deterministic: the same
/// settings and crops give the same bytes, whatever the number of threads.
public struct ExpertTraining: Sendable {
  public let settings: ExpertTrainingSettings
  /// Where finished views and `figures.csv` are kept.
  public let folder: URL
  public let threads: Int
  let say: @Sendable (String) -> Void

  /// - Parameter log: is given lines that say how far the training is.
  public init(
    settings: ExpertTrainingSettings, folder: URL, threads: Int,
    log: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.folder = folder
    self.threads = threads
    say = log
  }

  /// The experts of every scale, in order; views that have a mirror image are followed by it.
  /// - Parameter crops: gives the crops of a scale; it is asked once a scale.
  /// - Throws: `MaterialError` where the settings cannot be trained with, a view has no crops, or
  ///   the folder holds a view that was made with other settings or other crops.
  /// Cost: about 0.5 ms a step and net on each thread; memory for twice the crops of one scale.
  public func train(
    crops: (_ patchScaling: Double) throws -> [ReferenceCrop]
  ) throws -> [ExpertScale] {
    if let problem = settings.problem { throw MaterialError("training of experts", problem) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var table = [Self.tableHeader]
    var scales: [ExpertScale] = []
    for scaling in settings.patchScalings {
      let all = try crops(scaling)
      let fingerprint = ReferenceCrop.fingerprint(of: all)
      var views: [ExpertView] = []
      for view in settings.views {
        let origin = TrainedView.Origin(
          patchScaling: scaling, view: view, nets: settings.nets, crops: fingerprint)
        let nets = try kept(origin) ?? trained(origin, all)
        report(origin, nets)
        table += Self.rows(origin, nets)
        views += Self.views(view, nets, first: views.count)
      }
      scales.append(ExpertScale(patchScaling: scaling, views: views, components: []))
    }
    let url = folder.appendingPathComponent("figures.csv")
    try Data((table.joined(separator: "\n") + "\n").utf8).write(to: url, options: .atomic)
    return scales
  }

  /// The nets of one view, one a landmark, trained now and kept.
  private func trained(
    _ origin: TrainedView.Origin, _ all: [ReferenceCrop]
  ) throws -> [TrainedExpert?] {
    let chosen = origin.view.crops(from: all)
    let name = Self.name(origin)
    guard let landmarkCount = chosen.first?.landmarks.count else {
      throw MaterialError("training of experts", "no crops for \(name)")
    }
    say("\(name): \(chosen.count) crops")
    let trainer = LandmarkTrainer(crops: CropSet(chosen), settings: settings.nets)
    let landmarks = (origin.view.isSymmetric ? LandmarkMirror.onePerPair : Array(0..<landmarkCount))
      .filter(settings.nets.trains)
    let start = ContinuousClock.now
    let say = say
    let results = WorkSharing.map(
      count: landmarks.count, threads: threads,
      finished: { done in
        guard done % 10 == 0 || done == landmarks.count else { return }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        say("  \(done) of \(landmarks.count) experts, \(String(format: "%.0f", seconds)) s")
      },
      { index in
        let seed = Self.seed(origin, landmark: landmarks[index])
        return trainer.train(landmark: landmarks[index], seed: seed)
      })
    var nets = [TrainedExpert?](repeating: nil, count: landmarkCount)
    for (landmark, net) in zip(landmarks, results) { nets[landmark] = net }
    try keep(TrainedView(origin: origin, nets: nets))
    return nets
  }

  /// What a net is drawn from: other numbers for each scale, view and landmark.
  static func seed(_ origin: TrainedView.Origin, landmark: Int) -> UInt64 {
    var seed = origin.nets.seed
    for part in [origin.patchScaling, origin.view.yaw, origin.view.pitch, Double(landmark)] {
      var generator = SeededGenerator(seed: seed ^ part.bitPattern)
      seed = generator.next()
    }
    return seed
  }

  /// The experts of a view, and of its mirror image where it is not its own.
  /// - Parameter first: the view's index in the scale.
  static func views(
    _ plan: ExpertViewPlan, _ nets: [TrainedExpert?], first: Int
  ) -> [ExpertView] {
    var experts: [Expert?] = nets.map { net in net?.expert }
    let mirrored: [Expert?] = nets.indices.map { landmark in
      nets[LandmarkMirror.map[landmark]]?.mirrored(view: first)
    }
    if plan.isSymmetric {
      for landmark in experts.indices where experts[landmark] == nil {
        experts[landmark] = mirrored[landmark]
      }
      return [ExpertView(center: plan.center, experts: experts)]
    }
    return [
      ExpertView(center: plan.center, experts: experts),
      ExpertView(center: LandmarkMirror.rotation(plan.center), experts: mirrored),
    ]
  }
}
