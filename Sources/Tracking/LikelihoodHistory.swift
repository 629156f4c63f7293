/// The running mean of the likelihoods of believed frames: what is usual for this face.
struct LikelihoodHistory {
  private var sum = 0.0
  private var weight = 0.0
  /// Each frame counts this much less than the next: a memory of about 30 frames.
  private static let fading = 0.97

  mutating func add(_ likelihood: Double) {
    sum = Self.fading * sum + likelihood
    weight = Self.fading * weight + 1
  }

  /// nil before the face has been believed on a few frames.
  var mean: Double? { weight >= 3 ? sum / weight : nil }
}
