import CLNF
import Foundation

@testable import ModelTraining

/// Crops of a scene in which the landmark is easy to tell: the corner of a bright square.
enum SyntheticCrops {
  /// - Parameters:
  ///   - landmarks: each crop shows the corner at landmark 0; the others lie on its edges.
  static func corners(count: Int, side: Int = 48, landmarks: Int = 2, seed: UInt64 = 1)
    -> [ReferenceCrop]
  {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { index in
      let x = Float(generator.uniform(18...30))
      let y = Float(generator.uniform(18...30))
      let (dark, bright) = (generator.uniform(20...90), generator.uniform(130...230))
      var pixels = [UInt8](repeating: 0, count: side * side)
      for v in 0..<side {
        for u in 0..<side {
          // How much of the pixel the square covers, so that sub-pixel places show.
          let coverX = max(0, min(1, Double(Float(u) - x) + 0.5))
          let coverY = max(0, min(1, Double(Float(v) - y) + 0.5))
          let value = dark + (bright - dark) * coverX * coverY + 6 * generator.normal()
          pixels[v * side + u] = UInt8(max(0, min(255, value.rounded())))
        }
      }
      let places = (0..<landmarks).map { SIMD2(x + Float(3 * $0), y) }
      return ReferenceCrop(
        side: side, pixels: pixels, landmarks: places,
        visible: [Bool](repeating: true, count: landmarks),
        rotation: EulerAngles(x: 0, y: 0, z: 0), identity: index)
    }
  }
}
