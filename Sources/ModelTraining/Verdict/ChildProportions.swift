import CLNF
import Foundation

/// Gives a grown-up's face in a picture a child's proportions: large eyes, a short lower face, full cheeks.
///
/// A warp of the plane, drawn once: where a pixel of the new picture comes from is a smooth function of its
/// place. The landmarks move with it. For faces that look about straight ahead.
struct ChildProportions {
  private let eyes: [SIMD2<Double>]
  private let middle: SIMD2<Double>
  /// Unit vector towards the chin.
  private let down: SIMD2<Double>
  private let chin: Double
  private let size: Double
  private let reach: Double
  /// How much eyes grow, the lower face shrinks and cheeks widen, shares.
  private let growth: Double
  private let shortening: Double
  private let widening: Double

  /// - Parameter landmarks: 2 x 68 px, stacked.
  init(of landmarks: [Double], _ generator: inout SeededGenerator) {
    let n = landmarks.count / 2
    func mean(_ range: Range<Int>) -> SIMD2<Double> {
      var sum = SIMD2<Double>()
      for i in range { sum += SIMD2(landmarks[i], landmarks[n + i]) }
      return sum / Double(range.count)
    }
    let box = LandmarkError.box(of: landmarks)
    size = max(box.width, box.height)
    eyes = [mean(36..<42), mean(42..<48)]
    let across = eyes[1] - eyes[0]
    let length = max(1e-6, (across * across).sum().squareRoot())
    down = SIMD2(-across.y, across.x) / length
    middle = (eyes[0] + eyes[1]) / 2
    reach = 0.38 * length
    chin = ((mean(8..<9) - middle) * down).sum()
    growth = generator.uniform(0.25...0.6)
    shortening = generator.uniform(0.1...0.3)
    widening = generator.uniform(0.02...0.15)
  }

  /// Where in the old picture what is at a place of the new one was.
  func source(of at: SIMD2<Double>) -> SIMD2<Double> {
    var move = SIMD2<Double>()
    for eye in eyes {
      let offset = at - eye
      move -= growth * offset * exp(-(offset * offset).sum() / (2 * reach * reach))
    }
    let below = ((at - middle) * down).sum()
    // Below the eyes the face is compressed; what lies below the chin follows.
    let compressed = max(0, min(chin * (1 - shortening), below))
    move += down * compressed * shortening / (1 - shortening)
    let across = at - middle - below * down
    let height = chin == 0 ? 0 : (below - 0.45 * chin) / (0.5 * chin)
    let near = exp(-(across * across).sum() / (2 * 0.49 * size * size))
    move -= across * widening * exp(-height * height) * near
    return at + move
  }

  /// The landmarks in the new picture.
  func moved(_ landmarks: [Double]) -> [Double] {
    let n = landmarks.count / 2
    var result = landmarks
    for i in 0..<n {
      let old = SIMD2(landmarks[i], landmarks[n + i])
      var place = old
      // `source` is near the identity: its inverse by fixed-point steps.
      for _ in 0..<20 { place -= source(of: place) - old }
      (result[i], result[n + i]) = (place.x, place.y)
    }
    return result
  }

  /// The new picture, of the old one's size; what comes from outside is the edge.
  func picture(of image: borrowing GreyImage) -> GreyImage {
    let (width, height) = (image.width, image.height)
    var result = GreyImage(width: width, height: height, repeating: 0)
    image.withSamples { old in
      result.withMutableSamples { new in
        for y in 0..<height {
          for x in 0..<width {
            let at = source(of: SIMD2(Double(x), Double(y)))
            let u = max(0, min(Double(width - 1), at.x))
            let v = max(0, min(Double(height - 1), at.y))
            let (left, top) = (min(width - 1, Int(u)), min(height - 1, Int(v)))
            let (right, bottom) = (min(width - 1, left + 1), min(height - 1, top + 1))
            let (fx, fy) = (u - Double(left), v - Double(top))
            func row(_ y: Int) -> Double {
              Double(old[y * width + left]) * (1 - fx) + Double(old[y * width + right]) * fx
            }
            new[y * width + x] = UInt8((row(top) * (1 - fy) + row(bottom) * fy).rounded())
          }
        }
      }
    }
    return result
  }
}
