import CLNF

extension ExpertScale {
  /// The same nets without those that say next to nothing: what a view's nets weigh in a fit spreads over
  /// three decades, and those at the faint end (most are of the jaw's outline at the finer scales) cost as
  /// much to keep and to look with as the others (docs/decisions/0040). Fields stay. Done twice it is the
  /// same as done once. Cost: a pass over the experts; allocates the result.
  ///
  /// - Parameters:
  ///   - share: 0 to 1; nets stay that weigh at least so many times what the heaviest net of their view
  ///     does. 0.04 was chosen on people kept out of training.
  ///   - mirrorPartners: by landmark, its mirror image.
  public func withoutFaintNets(below share: Double = 0.04, mirrorPartners: [Int]) -> ExpertScale {
    guard hasNets else { return self }
    var result = self
    for view in views.indices {
      let weights = views[view].experts.indices.map {
        net(view: view, landmark: $0, mirrorPartners: mirrorPartners)?.confidence
      }
      let least = share * (weights.compactMap(\.self).max() ?? 0)
      for (landmark, weight) in weights.enumerated() where weight.map({ $0 < least }) ?? false {
        result.views[view].experts[landmark] = nil
      }
    }
    // A mirror image goes with what it is the image of.
    for view in views.indices {
      for landmark in views[view].experts.indices {
        guard case .mirrored(let other)? = result.views[view].experts[landmark],
          result.views[other].experts[mirrorPartners[landmark]] == nil
        else { continue }
        result.views[view].experts[landmark] = nil
      }
    }
    return result
  }
}
