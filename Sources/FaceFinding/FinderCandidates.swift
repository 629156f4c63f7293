import CLNF

/// Places at which a net saw a face, and which of them are faces of their own.
///
/// It keeps a fixed number, so that a search of anything needs bounded time and memory.
struct FinderCandidates {
  struct Candidate {
    /// What the net says; higher is surer. Scores rise with it, but not everywhere.
    var logit: Float
    var score: Double
    /// Of the square, px of the image.
    var center: SIMD2<Double>
    var width: Double
    var points: FacePoints
    var isDropped = false
  }

  /// The surest are kept. A hundred faces in one picture are rare.
  static let largestCount = 512
  /// Two squares that share this much of the smaller one show one face, or one of them a part of it. The
  /// training program measures nets with the same rule.
  static let largestOverlap = 0.5

  private var candidates: [Candidate] = []
  /// The least sure one where all places are taken.
  private var worst = 0

  init() { candidates.reserveCapacity(Self.largestCount) }

  mutating func removeAll() { candidates.removeAll(keepingCapacity: true) }

  /// The surest so far; nil where there is none.
  var best: Double? {
    var best: Double?
    for candidate in candidates { best = max(best ?? candidate.score, candidate.score) }
    return best
  }

  /// Of equally sure ones the earlier stay.
  mutating func add(_ candidate: Candidate) {
    if candidates.count < Self.largestCount {
      candidates.append(candidate)
      if candidates.count == Self.largestCount { findWorst() }
    } else if candidate.logit > candidates[worst].logit {
      // What comes later stands later.
      candidates.remove(at: worst)
      candidates.append(candidate)
      findWorst()
    }
  }

  /// The last of the least sure.
  private mutating func findWorst() {
    worst = 0
    for index in candidates.indices where candidates[index].logit <= candidates[worst].logit {
      worst = index
    }
  }

  /// Appends the faces, the surest first. Cost: the square of the number of candidates.
  mutating func faces(into faces: inout [DetectedFace]) {
    sort()
    for index in candidates.indices {
      let candidate = candidates[index]
      for other in 0..<index where !candidates[other].isDropped {
        if Self.isSame(candidate, candidates[other]) {
          candidates[index].isDropped = true
          break
        }
      }
      guard !candidates[index].isDropped else { continue }
      let half = candidate.width / 2
      let box = FaceBox(
        x: candidate.center.x - half, y: candidate.center.y - half, width: candidate.width,
        height: candidate.width)
      faces.append(
        DetectedFace(
          box: BoxCalibration.finder.apply(to: box), confidence: candidate.score,
          points: candidate.points))
    }
  }

  /// By falling logits, equal ones as they came; without the memory that the library's sort takes.
  private mutating func sort() {
    for index in candidates.indices.dropFirst() {
      let candidate = candidates[index]
      var place = index
      while place > 0, candidates[place - 1].logit < candidate.logit {
        candidates[place] = candidates[place - 1]
        place -= 1
      }
      candidates[place] = candidate
    }
  }

  /// Whether a square shows the face of a surer one.
  static func isSame(_ candidate: Candidate, _ surer: Candidate) -> Bool {
    func shared(_ axis: Int) -> Double {
      let distance = abs(candidate.center[axis] - surer.center[axis])
      let reach = (candidate.width + surer.width) / 2 - distance
      return max(0, min(reach, candidate.width, surer.width))
    }
    let smaller = min(candidate.width, surer.width)
    return shared(0) * shared(1) >= largestOverlap * smaller * smaller
  }
}
