import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// A grown-up's face in a child's proportions.
struct ChildProportionsTests {
  /// A face of 68 points, 100 px wide, upright, its eyes at height 80 and its chin at 170.
  static func face() -> [Double] {
    var (x, y) = ([Double](repeating: 100, count: 68), [Double](repeating: 120, count: 68))
    for i in 0..<17 {
      let angle = Double.pi * Double(i) / 16
      (x[i], y[i]) = (100 - 50 * cos(angle), 80 + 90 * sin(angle))
    }
    for i in 36..<48 {
      let angle = 2 * Double.pi * Double((i - 36) % 6) / 6
      (x[i], y[i]) = ((i < 42 ? 78 : 122) - 10 * cos(angle), 80 - 4 * sin(angle))
    }
    return x + y
  }

  @Test func eyesGrowAndTheLowerFaceShrinks() {
    var generator = SeededGenerator(seed: 4)
    let (old, n) = (Self.face(), 68)
    let child = ChildProportions(of: old, &generator)
    let new = child.moved(old)
    #expect(new[39] - new[36] > 1.1 * (old[39] - old[36]))
    #expect(new[n + 8] - 80 < 0.92 * (old[n + 8] - 80))
    #expect(new[n + 8] - 80 > 0.65 * (old[n + 8] - 80))
    // The middle of the eyes stays, and left and right stay alike.
    #expect(abs((new[36] + new[45]) / 2 - 100) < 0.1)
    #expect(abs(new[n + 2] - new[n + 14]) < 0.5)
  }

  @Test func landmarksStayOnWhatTheyMark() {
    var generator = SeededGenerator(seed: 5)
    let old = Self.face()
    let child = ChildProportions(of: old, &generator)
    let new = child.moved(old)
    for i in 0..<68 {
      let source = child.source(of: SIMD2(new[i], new[68 + i]))
      #expect(abs(source.x - old[i]) < 0.01 && abs(source.y - old[68 + i]) < 0.01)
    }
    // A dark dot on the chin is at the chin of the new picture.
    var image = GreyImage(width: 200, height: 220, repeating: 200)
    let (chinX, chinY) = (Int(old[8].rounded()), Int(old[76].rounded()))
    image.withMutableSamples { samples in
      for y in chinY - 2...chinY + 2 {
        for x in chinX - 2...chinX + 2 { samples[y * 200 + x] = 0 }
      }
    }
    let picture = child.picture(of: image)
    let (x, y) = (Int(new[8].rounded()), Int(new[76].rounded()))
    picture.withSamples { samples in
      #expect(samples[y * 200 + x] < 40)
      #expect(samples[20 * 200 + 20] == 200)
    }
  }
}
