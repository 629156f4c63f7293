import CLNF
import Glibc
import Tracking

/// One small picture of each person of a run: the surest and straightest that was seen.
public final class FaceThumbnails {
  /// Side of a picture, px.
  public static let side = 128
  /// How much of the face's surroundings it shows: its side over the larger side of the landmarks' box.
  private static let reach = 1.7
  /// A picture is replaced by one that is so much better, so that few are made.
  private static let better = 1.1

  private struct Best {
    var score: Double
    var isColour: Bool
    /// Rows of grey levels, or of R G B.
    var samples: [UInt8]
  }

  private var best: [Int: Best] = [:]

  public init() {}

  /// Looks at a face of a frame.
  ///
  /// - Parameter rgb: interleaved R G B of the same picture, where it `hasColour`.
  public func take(
    _ face: TrackedFrame, grey: borrowing GreyImage, rgb: borrowing Plane<UInt8>, hasColour: Bool
  ) {
    guard face.success, face.confidence.isFinite, let box = FaceBox(around: face.landmarks),
      grey.count > 0
    else { return }
    let size = max(box.width, box.height)
    let score =
      face.confidence * min(1, size / Double(Self.side)) * max(0.1, cos(face.global.rotation.y))
      * max(0.1, cos(face.global.rotation.x))
    if let old = best[face.faceID], score < Self.better * old.score { return }
    var made = best.removeValue(forKey: face.faceID) ?? Best(score: 0, isColour: false, samples: [])
    made.score = score
    made.isColour = hasColour
    if hasColour {
      Self.cut(rgb, channels: 3, box, size, into: &made.samples)
    } else {
      Self.cut(grey, channels: 1, box, size, into: &made.samples)
    }
    best[face.faceID] = made
  }

  /// Whose pictures there are, in order.
  public var faceIDs: [Int] { best.keys.sorted() }

  /// The picture of a person; nil where there is none.
  public func picture(of faceID: Int) -> OverlayPicture? {
    guard let found = best[faceID] else { return nil }
    let side = Self.side
    if found.isColour {
      var plane = Plane<UInt8>(width: 3 * side, height: side, repeating: 0)
      plane.withMutableSamples { _ = $0.update(fromContentsOf: found.samples) }
      return OverlayPicture(rgb: plane)
    }
    var grey = GreyImage(width: side, height: side, repeating: 0)
    grey.withMutableSamples { _ = $0.update(fromContentsOf: found.samples) }
    return OverlayPicture(grey: grey)
  }

  /// A square around a box, each of its pixels the mean of those that it covers; edges repeated.
  private static func cut(
    _ plane: borrowing Plane<UInt8>, channels: Int, _ box: FaceBox, _ size: Double,
    into samples: inout [UInt8]
  ) {
    let count = side * side * channels
    if samples.count != count { samples = [UInt8](repeating: 0, count: count) }
    let (width, height) = (plane.width / channels, plane.height)
    let step = reach * size / Double(side)
    let (left, top) = (
      box.center.x - step * Double(side) / 2, box.center.y - step * Double(side) / 2
    )
    // Landmarks may be anywhere.
    func pixel(_ place: Double, _ limit: Int) -> Int {
      Int(max(0, min(Double(limit - 1), place.rounded())))
    }
    let taps = max(1, min(8, Int(step.rounded(.up))))
    plane.withSamples { from in
      for y in 0..<side {
        for x in 0..<side {
          for channel in 0..<channels {
            var sum = 0
            for v in 0..<taps {
              let row = pixel(top + (Double(y) + (Double(v) + 0.5) / Double(taps)) * step, height)
              for u in 0..<taps {
                let column = pixel(
                  left + (Double(x) + (Double(u) + 0.5) / Double(taps)) * step, width)
                sum += Int(from[(row * width + column) * channels + channel])
              }
            }
            samples[(y * side + x) * channels + channel] = UInt8(sum / (taps * taps))
          }
        }
      }
    }
  }
}
