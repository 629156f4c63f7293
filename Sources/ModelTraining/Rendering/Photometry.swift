import CLNF
import Foundation

/// What light, lens, sensor and codec do to a picture, at random. Shares are probabilities.
public struct Photometry: Sendable {
  /// Light that changes across the picture; of it, the share with an edge of a shadow.
  public var gradientShare = 0.5
  public var edgeShare = 0.4
  /// Deviations of the exponent's and the contrast's logarithm, and of the brightness (of 1).
  public var gammaDeviation = 0.35
  public var contrastDeviation = 0.2
  public var brightnessDeviation = 0.08
  /// The face's mean level that the exposure aims at, and how far it gets there, 0 ... 1.
  public var exposedLevel: ClosedRange<Float> = 50...160
  public var exposure: Float = 0.8
  /// Pictures taken in little light, with the noise of that.
  public var darkShare = 0.08
  public var coarseShare = 0.15
  public var motionShare = 0.12
  public var blurShare = 0.5
  /// Fields of moving pictures combed together.
  public var interlaceShare = 0.04
  public var leastNoise: Float = 0
  public var greatestNoise: Float = 7
  public var codingShare = 0.5
  public var codingQuality = 25...95

  public init() {}

  /// No change at all but rounding to 8 bits.
  public static var none: Photometry {
    var none = Photometry()
    none.gradientShare = 0
    (none.gammaDeviation, none.contrastDeviation, none.brightnessDeviation) = (0, 0, 0)
    none.exposure = 0
    (none.darkShare, none.coarseShare, none.motionShare, none.blurShare) = (0, 0, 0, 0)
    (none.interlaceShare, none.greatestNoise, none.codingShare) = (0, 0, 0)
    return none
  }

  /// Changes the image (levels 0 ... 255) and gives it in 8 bits. The size stays.
  /// - Parameter faceLevel: the face's mean level in it.
  func develop(
    _ image: inout Plane<Float>, faceLevel: Float, _ generator: inout SeededGenerator
  ) -> GreyImage {
    if generator.chance(gradientShare) { shade(&image, &generator) }
    let aim = generator.float(exposedLevel) / max(4, faceLevel)
    scale(&image, by: max(0.4, min(3, pow(aim, exposure))))
    expose(&image, &generator)
    let isDark = generator.chance(darkShare)
    if isDark { darken(&image, &generator) }
    if generator.chance(coarseShare) {
      Filters.coarsen(&image, by: generator.float(1.1...2.2))
    }
    if generator.chance(motionShare) {
      Filters.motionBlur(
        &image, length: generator.float(1...7), angle: generator.float(0...(.pi)))
    }
    if generator.chance(blurShare) { Filters.blur(&image, sigma: generator.float(0.3...1.5)) }
    if generator.chance(interlaceShare) { Self.comb(&image, by: generator.whole(1...3)) }
    addNoise(&image, generator.float(leastNoise...greatestNoise) * (isDark ? 1.6 : 1), &generator)
    if generator.chance(codingShare) {
      BlockCoding(quality: generator.whole(codingQuality)).apply(to: &image)
    }
    return Self.rounded(image)
  }

  /// A gradient of the light, or an edge between light and shadow.
  private func shade(_ image: inout Plane<Float>, _ generator: inout SeededGenerator) {
    let (width, height) = (image.width, image.height)
    let strength = generator.float(0...1.6)
    let slope = SIMD2(Float(generator.normal()), Float(generator.normal())) * strength
    let sharpness: Float? = generator.chance(edgeShare) ? generator.float(3...20) : nil
    let offset = generator.float(-0.2...0.2)
    let step = slope / Float(max(1, width))
    image.withMutableSamples { samples in
      for y in 0..<height {
        for x in 0..<width {
          let (u, v) = (Float(x - width / 2), Float(y - height / 2))
          var exponent = u * step.x + v * step.y
          if let sharpness { exponent = 0.45 * tanh((exponent - offset) * sharpness) }
          samples[y * width + x] *= exp(max(-1.2, min(0.9, exponent)))
        }
      }
    }
  }

  /// Gamma, contrast about the mean, and brightness.
  private func expose(_ image: inout Plane<Float>, _ generator: inout SeededGenerator) {
    let gamma = Float(exp(gammaDeviation * generator.normal()))
    let contrast = Float(exp(contrastDeviation * generator.normal()))
    let brightness = Float(brightnessDeviation * generator.normal()) * 255
    // By a table of whole levels with the values between them interpolated: a power each would
    // cost more than the rest together.
    let table = (0...256).map { 255 * pow(min(255, Float($0)) / 255, gamma) }
    image.withMutableSamples { samples in
      table.withUnsafeBufferPointer { table in
        var sum = 0.0
        for i in samples.indices {
          let level = max(0, min(255, samples[i]))
          let whole = Int(level)
          samples[i] = table[whole] + (level - Float(whole)) * (table[whole + 1] - table[whole])
          sum += Double(samples[i])
        }
        let mean = Float(sum / Double(max(1, samples.count)))
        for i in samples.indices {
          let level = (samples[i] - mean) * contrast + mean + brightness
          samples[i] = max(0, min(255, level))
        }
      }
    }
  }

  private func scale(_ image: inout Plane<Float>, by gain: Float) {
    image.withMutableSamples { samples in
      for i in samples.indices { samples[i] *= gain }
    }
  }

  private func darken(_ image: inout Plane<Float>, _ generator: inout SeededGenerator) {
    let gain = generator.float(0.15...0.5)
    let offset = generator.float(0...14)
    image.withMutableSamples { samples in
      for i in samples.indices { samples[i] = gain * samples[i] + offset }
    }
  }

  /// Moves even rows left and odd rows right.
  static func comb(_ image: inout Plane<Float>, by shift: Int) {
    let (width, height) = (image.width, image.height)
    let source = image.copy()
    source.withSamples { from in
      image.withMutableSamples { to in
        for y in 0..<height {
          let move = y % 2 == 0 ? shift : -shift
          for x in 0..<width {
            to[y * width + x] = from[y * width + max(0, min(width - 1, x + move))]
          }
        }
      }
    }
  }

  private func addNoise(
    _ image: inout Plane<Float>, _ deviation: Float, _ generator: inout SeededGenerator
  ) {
    guard deviation > 0 else { return }
    image.withMutableSamples { samples in
      for i in samples.indices { samples[i] += deviation * generator.quickNormal() }
    }
  }

  private static func rounded(_ image: borrowing Plane<Float>) -> GreyImage {
    var result = GreyImage(width: image.width, height: image.height, repeating: 0)
    image.withSamples { from in
      result.withMutableSamples { to in
        for i in to.indices { to[i] = UInt8(max(0, min(255, from[i].rounded()))) }
      }
    }
    return result
  }
}
