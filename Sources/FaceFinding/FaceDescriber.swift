import CLNF

/// Says numbers of a face that are alike for one person and unlike for two: by them a face that left is
/// known when it returns.
///
/// A small net sees the face upright, at one size and in one light. Its numbers are a direction: how alike
/// two faces are is the cosine between theirs. They are no measure of anything else, and are kept by
/// nobody: a run forgets them with its end.
///
/// Same image, landmarks, body: the same numbers to the bit. Keeps its scratch memory; one thread at a time.
///
/// Source: H. Wang et al., "CosFace: Large margin cosine loss for deep face recognition" (2018).
public final class FaceDescriber {
  /// Numbers of a face.
  public static let count = FinderNet.Purpose.identity.outputCount

  private let look: WholeFaceLook

  /// - Parameter net: one for identities.
  public init(net: FinderNet = .identity, body: FaceDetectorSettings.Body = .best) {
    look = WholeFaceLook(net, .identity, body: body)
  }

  /// Describes the face at landmarks (2n px, stacked; 68 of the usual markup). Returns whether it could: not
  /// where there is nothing to look at. `numbers` then hold `count` numbers of length 1.
  ///
  /// Sees the mirror image as well. Cost: two looks of about 0.3 ms and a reduction of the face's
  /// surroundings. No allocation once `numbers` has been filled.
  public func describe(
    _ landmarks: [Double], in image: borrowing GreyImage, into numbers: inout [Float]
  ) -> Bool {
    guard let place = FacePlace(around: landmarks) else { return false }
    look.forgetImage()
    guard let seen = look.look(at: place, in: image) else { return false }
    if numbers.count != Self.count { numbers = [Float](repeating: 0, count: Self.count) }
    for index in 0..<Self.count { numbers[index] = 0 }
    return Self.add(seen, to: &numbers) && Self.add(look.lookAtMirrorImage(), to: &numbers)
      && Self.normalise(&numbers)
  }

  /// Whether landmarks are of the markup that faces are described by.
  package static func takes(_ landmarks: [Double]) -> Bool { FacePlace(around: landmarks) != nil }

  /// Adds a direction at length 1. False where it has none.
  private static func add(_ direction: UnsafePointer<Float>, to sum: inout [Float]) -> Bool {
    var squares: Float = 0
    for index in 0..<count { squares += direction[index] * direction[index] }
    guard squares > 0, squares.isFinite else { return false }
    let factor = 1 / squares.squareRoot()
    for index in 0..<count { sum[index] += factor * direction[index] }
    return true
  }

  private static func normalise(_ numbers: inout [Float]) -> Bool {
    var squares: Float = 0
    for number in numbers { squares += number * number }
    guard squares > 0, squares.isFinite else { return false }
    let factor = 1 / squares.squareRoot()
    for index in numbers.indices { numbers[index] *= factor }
    return true
  }
}
