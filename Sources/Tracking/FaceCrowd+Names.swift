import CLNF
import FaceFinding

/// What a face that has no number yet has shown of itself.
struct FaceStranger {
  /// So many descriptions are enough to give a number, or so many frames in which the face is whole, or so
  /// many in which it is not.
  static let (descriptions, frames, partialFrames) = (4, 8, 25)

  /// The number it was followed under before a cut or before it looked like somebody else.
  var former: Int?
  /// Its descriptions' sum, and how many there are.
  var sum: [Float] = []
  var count = 0
  /// The frames in which the whole face was in the picture, and the others, since it came.
  var wholeFrames = 0
  var otherFrames = 0

  var isSeenEnough: Bool {
    count >= Self.descriptions || wholeFrames >= Self.frames || otherFrames >= Self.partialFrames
  }

  mutating func begin(former: Int?) {
    self.former = former
    sum.removeAll(keepingCapacity: true)
    (count, wholeFrames, otherFrames) = (0, 0, 0)
  }

  /// Forgets its descriptions: they may be somebody else's. It is not waited for any longer than before.
  mutating func forgetLooks() {
    sum.removeAll(keepingCapacity: true)
    count = 0
  }

  mutating func add(_ numbers: [Float]) {
    guard !numbers.isEmpty else { return }
    if sum.count != numbers.count {
      sum.removeAll(keepingCapacity: true)
      sum.append(contentsOf: numbers)
    } else {
      for i in numbers.indices { sum[i] += numbers[i] }
    }
    count += 1
  }
}

// Who the faces of a crowd are.
extension FaceCrowd {
  /// After a cut: nobody is where somebody was, and every face has to show whose it is.
  func noticeCut(_ seconds: Double) {
    identities.cut(at: seconds)
    for track in tracks { makeStranger(track) }
  }

  /// Takes a track's number until it is told anew; its rows go on then. What a stranger has shown is forgotten.
  func makeStranger(_ track: Track) {
    track.stranger.begin(former: track.isStranger ? track.stranger.former : track.id)
    track.isStranger = true
    track.id = Self.noNumber
    track.unlike = 0
  }

  /// Of a track that has just begun.
  func welcome(_ track: Track, _ image: borrowing GreyImage, _ seconds: Double) {
    track.stranger.begin(former: nil)
    track.isStranger = true
    track.describe(image)
    tell(track, seconds)
  }

  /// Gives a track its number, where it can be told by now.
  private func tell(_ track: Track, _ seconds: Double) {
    guard let sighting = track.sighting(seconds) else { return }
    let isTaken = { [tracks] (id: Int) in tracks.contains { $0 !== track && $0.id == id } }
    // A face that cannot be described shows no more later.
    let isLast = track.stranger.isSeenEnough || !track.isDescribable
    if let former = track.stranger.former, !isTaken(former),
      identities.isKnown(former, sighting) || (isLast && track.stranger.count == 0)
    {
      accept(track, as: former)
      return
    }
    switch identities.guess(
      sighting, seen: track.stranger.sum, count: track.stranger.count, isLast: isLast,
      where: isTaken,
      isDoubted: { [tracks] id in tracks.contains { $0.id == id && !$0.follower.isBelieved } })
    {
    case .somebody(let id): accept(track, as: id)
    case .nobodyYet: accept(track, as: identities.add(sighting))
    case .unsure: break
    }
  }

  private func accept(_ track: Track, as id: Int) {
    track.id = id
    track.isStranger = false
    track.isUnsure = !track.isDescribed && track.stranger.count == 0
  }

  /// Looks who a track's face is, after it was lost and found again.
  func rename(_ track: Track, _ seconds: Double) {
    guard !track.isStranger else {
      track.stranger.forgetLooks()
      return
    }
    guard let sighting = track.sighting(seconds) else { return }
    track.isUnsure = !track.isDescribed
    track.unlike = 0
    guard !identities.isFoundAgain(track.id, sighting) else { return }
    // Whoever it is, it is not the one before.
    makeStranger(track)
    track.stranger.former = nil
    tell(track, seconds)
  }

  /// Remembers where a believed face is and how it looks; a face that has become another's gets another
  /// number.
  func notice(_ track: Track, _ seconds: Double) {
    guard track.follower.isBelieved, let sighting = track.sighting(seconds) else {
      if track.isStranger { track.stranger.otherFrames += 1 }
      return
    }
    if track.isStranger {
      if track.isWhole { track.stranger.wholeFrames += 1 } else { track.stranger.otherFrames += 1 }
      track.stranger.add(sighting.numbers)
      tell(track, seconds)
      if track.isStranger { return }
    } else if track.isDescribed, track.isUnsure {
      rename(track, seconds)
    } else if track.isDescribed {
      track.unlike = identities.isStill(track.id, sighting) ? 0 : track.unlike + 1
      if track.unlike >= FaceNaming.unlikeLimit { rename(track, seconds) }
      if track.unlike > 0 { return }
    }
    guard !track.isStranger else { return }
    identities.see(track.id, sighting)
    if track.isDescribed,
      let earlier = identities.earlier(
        than: track.id, at: seconds, where: { id in tracks.contains { $0.id == id } })
    {
      track.id = earlier
    }
    track.isNew = identities.isNew(track.id, at: seconds)
  }
}
