import CLNF
import Glibc

/// What the pixels around a face's landmarks are like, against those around all of them.
///
/// Keeps its memory: nothing is allocated by a look. One thread at a time. Cost: 25 pixels a landmark.
struct LandmarkSurroundings {
  /// By landmark: log of their pixels' deviation over that of all, each plus a grey level.
  private(set) var contrasts: [Double]
  /// By landmark: how much brighter its pixels are than all, in deviations of all plus a grey level.
  private(set) var brightness: [Double]
  private let count: Int

  /// So many pixels either way of the landmark, and how far apart, of the face's width: 8 % across.
  private static let reach = 2
  private static let spacing = 0.02
  private static let pixels = Double((2 * reach + 1) * (2 * reach + 1))

  init(count: Int) {
    self.count = count
    contrasts = [Double](repeating: .nan, count: count)
    brightness = contrasts
  }

  /// Fills both figures; they are no numbers without a picture, or where the face has no place or size.
  ///
  /// - Parameters:
  ///   - landmarks: 2n px, stacked.
  ///   - width: the face's, px.
  mutating func look(at landmarks: [Double], in image: borrowing GreyImage, width: Double) {
    guard image.count > 0, width.isFinite, width > 0, landmarks.allSatisfy(\.isFinite) else {
      for i in 0..<count { (contrasts[i], brightness[i]) = (.nan, .nan) }
      return
    }
    var (all, squares) = (0.0, 0.0)
    for i in 0..<count {
      let (mean, square) = means(landmarks[i], landmarks[count + i], Self.spacing * width, image)
      (brightness[i], contrasts[i]) = (mean, (max(0, square - mean * mean)).squareRoot())
      all += mean / Double(count)
      squares += square / Double(count)
    }
    let deviation = max(0, squares - all * all).squareRoot() + 1
    for i in 0..<count {
      contrasts[i] = log((contrasts[i] + 1) / deviation)
      brightness[i] = (brightness[i] - all) / deviation
    }
  }

  /// Means of the grey levels around a place, and of their squares. The picture goes on as its edge is.
  private func means(
    _ x: Double, _ y: Double, _ spacing: Double, _ image: borrowing GreyImage
  ) -> (mean: Double, square: Double) {
    var (sum, square) = (0.0, 0.0)
    for row in -Self.reach...Self.reach {
      let at = Self.inside(y + Double(row) * spacing, image.height)
      for column in -Self.reach...Self.reach {
        let level = Double(image[Self.inside(x + Double(column) * spacing, image.width), at])
        sum += level
        square += level * level
      }
    }
    return (sum / Self.pixels, square / Self.pixels)
  }

  private static func inside(_ place: Double, _ size: Int) -> Int {
    Int(max(0, min(Double(size - 1), place.rounded())))
  }
}
