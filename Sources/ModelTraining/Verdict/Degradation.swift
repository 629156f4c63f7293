import CLNF
import Foundation

/// Makes a photo look like what cameras deliver: smaller, blurred, darker, noisy, partly hidden.
public enum Degradation {
  /// The image reduced (never enlarged) by an area mean. `factor` >= 1.
  public static func reduced(_ image: borrowing GreyImage, by factor: Double) -> GreyImage {
    let width = max(1, Int(Double(image.width) / factor))
    let height = max(1, Int(Double(image.height) / factor))
    var result = GreyImage(width: width, height: height, repeating: 0)
    let (sourceWidth, sourceHeight) = (image.width, image.height)
    image.withSamples { source in
      result.withMutableSamples { target in
        for y in 0..<height {
          let top = Int(Double(y) * factor)
          let bottom = max(top + 1, min(sourceHeight, Int(Double(y + 1) * factor)))
          for x in 0..<width {
            let left = Int(Double(x) * factor)
            let right = max(left + 1, min(sourceWidth, Int(Double(x + 1) * factor)))
            var sum = 0
            for row in top..<bottom {
              for column in left..<right { sum += Int(source[row * sourceWidth + column]) }
            }
            target[y * width + x] = UInt8(sum / ((bottom - top) * (right - left)))
          }
        }
      }
    }
    return result
  }

  /// Changes the image in place by a random choice of: darker or brighter, blur, noise, an occluder.
  /// - Parameters:
  ///   - face: where the face is; occluders cover some of it.
  ///   - scenery: where occluders take their texture from, beside plain ones.
  public static func apply(
    to image: inout GreyImage, face: FaceBox, scenery: Scenery, generator: inout SeededGenerator
  ) {
    if generator.uniform(0...1) < 0.4 {
      light(&image, gain: generator.uniform(0.15...1.3), offset: generator.uniform(-10...30))
    }
    if generator.uniform(0...1) < 0.4 { blur(&image, radius: Int(generator.uniform(1...3.99))) }
    if generator.uniform(0...1) < 0.4 {
      switch generator.uniform(0...1) {
      case ..<0.35: occlude(&image, face, &generator)
      case ..<0.7: placeHand(on: &image, face, &generator)
      default: scenery.occlude(&image, face, &generator)
      }
    }
    if generator.uniform(0...1) < 0.5 {
      let deviation = generator.uniform(1...10)
      addNoise(to: &image, deviation: deviation, generator: &generator)
    }
  }

  /// Covers a face by the mean level around it.
  public static func cover(_ image: inout GreyImage, _ face: FaceBox) {
    let (width, height) = (image.width, image.height)
    func clamped(_ value: Double, _ limit: Int) -> Int { Int(max(0, min(Double(limit), value))) }
    let columns =
      clamped(face.x - 0.3 * face.width, width)..<clamped(face.x + 1.3 * face.width, width)
    let rows =
      clamped(face.y - 0.6 * face.height, height)..<clamped(face.y + 1.3 * face.height, height)
    image.withMutableSamples { samples in
      let mean = samples.reduce(0) { $0 + Int($1) } / max(1, samples.count)
      for y in rows {
        for x in columns { samples[y * width + x] = UInt8(mean) }
      }
    }
  }

  static func light(_ image: inout GreyImage, gain: Double, offset: Double) {
    image.withMutableSamples { samples in
      for i in samples.indices {
        samples[i] = UInt8(max(0, min(255, gain * Double(samples[i]) + offset)))
      }
    }
  }

  /// A box mean of 2 radius + 1 in both directions.
  static func blur(_ image: inout GreyImage, radius: Int) {
    let (width, height) = (image.width, image.height)
    let source = image.copy()
    let span = 2 * radius + 1
    source.withSamples { source in
      image.withMutableSamples { target in
        var line = [Int](repeating: 0, count: width)
        for y in 0..<height {
          for x in 0..<width {
            line[x] = 0
            for k in -radius...radius {
              line[x] += Int(source[max(0, min(height - 1, y + k)) * width + x])
            }
          }
          for x in 0..<width {
            var sum = 0
            for k in -radius...radius { sum += line[max(0, min(width - 1, x + k))] }
            target[y * width + x] = UInt8(sum / (span * span))
          }
        }
      }
    }
  }

  /// An ellipse of one shade with some texture over a part of the face: a hand, a cup, a microphone.
  static func occlude(
    _ image: inout GreyImage, _ face: FaceBox, _ generator: inout SeededGenerator
  ) {
    let centerX = face.x + face.width * generator.uniform(0...1)
    let centerY = face.y + face.height * generator.uniform(0...1)
    let radiusX = face.width * generator.uniform(0.1...0.45)
    let radiusY = face.height * generator.uniform(0.1...0.45)
    let shade = generator.uniform(20...220)
    let (width, height) = (image.width, image.height)
    let rows = max(0, Int(centerY - radiusY))..<max(0, min(height, Int(centerY + radiusY)))
    let columns = max(0, Int(centerX - radiusX))..<max(0, min(width, Int(centerX + radiusX)))
    image.withMutableSamples { samples in
      for y in rows {
        for x in columns {
          let (u, v) = ((Double(x) - centerX) / radiusX, (Double(y) - centerY) / radiusY)
          guard u * u + v * v < 1 else { continue }
          let level = shade * (1 - 0.3 * u) + 6 * generator.normal()
          samples[y * width + x] = UInt8(max(0, min(255, level)))
        }
      }
    }
  }

  /// A hand before the face: a palm and four fingers side by side, as bright as the skin, each
  /// rounded by its shading.
  static func placeHand(
    on image: inout GreyImage, _ face: FaceBox, _ generator: inout SeededGenerator
  ) {
    let (width, height) = (image.width, image.height)
    let skin = skinLevel(image, face) * generator.uniform(0.8...1.15)
    let palmX = face.x + face.width * generator.uniform(0...1)
    let palmY = face.y + face.height * generator.uniform(0.2...1.3)
    let finger = face.width * generator.uniform(0.06...0.1)
    let direction = generator.uniform(-Double.pi...Double.pi)
    let (ux, uy) = (cos(direction), sin(direction))
    let reach = face.width * generator.uniform(0.4...0.6)
    // Capsules: start, end, radius. The last is the palm.
    var capsules: [(x0: Double, y0: Double, x1: Double, y1: Double, radius: Double)] = []
    for k in 0..<4 {
      let side = (Double(k) - 1.5) * 2 * finger
      let (x0, y0) = (palmX - uy * side, palmY + ux * side)
      let length = reach * (1 - 0.12 * abs(Double(k) - 1.4))
      capsules.append((x0, y0, x0 + ux * length, y0 + uy * length, finger))
    }
    capsules.append((palmX, palmY, palmX - ux * 3 * finger, palmY - uy * 3 * finger, 4 * finger))
    let span = reach + 8 * finger
    let rows = max(0, Int(palmY - span))..<max(0, min(height, Int(palmY + span)))
    let columns = max(0, Int(palmX - span))..<max(0, min(width, Int(palmX + span)))
    image.withMutableSamples { samples in
      for y in rows {
        for x in columns {
          for capsule in capsules.reversed() {
            let (dx, dy) = (capsule.x1 - capsule.x0, capsule.y1 - capsule.y0)
            let (px, py) = (Double(x) - capsule.x0, Double(y) - capsule.y0)
            let along = max(0, min(1, (px * dx + py * dy) / (dx * dx + dy * dy)))
            let (ex, ey) = (px - along * dx, py - along * dy)
            let distance = (ex * ex + ey * ey).squareRoot() / capsule.radius
            guard distance < 1 else { continue }
            let level = skin * (1 - 0.45 * distance * distance) + 2 * generator.normal()
            samples[y * width + x] = UInt8(max(0, min(255, level)))
          }
        }
      }
    }
  }

  /// The median level of the middle of a face.
  private static func skinLevel(_ image: borrowing GreyImage, _ face: FaceBox) -> Double {
    let (width, height) = (image.width, image.height)
    var levels: [UInt8] = []
    image.withSamples { samples in
      for v in 0..<20 {
        for u in 0..<20 {
          let x = Int(face.x + face.width * (0.2 + 0.03 * Double(u)))
          let y = Int(face.y + face.height * (0.2 + 0.03 * Double(v)))
          if x >= 0, y >= 0, x < width, y < height { levels.append(samples[y * width + x]) }
        }
      }
    }
    guard !levels.isEmpty else { return 128 }
    return Double(levels.sorted()[levels.count / 2])
  }

  /// Adds normal noise, the same for the same generator.
  public static func addNoise(
    to image: inout GreyImage, deviation: Double, generator: inout SeededGenerator
  ) {
    image.withMutableSamples { samples in
      for i in samples.indices {
        let level = Double(samples[i]) + deviation * generator.normal()
        samples[i] = UInt8(max(0, min(255, level.rounded())))
      }
    }
  }
}
