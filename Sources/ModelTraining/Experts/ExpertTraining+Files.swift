import Foundation

extension ExpertTraining {
  static func name(_ origin: TrainedView.Origin) -> String {
    "\(ExpertViewPlan.text(origin.patchScaling)) px/mm, \(origin.view.name)"
  }

  func file(_ origin: TrainedView.Origin) -> URL {
    let parts = [origin.patchScaling, origin.view.yaw, origin.view.pitch]
    return folder.appendingPathComponent(
      "experts_\(parts.map(ExpertViewPlan.text).joined(separator: "_")).json")
  }

  /// The nets of a view that was finished before; nil where there is none.
  /// - Throws: `MaterialError` where what is there was made otherwise, or is damaged.
  func kept(_ origin: TrainedView.Origin) throws -> [TrainedExpert?]? {
    let url = file(origin)
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let view: TrainedView
    do {
      view = try JSONDecoder().decode(TrainedView.self, from: Data(contentsOf: url))
    } catch {
      throw MaterialError(url.path, "is no trained view: \(error)")
    }
    guard view.origin == origin else {
      let what = view.origin.crops == origin.crops ? "settings" : "crops"
      throw MaterialError(
        url.path, "was made with other \(what); remove it, or train into another folder")
    }
    guard let nets = view.trained, nets.count == LandmarkMirror.map.count else {
      throw MaterialError(url.path, "has experts whose parameters do not fit their sizes")
    }
    say("\(Self.name(origin)): kept from before")
    return nets
  }

  func keep(_ view: TrainedView) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let url = file(view.origin)
    do { try encoder.encode(view).write(to: url, options: .atomic) } catch {
      throw MaterialError(url.path, "cannot be written: \(error)")
    }
  }

  static let tableHeader =
    "scale,yaw,pitch,landmark,training_crops,validation_crops,cross_entropy,floor,constant,"
    + "explained,median_distance,miss_share"

  static func rows(_ origin: TrainedView.Origin, _ nets: [TrainedExpert?]) -> [String] {
    let place = [origin.patchScaling, origin.view.yaw, origin.view.pitch]
      .map(ExpertViewPlan.text).joined(separator: ",")
    return nets.enumerated().compactMap { landmark, net in
      guard let figures = net?.figures else { return nil }
      let values = [
        figures.crossEntropy, figures.floor, figures.constant, figures.explained,
        figures.medianDistance, figures.missShare,
      ]
      return "\(place),\(landmark),\(figures.trainingCrops),\(figures.validationCrops),"
        + values.map { String(format: "%.4f", $0) }.joined(separator: ",")
    }
  }

  /// A line of mean figures and one of the landmarks that are told worst.
  func report(_ origin: TrainedView.Origin, _ nets: [TrainedExpert?]) {
    let figures = nets.compactMap { $0?.figures }
    guard let mean = ExpertFigures.mean(figures) else {
      say("  \(Self.name(origin)): no landmark is seen often enough")
      return
    }
    say(
      "  \(figures.count) experts: "
        + String(
          format: "cross-entropy %.4f (floor %.4f, constant %.4f), explained %.2f, "
            + "off by %.2f px, %.0f %% more than 3 px", mean.crossEntropy, mean.floor,
          mean.constant, mean.explained, mean.medianDistance, 100 * mean.missShare))
    let worst = nets.indices.filter { nets[$0] != nil }.sorted {
      (nets[$0]?.figures.explained ?? 1) < (nets[$1]?.figures.explained ?? 1)
    }.prefix(5)
    let texts = worst.map { landmark in
      "\(landmark) (\(String(format: "%.2f", nets[landmark]?.figures.explained ?? 0)))"
    }
    say("  told worst: \(texts.joined(separator: ", "))")
  }
}
