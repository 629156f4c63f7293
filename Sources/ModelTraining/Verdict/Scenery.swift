import CLNF
import Foundation

/// Pictures without faces: what a tracker meets after a cut, behind a head and in front of it.
public final class Scenery: Sendable {
  private let pictures: [Picture]

  private final class Picture: Sendable {
    let image: GreyImage
    init(_ image: consuming GreyImage) { self.image = image }
  }

  /// - Parameters:
  ///   - count: how many pictures.
  ///   - read: reads one by its index.
  public init(count: Int, read: (Int) throws -> GreyImage) rethrows {
    pictures = try (0..<count).map { Picture(try read($0)) }
  }

  /// A part of a picture drawn at random, at a random scale, filled up by mirroring where it is too
  /// small. nil without pictures.
  public func view(
    width: Int, height: Int, _ generator: inout SeededGenerator
  ) -> GreyImage? {
    guard !pictures.isEmpty else { return nil }
    let picture = pictures[Int.random(in: 0..<pictures.count, using: &generator)]
    let source = Size(picture.image.width, picture.image.height)
    let most = max(1, min(source.width / Double(width), source.height / Double(height)))
    let factor = exp(generator.uniform(0...log(max(1.001, min(8, most)))))
    let reduced = Degradation.reduced(picture.image, by: factor)
    let (columns, rows) = (reduced.width, reduced.height)
    let left = Int.random(in: 0...max(0, columns - width), using: &generator)
    let top = Int.random(in: 0...max(0, rows - height), using: &generator)
    var result = GreyImage(width: width, height: height, repeating: 0)
    reduced.withSamples { source in
      result.withMutableSamples { target in
        for y in 0..<height {
          let row = Self.mirrored(top + y, rows) * columns
          for x in 0..<width {
            target[y * width + x] = source[row + Self.mirrored(left + x, columns)]
          }
        }
      }
    }
    return result
  }

  private struct Size {
    var width: Double
    var height: Double
    init(_ width: Int, _ height: Int) {
      (self.width, self.height) = (Double(width), Double(height))
    }
  }

  private static func mirrored(_ index: Int, _ count: Int) -> Int {
    let phase = index % (2 * count)
    return phase < count ? phase : 2 * count - 1 - phase
  }

  /// Puts a scene behind a head that was photographed before a plain wall.
  ///
  /// The wall is what hangs together with the picture's upper border by steps of little contrast and
  /// is as bright as the border there.
  public func replaceBackground(
    of image: inout GreyImage, keeping face: FaceBox, _ generator: inout SeededGenerator
  ) {
    let (width, height) = (image.width, image.height)
    guard let scene = view(width: width, height: height, &generator) else { return }
    let wall = Self.wall(in: image, keeping: face)
    scene.withSamples { scene in
      image.withMutableSamples { samples in
        for i in samples.indices where wall[i] { samples[i] = scene[i] }
      }
    }
  }

  static func wall(in image: borrowing GreyImage, keeping face: FaceBox) -> [Bool] {
    let (width, height) = (image.width, image.height)
    var isWall = [Bool](repeating: false, count: width * height)
    image.withSamples { samples in
      let border = samples[0..<width].sorted()
      let level = Int(border[width / 2])
      func isAlike(_ i: Int) -> Bool {
        let (x, y) = (Double(i % width), Double(i / width))
        let isFace =
          x > face.x && x < face.x + face.width && y > face.y && y < face.y + face.height
        return !isFace && abs(Int(samples[i]) - level) < 24
      }
      var open = (0..<width).filter(isAlike)
      for i in open { isWall[i] = true }
      while let i = open.popLast() {
        let x = i % width
        for next in [i - width, i + width, x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1]
        where next >= 0 && next < width * height && !isWall[next] && isAlike(next) {
          isWall[next] = true
          open.append(next)
        }
      }
    }
    return isWall
  }

  /// Covers a part of a face by a piece of a scene.
  func occlude(_ image: inout GreyImage, _ face: FaceBox, _ generator: inout SeededGenerator) {
    let width = Int(max(3, face.width * generator.uniform(0.2...0.8)))
    let height = Int(max(3, face.height * generator.uniform(0.2...0.8)))
    guard let piece = view(width: width, height: height, &generator) else { return }
    let left = Int(face.x + face.width * generator.uniform(0...1)) - width / 2
    let top = Int(face.y + face.height * generator.uniform(0...1)) - height / 2
    let (columns, rows) = (image.width, image.height)
    piece.withSamples { piece in
      image.withMutableSamples { samples in
        for y in max(0, top)..<max(0, top, min(rows, top + height)) {
          for x in max(0, left)..<max(0, left, min(columns, left + width)) {
            samples[y * columns + x] = piece[(y - top) * width + x - left]
          }
        }
      }
    }
  }
}
