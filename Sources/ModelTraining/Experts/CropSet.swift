import CLNF

/// Crops of one size packed for training: what the threads share.
///
/// Immutable; safe to share between threads. Memory: side^2 bytes a crop.
public final class CropSet: Sendable {
  public let count: Int
  /// Width and height of every crop, px.
  public let side: Int
  public let landmarkCount: Int
  /// Grey levels crop by crop, row by row, and some bytes that reading in blocks may touch.
  let pixels: Buffer<UInt8>
  /// x, y of each landmark of each crop.
  let places: Buffer<SIMD2<Float>>
  private let visible: Buffer<Bool>
  private let identities: [Int]

  /// How far beyond the last pixel reading in blocks reaches.
  static let padding = 16

  /// Packs crops of one size with one number of landmarks.
  public init(_ crops: [ReferenceCrop]) {
    count = crops.count
    side = crops.first?.side ?? 0
    landmarkCount = crops.first?.landmarks.count ?? 0
    let area = side * side
    pixels = Buffer(repeating: 0, count: area * count + Self.padding)
    places = Buffer(repeating: .zero, count: landmarkCount * count)
    visible = Buffer(repeating: false, count: landmarkCount * count)
    identities = crops.map(\.identity)
    for (index, crop) in crops.enumerated() {
      precondition(
        crop.side == side && crop.pixels.count == area && crop.landmarks.count == landmarkCount
          && crop.visible.count == landmarkCount, "crops of one size expected")
      crop.pixels.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        (pixels.pointer + index * area).update(from: base, count: area)
      }
      for landmark in 0..<landmarkCount {
        places.pointer[index * landmarkCount + landmark] = crop.landmarks[landmark]
        visible.pointer[index * landmarkCount + landmark] = crop.visible[landmark]
      }
    }
  }

  /// How many of the crops show a landmark.
  func seen(_ landmark: Int) -> Int {
    (0..<count).count { visible[$0 * landmarkCount + landmark] }
  }

  /// Landmarks that are not learned from a teacher's photos: what it takes for brows is off by more than
  /// experts are.
  static let placedOnly = 17..<27

  /// The crops in which a landmark can be seen, in order: those to learn from, and those of the
  /// persons that are held out. Brows are learned from people whose points people placed.
  /// - Parameter heldOut: every how many persons one is held out.
  func split(landmark: Int, heldOut: Int) -> (training: [Int], validation: [Int]) {
    var training: [Int] = []
    var validation: [Int] = []
    let isPlacedOnly = Self.placedOnly.contains(landmark)
    for index in 0..<count where visible[index * landmarkCount + landmark] {
      if isPlacedOnly, identities[index] >= FittedFace.firstTeacherPerson { continue }
      if Self.isHeldOut(identities[index], every: heldOut) {
        validation.append(index)
      } else {
        training.append(index)
      }
    }
    return (training, validation)
  }

  /// Whether a person is held out; by a scrambled number, so that neighbours (two pictures of one
  /// series, say) are not held out in step.
  static func isHeldOut(_ identity: Int, every: Int) -> Bool {
    guard every > 0 else { return false }
    var generator = SeededGenerator(seed: UInt64(bitPattern: Int64(identity)) ^ 0x5EED)
    return generator.next() % UInt64(every) == 0
  }
}
