import CLNF
import FaceFinding

/// Who the faces of a run are: every number is one person's as far as can be told, and is never given to
/// another.
///
/// A face that returns is known by how it looks (`FaceDescriber`), sooner where and when it is found near
/// where it was last. One thread at a time.
package final class FaceIdentities {
  /// From which cosines on two faces are one person's. Chosen on people kept out of training.
  package struct Rules {
    /// Of a face that is somewhere else, or was away for long: by one description, and by several of a
    /// number that is new.
    package var far: Float = 0.64
    package var later: Float = 0.54
    /// Of a face that was near shortly before.
    package var near: Float = 0.35
    /// Of a face that was followed until a moment ago, and was found again there.
    package var foundAgain: Float = 0.3
    /// Of a face that is followed: below, it is somebody else.
    package var followed: Float = 0.1
    /// Of one that was followed until a cut.
    package var afterCut: Float = 0.62
    /// Of a face that has been described several times before it gets a number: the mean.
    package var several: Float = 0.58
    /// Of a face that has been described twice or more: whoever is less like anybody is somebody new, unless
    /// somebody has gone shortly before, who may be seen badly.
    package var stranger: Float = 0.1
    /// So long a new number may turn out to be somebody's who is known, seconds: who comes in is often seen
    /// badly first.
    package var newSeconds = 1.5
    /// Shortly before, seconds.
    package var shortSeconds = 2.0

    package init() {}
  }

  /// What is known of a person.
  private struct Person {
    let id: Int
    let firstSeconds: Double
    var seconds: Double
    var box: FaceBox
    /// Sums of descriptions, by where the head looks: to its right, ahead, to its left.
    var views: [[Float]?] = [nil, nil, nil]
  }

  /// So many people are remembered; then the one who was seen longest ago is forgotten. Numbers go on.
  private static let mostPeople = 1000
  /// A description counts this much less than the next of its view.
  private static let fading: Float = 0.9
  /// From so far aside on a head looks to its side, radians.
  private static let sideYaw = 25 * Double.pi / 180

  private let rules: Rules
  private var people: [Person] = []
  private var next = 0
  /// Since then people may be anywhere, seconds.
  private var cutSeconds = -Double.infinity

  package init(_ rules: Rules = Rules()) { self.rules = rules }

  /// Forgets everybody; numbers begin with 0 again.
  package func reset() {
    people.removeAll(keepingCapacity: true)
    next = 0
    cutSeconds = -.infinity
  }

  /// Notes that the picture has nothing to do with those before it.
  package func cut(at seconds: Double) { cutSeconds = seconds }

  /// A face as it is in a frame.
  package struct Sighting {
    /// Its description, of length 1; empty where there is none.
    package var numbers: [Float]
    package var yaw: Double
    package var box: FaceBox
    package var seconds: Double

    package init(numbers: [Float], yaw: Double, box: FaceBox, seconds: Double) {
      self.numbers = numbers
      self.yaw = yaw
      self.box = box
      self.seconds = seconds
    }
  }

  /// Whose face one is that was just found, or a new number.
  ///
  /// - Parameters:
  ///   - followed: the number that it was followed under up to now.
  ///   - isTaken: whether a number is another face's of the same frame.
  package func name(
    _ face: Sighting, followed: Int? = nil, where isTaken: (Int) -> Bool
  ) -> Int {
    if let followed, isFoundAgain(followed, face) { return followed }
    var best: (person: Int, margin: Float)?
    for (index, person) in people.enumerated() where person.id != followed {
      guard !isTaken(person.id), let margin = margin(of: face, as: person) else { continue }
      if margin > best?.margin ?? 0 { best = (index, margin) }
    }
    if let best { return people[best.person].id }
    return add(face)
  }

  /// Who a face may be.
  package enum Guess: Equatable {
    case somebody(Int)
    case nobodyYet
    case unsure
  }

  /// Who a face is that has no number yet, if that can be told.
  ///
  /// - Parameters:
  ///   - seen: the sum of its descriptions, and how many these are.
  ///   - isLast: whether it is to be told now.
  ///   - isTaken: as `name`.
  ///   - isDoubted: whether a number is taken by a face that is not believed: it may have gone from where it
  ///     was, and be this one.
  package func guess(
    _ face: Sighting, seen: [Float], count: Int, isLast: Bool, where isTaken: (Int) -> Bool,
    isDoubted: (Int) -> Bool = { _ in false }
  ) -> Guess {
    var (best, likest): ((id: Int, margin: Float)?, Float) = (nil, -1)
    var (isAnybodyAway, hasJustGone) = (false, false)
    for person in people {
      if isTaken(person.id) {
        if isDoubted(person.id) { (isAnybodyAway, hasJustGone) = (true, true) }
        continue
      }
      isAnybodyAway = true
      hasJustGone = hasJustGone || wasShortlyBefore(face, person)
      if let margin = margin(of: face, as: person), margin > best?.margin ?? 0 {
        best = (person.id, margin)
      }
      guard count > 0, let likeness = Self.likeness(of: seen, to: person) else { continue }
      likest = max(likest, likeness)
      let over = likeness - rules.several
      if count >= FaceStranger.descriptions || isLast, over > best?.margin ?? 0 {
        best = (person.id, over)
      }
    }
    if let best { return .somebody(best.id) }
    let isStrange = count > 1 && likest < rules.stranger && !hasJustGone
    return isLast || !isAnybodyAway || isStrange ? .nobodyYet : .unsure
  }

  /// Whether a face is that of a person who was followed there until a cut.
  package func isKnown(_ id: Int, _ face: Sighting) -> Bool {
    guard !face.numbers.isEmpty else { return false }
    return isLike(id, face, rules.afterCut)
  }

  /// Whether a face that is followed under a number still looks like that person; true where it cannot be
  /// told.
  package func isStill(_ id: Int, _ face: Sighting) -> Bool { isLike(id, face, rules.followed) }

  /// The same of a face that a search found in the place of one that was followed: more is asked for, as it
  /// may be anybody's.
  package func isFoundAgain(_ id: Int, _ face: Sighting) -> Bool {
    isLike(id, face, rules.foundAgain)
  }

  private func isLike(_ id: Int, _ face: Sighting, _ least: Float) -> Bool {
    guard let person = people.first(where: { $0.id == id }),
      let likeness = Self.likeness(of: face, to: person)
    else { return true }
    return likeness >= least
  }

  /// Whether a number was given so recently that it may turn out to be somebody else's.
  package func isNew(_ id: Int, at seconds: Double) -> Bool {
    guard people.count > 1, let person = people.first(where: { $0.id == id }) else { return false }
    return seconds - person.firstSeconds <= rules.newSeconds
  }

  /// Whose number a new one is after all, by all that was seen of it; the new one is then nobody's. nil: it
  /// stays, as far as is known.
  ///
  /// - Parameter isTaken: as `name`.
  package func earlier(
    than id: Int, at seconds: Double, where isTaken: (Int) -> Bool
  ) -> Int? {
    guard isNew(id, at: seconds), let own = people.firstIndex(where: { $0.id == id }) else {
      return nil
    }
    var best: (id: Int, likeness: Float)?
    for case let view? in people[own].views {
      for person in people where person.id < id && !isTaken(person.id) {
        guard let likeness = Self.likeness(of: view, to: person), likeness >= rules.later,
          likeness > best?.likeness ?? -1
        else { continue }
        best = (person.id, likeness)
      }
    }
    if best != nil { people.remove(at: own) }
    return best?.id
  }

  /// Remembers where a person's face is, and how it looks where it is described.
  package func see(_ id: Int, _ face: Sighting) {
    guard let index = people.firstIndex(where: { $0.id == id }) else { return }
    people[index].seconds = face.seconds
    people[index].box = face.box
    guard !face.numbers.isEmpty else { return }
    let view = Self.view(face.yaw)
    guard people[index].views[view]?.count == face.numbers.count else {
      // A copy: whoever describes faces writes into the same array again.
      people[index].views[view] = face.numbers.map { $0 }
      return
    }
    for i in face.numbers.indices {
      people[index].views[view]?[i] *= Self.fading
      people[index].views[view]?[i] += face.numbers[i]
    }
  }

  /// Somebody new; returns the number.
  package func add(_ face: Sighting) -> Int {
    if people.count == Self.mostPeople,
      let oldest = people.indices.min(by: { people[$0].seconds < people[$1].seconds })
    {
      people.remove(at: oldest)
    }
    people.append(
      Person(id: next, firstSeconds: face.seconds, seconds: face.seconds, box: face.box))
    next += 1
    see(next - 1, face)
    return next - 1
  }

  /// By how much a face is more alike to a person than it has to be; nil where it is not.
  private func margin(of face: Sighting, as person: Person) -> Float? {
    let isNear = isNear(face, person)
    guard let likeness = Self.likeness(of: face, to: person) else {
      // Nothing but the place tells.
      return isNear ? 0.01 : nil
    }
    let margin = likeness - (isNear ? rules.near : rules.far)
    return margin > 0 ? margin : nil
  }

  /// Whether a person was seen shortly before a face, with no cut between.
  private func wasShortlyBefore(_ face: Sighting, _ person: Person) -> Bool {
    person.seconds >= cutSeconds && face.seconds - person.seconds <= rules.shortSeconds
  }

  private func isNear(_ face: Sighting, _ person: Person) -> Bool {
    let (dx, dy) = (
      face.box.center.x - person.box.center.x, face.box.center.y - person.box.center.y
    )
    let width = max(face.box.width, person.box.width)
    return wasShortlyBefore(face, person)
      && dx * dx + dy * dy <= width * width
      && face.box.width <= 1.5 * person.box.width && person.box.width <= 1.5 * face.box.width
  }

  private static func view(_ yaw: Double) -> Int {
    yaw < -sideYaw ? 0 : yaw > sideYaw ? 2 : 1
  }

  /// The largest cosine to one of the person's views; nil where there is none.
  private static func likeness(of face: Sighting, to person: Person) -> Float? {
    likeness(of: face.numbers, to: person)
  }

  /// - Parameter numbers: a direction of any length; none where there is none.
  private static func likeness(of numbers: [Float], to person: Person) -> Float? {
    guard !numbers.isEmpty else { return nil }
    var largest: Float?
    for case let sum? in person.views where sum.count == numbers.count {
      var (product, ours, theirs): (Float, Float, Float) = (0, 0, 0)
      for i in sum.indices {
        product += sum[i] * numbers[i]
        ours += numbers[i] * numbers[i]
        theirs += sum[i] * sum[i]
      }
      guard ours > 0, theirs > 0 else { continue }
      largest = max(largest ?? -1, product / (ours * theirs).squareRoot())
    }
    return largest
  }
}
