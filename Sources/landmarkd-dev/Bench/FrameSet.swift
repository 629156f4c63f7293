import CLNF
import VideoInput

/// Frames of a video in memory, so that what is measured is not its decoding.
final class FrameSet {
  /// Arrays hold no images; classes do.
  final class Frame {
    let image: GreyImage
    init(_ image: borrowing GreyImage) { self.image = image.copy() }
  }

  let name: String
  let frames: [Frame]

  /// The first `count` frames of `path`.
  init(_ path: String, count: Int, grey: VideoSettings.GreyConversion) throws {
    name = path.split(separator: "/").last.map(String.init) ?? path
    let source = try VideoInput.open(path, settings: VideoSettings(greyConversion: grey))
    var frame = VideoFrame()
    var frames: [Frame] = []
    while frames.count < count, try source.read(into: &frame) { frames.append(Frame(frame.grey)) }
    self.frames = frames
  }

  /// The same frames drawn `factor` times as large, each pixel repeated.
  init(enlarging other: FrameSet, by factor: Int) {
    name = "\(other.name) x \(factor)"
    frames = other.frames.map { frame in
      let (width, height) = (frame.image.width, frame.image.height)
      var large = GreyImage(width: factor * width, height: factor * height, repeating: 0)
      frame.image.withSamples { from in
        large.withMutableSamples { to in
          for y in 0..<factor * height {
            for x in 0..<factor * width {
              to[y * factor * width + x] = from[y / factor * width + x / factor]
            }
          }
        }
      }
      return Frame(large)
    }
  }
}
