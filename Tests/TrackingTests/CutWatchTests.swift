import CLNF
import Testing

@testable import Tracking

/// Cuts are noticed; movement, light and noise are none.
struct CutWatchTests {
  /// Waves in both directions, moved, lit and noisy.
  private func picture(
    _ seed: Double, shift: Double = 0, gain: Float = 1, noise: Float = 0
  ) -> GreyImage {
    var image = GreyImage(width: 320, height: 180, repeating: 0)
    var state: UInt32 = 7
    image.withMutableSamples { samples in
      for i in samples.indices {
        let (x, y) = (Double(i % 320) + shift, Double(i / 320))
        let wave = (x * (0.02 + 0.01 * seed) + seed).sine + (y * 0.05 * seed - x * 0.013).sine
        state = state &* 1_664_525 &+ 1_013_904_223
        let grain = Float(Int(state >> 16) % 101 - 50) / 50
        samples[i] = UInt8(
          max(0, min(255, (128 + 50 * Float(wave)) * gain + noise * grain)))
      }
    }
    return image
  }

  @Test func anotherPictureIsACut() {
    var watch = CutWatch()
    let a = picture(1)
    let b = picture(2.3)
    let isFirst = watch.isCut(a)
    let isSame = watch.isCut(a)
    let isOther = watch.isCut(b)
    let isStill = watch.isCut(b)
    #expect(!isFirst && !isSame && isOther && !isStill)
    watch.reset()
    let isAgain = watch.isCut(a)
    #expect(!isAgain, "nothing is before it")
  }

  @Test func movementLightAndNoiseAreNone() {
    var watch = CutWatch()
    for frame in 0..<40 {
      let seconds = Double(frame)
      let moved = picture(
        1, shift: 4 * seconds, gain: frame % 7 == 0 ? 0.6 : 1, noise: 20)
      let isCut = watch.isCut(moved)
      #expect(!isCut, "\(frame)")
    }
    let other = picture(2.3, noise: 20)
    let isCut = watch.isCut(other)
    #expect(isCut)
  }

  /// Black pictures with a sensor's noise, pictures of another size, and pictures without pixels.
  @Test func nothingToSee() {
    var watch = CutWatch()
    for frame in 0..<10 {
      let dark = picture(1, gain: 0, noise: Float(frame % 3))
      let isCut = watch.isCut(dark)
      #expect(!isCut)
    }
    for size in [0, 1, 3, 4, 100] {
      let small = GreyImage(width: size, height: size, repeating: UInt8(size))
      let isCut = watch.isCut(small)
      #expect(!isCut, "\(size)")
    }
  }
}

extension Double {
  /// A smooth wave of period 4 between -1 and 1, without a library of functions.
  fileprivate var sine: Double {
    let t = self - 4 * (self / 4).rounded(.down)
    return t < 2 ? t * (2 - t) : -(t - 2) * (4 - t)
  }
}
