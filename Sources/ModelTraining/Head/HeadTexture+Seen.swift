import CLNF

/// What a photo shows of the mesh that was fitted to it.
extension HeadTexture {
  /// Behind the surface that is seen by more than this a vertex is hidden, mm: eyeballs by lids.
  private static let tolerance: Float = 0.6
  /// Levels of what borders on the wall are mixed with it: so near is too near, px.
  private static let wallReach = 4

  /// By vertex, whether anything of the mesh lies before it.
  ///
  /// - Parameters:
  ///   - places: px of the picture.
  ///   - depths: mm, larger is farther.
  static func hidden(
    _ places: [SIMD2<Float>], depths: [Float], triangles: [HeadModel.Triangle], width: Int,
    height: Int
  ) -> [Bool] {
    let rasteriser = Rasteriser()
    rasteriser.begin(width: width, height: height, level: 0)
    let corners = zip(places, depths).map {
      RasterVertex(place: SIMD3($0, $1), level: 0)
    }
    corners.withUnsafeBufferPointer { corners in
      triangles.withUnsafeBufferPointer { rasteriser.draw(corners, $0, texture: .none) }
    }
    return zip(places, depths).map { place, depth in
      let (x, y) = (place.x.rounded(), place.y.rounded())
      guard x >= 1, y >= 1, x < Float(width - 1), y < Float(height - 1) else { return false }
      // Slopes: the farthest of the nine pixels around.
      var farthest = -Rasteriser.farthest
      for row in Int(y) - 1...Int(y) + 1 {
        for column in Int(x) - 1...Int(x) + 1 {
          farthest = max(farthest, rasteriser.depths[row * width + column])
        }
      }
      return depth > farthest + tolerance
    }
  }

  /// Levels so near to the wall's at the upper border are the wall; with steps as small as its own
  /// shading it may be further off.
  private static let wallContrast = 24
  private static let shadedContrast = 55
  private static let shading = 3

  /// The plain wall behind a head: what hangs together with the picture's upper border, is about as
  /// bright, and is not inside the face's outline.
  /// - Parameter landmarks: 68, px of the picture.
  static func wall(
    in picture: borrowing GreyImage, around landmarks: [SIMD2<Float>]
  ) -> [Bool] {
    let (width, height) = (picture.width, picture.height)
    let face = Rasteriser()
    face.begin(width: width, height: height, level: 0)
    let outline = landmarks[0...16] + landmarks[17...26].reversed()
    face.fill(outline.map { SIMD3($0, 0) }, ink: Rasteriser.Ink(level: 1))
    var isWall = [Bool](repeating: false, count: width * height)
    picture.withSamples { samples in
      let border = samples[0..<width].sorted()
      let level = Int(border[width / 2])
      func isAlike(_ i: Int, from: Int) -> Bool {
        guard face.levels[i] < 0.5 else { return false }
        let contrast = abs(Int(samples[i]) - level)
        let isSmooth = abs(Int(samples[i]) - Int(samples[from])) <= shading
        return contrast < wallContrast || (isSmooth && contrast < shadedContrast)
      }
      var open = (0..<width).filter { abs(Int(samples[$0]) - level) < wallContrast }
      for i in open { isWall[i] = true }
      while let i = open.popLast() {
        let x = i % width
        for next in [i - width, i + width, x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1]
        where next >= 0 && next < width * height && !isWall[next] && isAlike(next, from: i) {
          isWall[next] = true
          open.append(next)
        }
      }
    }
    return isWall
  }

  /// Whether the wall lies at a pixel or next to it.
  static func isNearWall(_ wall: [Bool], x: Int, y: Int, width: Int, height: Int) -> Bool {
    for row in max(0, y - wallReach)...min(height - 1, y + wallReach) {
      for column in max(0, x - wallReach)...min(width - 1, x + wallReach)
      where wall[row * width + column] { return true }
    }
    return false
  }

  /// mm around an eye's axis.
  private static let irisRadius: Float = 5.8

  /// Gives the parts of the eyeballs that lids hide in the photo the levels of those that they do
  /// not: of the iris in front, of the white around it.
  static func fillEyes(
    _ levels: inout [Float], weights: [Float], head: HeadModel
  ) {
    for side: Float in [-1, 1] {
      let eye = head.neutral.indices.filter {
        head.regions[$0] == .eye && head.neutral[$0].x * side > 0
      }
      guard let first = eye.first else { continue }
      var (low, high) = (head.neutral[first], head.neutral[first])
      for i in eye {
        low = pointwiseMin(low, head.neutral[i])
        high = pointwiseMax(high, head.neutral[i])
      }
      let center = (low + high) / 2
      let radius = { (i: Int) -> Float in
        let offset = head.neutral[i] - center
        // The back of the ball is white.
        guard offset.z < 0 else { return .infinity }
        return (offset.x * offset.x + offset.y * offset.y).squareRoot()
      }
      let seen = eye.filter { weights[$0] > 0.5 }
      let iris = seen.filter { radius($0) < 0.9 * irisRadius }.map { levels[$0] }.sorted()
      let white = seen.filter { radius($0) > 1.2 * irisRadius }.map { levels[$0] }.sorted()
      guard let anyIris = quantile(iris, 0.4), let anyWhite = quantile(white, 0.6)
      else { continue }
      for i in eye where weights[i] <= 0.5 {
        levels[i] = radius(i) < irisRadius ? anyIris : anyWhite
      }
    }
  }

  private static func quantile(_ sorted: [Float], _ share: Double) -> Float? {
    sorted.isEmpty ? nil : sorted[Int(share * Double(sorted.count - 1))]
  }
}
