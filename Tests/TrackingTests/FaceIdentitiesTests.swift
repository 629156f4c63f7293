import CLNF
import Foundation
import Testing

@testable import Tracking

/// Who is who: by descriptions, and by place and time.
struct FaceIdentitiesTests {
  private let ids = FaceIdentities()

  /// A direction that has a cosine of `alike` to that of axis 0 of a person.
  private func numbers(_ person: Int, _ alike: Double = 1) -> [Float] {
    var numbers = [Float](repeating: 0, count: 8)
    numbers[2 * person] = Float(alike)
    numbers[2 * person + 1] = Float((1 - alike * alike).squareRoot())
    return numbers
  }

  private func face(
    _ numbers: [Float], x: Double = 0, at seconds: Double = 0, width: Double = 100, yaw: Double = 0
  ) -> FaceIdentities.Sighting {
    FaceIdentities.Sighting(
      numbers: numbers, yaw: yaw, box: FaceBox(x: x, y: 0, width: width, height: width),
      seconds: seconds)
  }

  private func name(_ face: FaceIdentities.Sighting, taken: Set<Int> = []) -> Int {
    ids.name(face) { taken.contains($0) }
  }

  @Test func whoIsNewGetsTheNextNumber() {
    #expect(name(face(numbers(0))) == 0)
    #expect(name(face(numbers(1), x: 300)) == 1)
    #expect(name(face(numbers(2), x: 600, at: 9)) == 2)
  }

  /// A minute later, elsewhere and of another size: by the description alone.
  @Test func whoReturnsIsKnown() {
    _ = name(face(numbers(0)))
    _ = name(face(numbers(1), x: 300))
    #expect(name(face(numbers(1, 0.8), x: 50, at: 60, width: 30)) == 1)
    #expect(name(face(numbers(0, 0.8), x: 900, at: 70, width: 30)) == 0)
    #expect(name(face(numbers(0, 0.3), x: 900, at: 80, width: 30)) == 2, "too little alike")
  }

  /// What would not do for a face from elsewhere does for one that was here a moment ago.
  @Test func nearAndSoonLessWillDo() {
    _ = name(face(numbers(0)))
    let alike = numbers(0, 0.38)
    #expect(name(face(alike, x: 10, at: 1)) == 0)
    #expect(name(face(alike, x: 10, at: 3)) == 1, "too late")
    ids.reset()
    _ = name(face(numbers(0)))
    #expect(name(face(alike, x: 150, at: 1)) == 1, "too far")
    ids.reset()
    _ = name(face(numbers(0)))
    #expect(name(face(alike, x: 0, at: 1, width: 170)) == 1, "too large")
  }

  @Test func whoIsInTheFrameAlreadyIsNobodyElse() {
    _ = name(face(numbers(0)))
    #expect(name(face(numbers(0), x: 10), taken: [0]) == 1)
  }

  @Test func theMostAlikeIsTaken() {
    _ = name(face(numbers(0)))
    _ = name(face(numbers(1), x: 500))
    var between = numbers(0, 0.6)
    between[1] = 0
    between[2] = 0.8
    #expect(name(face(between, x: 900, at: 9)) == 1)
  }

  /// Without a description only place and time tell.
  @Test func facesThatCannotBeDescribed() {
    _ = name(face([]))
    #expect(name(face([], x: 20, at: 1)) == 0)
    #expect(name(face([], x: 500, at: 1)) == 1)
    #expect(name(face([], x: 20, at: 60)) == 2)
    #expect(ids.isStill(0, face(numbers(3))), "nothing says that it is not")
    #expect(ids.isStill(99, face(numbers(3))), "nothing is known")
  }

  @Test func aFollowedFaceKeepsItsNumberUntilItLooksLikeSomebodyElse() {
    _ = name(face(numbers(0)))
    _ = name(face(numbers(1), x: 500))
    let other = { (numbers: [Float]) in
      ids.name(face(numbers, at: 1), followed: 0) { $0 == 0 }
    }
    #expect(other(numbers(0, 0.32)) == 0, "a bad picture")
    #expect(
      !ids.isFoundAgain(0, face(numbers(0, 0.15))) && ids.isFoundAgain(0, face(numbers(0, 0.32))))
    #expect(ids.isStill(0, face(numbers(0, 0.15))) && !ids.isStill(0, face(numbers(0, 0.05))))
    #expect(other(numbers(1)) == 1, "the other one")
    #expect(other(numbers(3)) == 2, "somebody new")
  }

  /// Who comes in is seen badly first and gets a new number; within a moment it turns out whose face it is.
  @Test func aNewNumberIsTakenBackSoon() {
    _ = name(face(numbers(0)))
    _ = name(face(numbers(1), x: 500))
    let new = name(face(numbers(0, 0.2), x: 900, at: 60))
    #expect(new == 2 && ids.isNew(2, at: 61) && !ids.isNew(2, at: 62) && !ids.isNew(0, at: 60))
    func earlier(_ taken: Set<Int> = [], at seconds: Double = 60.5) -> Int? {
      ids.earlier(than: 2, at: seconds) { taken.contains($0) }
    }
    #expect(earlier() == nil, "nothing more is known")
    ids.see(2, face(numbers(0, 0.9), x: 900, at: 60.3))
    #expect(earlier([0]) == nil, "that person is in the frame")
    #expect(earlier(at: 63) == nil, "too late")
    #expect(earlier() == 0)
    #expect(earlier() == nil, "the number is nobody's now")
    #expect(name(face(numbers(3), x: 900, at: 70)) == 3, "and is not given again")
  }

  /// Descriptions are remembered by where the head looks; each can be recognised.
  @Test func facesAreKnownFromEachSide() {
    _ = name(face(numbers(0)))
    ids.see(0, face(numbers(2), at: 1, yaw: 0.8))
    ids.see(0, face(numbers(3), at: 2, yaw: -0.8))
    for side in [0, 2, 3] { #expect(name(face(numbers(side), x: 900, at: 60)) == 0, "\(side)") }
    // What was seen often counts more than what was seen once.
    for _ in 0..<20 { ids.see(0, face(numbers(1), at: 3)) }
    #expect(name(face(numbers(1), x: 900, at: 60)) == 0)
    #expect(name(face(numbers(0), x: 900, at: 60)) == 1)
  }

  private func guess(
    _ face: FaceIdentities.Sighting, seen: [Float] = [], count: Int = 0, isLast: Bool = false,
    taken: Set<Int> = [], doubted: Set<Int> = []
  ) -> FaceIdentities.Guess {
    ids.guess(
      face, seen: seen, count: count, isLast: isLast, where: { taken.contains($0) },
      isDoubted: { doubted.contains($0) })
  }

  /// One description names who is very much alike; several name who is alike in their mean; whoever is like
  /// nobody is new at once, anybody else only in the end.
  @Test func whoComesInIsToldInTime() {
    #expect(guess(face(numbers(0), x: 900)) == .nobodyYet, "there is nobody else")
    _ = name(face(numbers(0)))
    _ = name(face(numbers(1), x: 500))
    let (good, fair) = (face(numbers(1, 0.7), x: 900, at: 9), face(numbers(1, 0.6), x: 900, at: 9))
    #expect(guess(good) == .somebody(1))
    #expect(guess(fair, seen: numbers(1, 0.6), count: 1) == .unsure)
    #expect(guess(fair, seen: numbers(1, 0.6), count: 4) == .somebody(1))
    #expect(guess(fair, seen: numbers(1, 0.6), count: 2, isLast: true) == .somebody(1))
    #expect(guess(fair, seen: numbers(1, 0.5), count: 4, isLast: true) == .nobodyYet)
    #expect(guess(fair, seen: numbers(1, 0.6), count: 4, taken: [0, 1]) == .nobodyYet)
    let strange = face(numbers(3), x: 900, at: 9)
    #expect(guess(strange, seen: numbers(3), count: 1) == .unsure, "one may be a bad picture")
    #expect(guess(strange, seen: numbers(3), count: 2) == .nobodyYet)
    #expect(guess(face([], x: 900, at: 9)) == .unsure, "nothing is known of it")
    #expect(guess(face([], x: 900, at: 9), isLast: true) == .nobodyYet)
  }

  /// Who is like nobody may be somebody who has just gone, or is about to go: it is waited for more of it.
  @Test func whoHasJustGoneMayBeSeenBadly() {
    _ = name(face(numbers(0)))
    let strange = face(numbers(3), x: 900, at: 1)
    #expect(guess(strange, seen: numbers(3), count: 2) == .unsure)
    #expect(guess(strange, seen: numbers(3), count: 2, isLast: true) == .nobodyYet)
    #expect(guess(strange, seen: numbers(3), count: 2, taken: [0]) == .nobodyYet)
    // The number is that of a face that is there and not believed.
    #expect(guess(strange, taken: [0], doubted: [0]) == .unsure)
    #expect(guess(strange, seen: numbers(3), count: 2, taken: [0], doubted: [0]) == .unsure)
    #expect(
      guess(strange, seen: numbers(3), count: 4, isLast: true, taken: [0], doubted: [0])
        == .nobodyYet)
    ids.cut(at: 1)
    #expect(guess(strange, seen: numbers(3), count: 2) == .nobodyYet, "all are new after a cut")
  }

  /// After a cut the place says nothing, until people have been seen in the new picture.
  @Test func afterACutThePlaceDoesNotTell() {
    _ = name(face(numbers(0)))
    ids.cut(at: 0.5)
    #expect(guess(face(numbers(0, 0.4), x: 10, at: 0.5)) == .unsure)
    #expect(ids.isKnown(0, face(numbers(0, 0.65), at: 0.5)))
    #expect(!ids.isKnown(0, face(numbers(0, 0.55), at: 0.5)))
    #expect(!ids.isKnown(0, face([], at: 0.5)), "nothing says that it is")
    ids.see(0, face([], at: 0.6))
    #expect(guess(face(numbers(0, 0.4), x: 10, at: 1)) == .somebody(0))
  }

  @Test func numbersBeginAnewAfterAReset() {
    _ = name(face(numbers(0)))
    _ = name(face(numbers(1)))
    ids.reset()
    #expect(name(face(numbers(1))) == 0)
  }

  /// Months of passers-by: memory is bounded, and no number is given twice.
  @Test func manyPeople() {
    var last = -1
    for number in 0..<3000 {
      let id = ids.name(face([], x: 1e4 * Double(number), at: Double(number))) { _ in false }
      #expect(id == last + 1)
      last = id
    }
  }

  @Test func boxesAreCompared() {
    let box = FaceBox(x: 0, y: 0, width: 100, height: 100)
    let half = FaceBox(x: 50, y: 0, width: 100, height: 100)
    let small = FaceBox(x: 10, y: 10, width: 20, height: 20)
    #expect(abs(box.shareOfUnion(with: half) - 1.0 / 3) < 1e-12)
    #expect(box.shareOfSmaller(with: half) == 0.5 && box.shareOfSmaller(with: small) == 1)
    #expect(box.shareOfUnion(with: FaceBox(x: 200, y: 0, width: 10, height: 10)) == 0)
    let none = FaceBox(x: 0, y: 0, width: 0, height: 0)
    #expect(none.shareOfUnion(with: none) == 0 && none.shareOfSmaller(with: box) == 0)
    #expect(box.isNear(half) && !box.isNear(small))
    #expect(FaceBox(around: []) == nil && FaceBox(around: [1, .nan]) == nil)
    #expect(FaceBox(around: [1, 3, 2, 6]) == FaceBox(x: 1, y: 2, width: 2, height: 4))
  }
}
