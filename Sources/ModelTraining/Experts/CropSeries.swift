import CLNF
import Foundation

/// The crops that experts of some scales learn from: faces drawn one after the other, each seen in the
/// reference frame of every scale that it is large enough for.
public struct CropSeries: Sendable {
  /// Faces that are drawn for all scales but the finest, and for the finest alone.
  public var faceCount: Int
  public var fineFaceCount: Int
  public var scene: SceneSettings
  public var threads: Int

  /// Scales from this on, px/mm, get the fine faces beside those of the others that are fine enough.
  public static let fineScaling = 0.9
  /// A face is used at scales up to this many times its own px/mm.
  private static let largestEnlargement = 1.1
  /// What a fine face is drawn at, px/mm.
  private static let fineDensity = 0.95...1.7
  /// Faces drawn at a time.
  private static let batch = 256

  public init(faceCount: Int, fineFaceCount: Int, scene: SceneSettings, threads: Int) {
    self.faceCount = faceCount
    self.fineFaceCount = fineFaceCount
    self.scene = scene
    self.threads = threads
  }

  /// Draws the faces and gives their crops by scale.
  /// - Parameter progress: is told how many faces of how many are drawn.
  /// Cost: some 30 ms a face on each thread; side^2 bytes a crop.
  public func draw(
    _ material: SceneMaterial, patchScalings: [Double], progress: (Int, Int) -> Void
  ) -> [[ReferenceCrop]] {
    var crops = [[ReferenceCrop]](repeating: [], count: patchScalings.count)
    let hasFine = patchScalings.contains { $0 >= Self.fineScaling }
    let total = faceCount + (hasFine ? fineFaceCount : 0)
    var done = 0
    func add(_ count: Int, _ settings: SceneSettings, to scales: [Int]) {
      for first in stride(from: 0, to: count, by: Self.batch) {
        let faces = RenderedFaces.draw(
          first..<min(count, first + Self.batch), of: material, settings: settings,
          threads: threads)
        for (index, face) in faces.enumerated() {
          for scale in scales
          where patchScalings[scale] <= Self.largestEnlargement * Double(face.pixelsPerMillimetre) {
            crops[scale].append(
              crop(
                face, patchScalings[scale],
                seed: settings.seed &+ UInt64(first + index) &* 97 &+ UInt64(scale)))
          }
        }
        done += faces.count
        progress(done, total)
      }
    }
    add(faceCount, scene, to: Array(patchScalings.indices))
    if hasFine {
      var fine = scene
      fine.seed = scene.seed &+ 0x51
      fine.pixelsPerMillimetre = Self.fineDensity
      add(
        fineFaceCount, fine,
        to: patchScalings.indices.filter {
          patchScalings[$0] >= Self.fineScaling
        })
    }
    return crops
  }

  private func crop(_ face: RenderedFace, _ scaling: Double, seed: UInt64) -> ReferenceCrop {
    var generator = SeededGenerator(seed: seed)
    return ReferenceCropper(patchScaling: scaling)
      .crop(face, identity: face.person, generator: &generator)
  }
}
