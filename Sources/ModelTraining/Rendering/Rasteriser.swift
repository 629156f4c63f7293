import CLNF

/// A corner of the triangles that a `Rasteriser` draws.
public struct RasterVertex: Sendable {
  /// x, y in px of the canvas; the third is the depth (larger is farther); the fourth is unused.
  public var place: SIMD4<Float>
  /// u, v in px of the texture; the texture's weight 0 ... 1; the level used for the rest.
  public var paint: SIMD4<Float>
  /// What the level is multiplied by, and what is added then.
  public var light: SIMD2<Float>

  public init(
    place: SIMD3<Float>, texture: SIMD2<Float> = .zero, weight: Float = 0, level: Float,
    shade: Float = 1, gloss: Float = 0
  ) {
    self.place = SIMD4(place, 0)
    paint = SIMD4(texture.x, texture.y, weight, level)
    light = SIMD2(shade, gloss)
  }
}

/// Draws triangles and strokes on a canvas of Float levels with a depth for each pixel.
///
/// Pixel centres lie at whole coordinates. Triangles whose area in image axes is not negative are
/// back faces and are left out. Corners go to a grid of 1/16 px, where neighbouring triangles share
/// each pixel exactly once (top-left rule). What has a corner that is not finite or lies farther
/// than 2^20 px outside is left out. Attributes are interpolated linearly on the canvas, without
/// perspective correction: at a face's size the difference is below a hundredth of a pixel.
///
/// Not thread-safe: one for each thread. Memory grows to the largest canvas and mesh, then stays.
public final class Rasteriser {
  public private(set) var width = 0
  public private(set) var height = 0
  private var levelMemory = Buffer<Float>(repeating: 0, count: 0)
  private var depthMemory = Buffer<Float>(repeating: 0, count: 0)
  private var corners = Buffer<SIMD2<Int32>>(repeating: .zero, count: 0)

  /// The depth of pixels that nothing was drawn on.
  public static let farthest: Float = 1e9

  public init() {}

  /// The canvas, row by row; valid until the next `begin`.
  public var levels: UnsafeMutablePointer<Float> { levelMemory.pointer }
  /// The depths, row by row; valid until the next `begin`.
  public var depths: UnsafeMutablePointer<Float> { depthMemory.pointer }

  /// Starts a canvas of one level without anything on it.
  public func begin(width: Int, height: Int, level: Float) {
    precondition(width >= 0 && height >= 0 && width < 1 << 14 && height < 1 << 14)
    if width * height > levelMemory.count {
      levelMemory = Buffer(repeating: 0, count: width * height)
      depthMemory = Buffer(repeating: 0, count: width * height)
    }
    (self.width, self.height) = (width, height)
    levels.update(repeating: level, count: width * height)
    depths.update(repeating: Self.farthest, count: width * height)
  }

  public func level(x: Int, y: Int) -> Float {
    precondition(x >= 0 && x < width && y >= 0 && y < height)
    return levels[y * width + x]
  }

  public func depth(x: Int, y: Int) -> Float {
    precondition(x >= 0 && x < width && y >= 0 && y < height)
    return depths[y * width + x]
  }

  /// What triangles are painted with: grey pixels, row by row.
  public struct Texture {
    var pixels: UnsafePointer<UInt8>?
    var width: Int
    var height: Int

    public static var none: Texture { Texture(pixels: nil, width: 0, height: 0) }

    public init(pixels: UnsafePointer<UInt8>?, width: Int, height: Int) {
      (self.pixels, self.width, self.height) = (pixels, width, height)
    }

    /// Bilinear; `otherwise` outside the picture.
    @inline(__always)
    func sample(_ u: Float, _ v: Float, otherwise: Float) -> Float {
      guard let pixels, u >= 0, v >= 0, u < Float(width - 1), v < Float(height - 1) else {
        return otherwise
      }
      let (column, row) = (Int(u), Int(v))
      let (fu, fv) = (u - Float(column), v - Float(row))
      let at = pixels + (row &* width &+ column)
      let upper = Float(at[0]) + fu * (Float(at[1]) - Float(at[0]))
      let lower = Float(at[width]) + fu * (Float(at[width + 1]) - Float(at[width]))
      return upper + fv * (lower - upper)
    }
  }

  /// Draws a mesh. Cost: about 30 ns a triangle and 10 ns a pixel.
  public func draw(
    _ vertices: UnsafeBufferPointer<RasterVertex>,
    _ triangles: UnsafeBufferPointer<HeadModel.Triangle>, texture: Texture
  ) {
    guard let vertex = vertices.baseAddress else { return }
    snap(vertices)
    let corner = corners.pointer
    for triangle in triangles {
      let (a, b, c) = (Int(triangle.a), Int(triangle.b), Int(triangle.c))
      precondition(max(a, b, c) < vertices.count && min(a, b, c) >= 0)
      guard let setup = Setup(corner[a], corner[c], corner[b], width, height) else { continue }
      fill(setup, vertex + a, vertex + c, vertex + b, texture)
    }
  }

  /// Marks corners that cannot be drawn.
  private static let nowhere = SIMD2<Int32>(repeating: .min)
  private static let subpixels: Float = 16

  @inline(__always)
  private static func snapped(_ place: SIMD4<Float>) -> SIMD2<Int32> {
    let scaled = SIMD2(place.x, place.y) * subpixels
    let limit: Float = 16_777_216
    guard abs(scaled.x) < limit, abs(scaled.y) < limit, place.z.isFinite else { return nowhere }
    return SIMD2(
      Int32(scaled.x.rounded(.toNearestOrEven)), Int32(scaled.y.rounded(.toNearestOrEven)))
  }

  private func snap(_ vertices: UnsafeBufferPointer<RasterVertex>) {
    if vertices.count > corners.count {
      corners = Buffer(repeating: .zero, count: vertices.count)
    }
    let corner = corners.pointer
    for i in 0..<vertices.count { corner[i] = Self.snapped(vertices[i].place) }
  }

  /// Edge functions of a triangle with its corners in clockwise order on the screen.
  ///
  /// An edge's function is its share of the doubled area, 256 a px, counted from the pixel at
  /// (left, top) and less by one where the rule leaves the edge itself to the neighbour.
  private struct Setup {
    var left, right, top, bottom: Int
    var start: SIMD4<Int>
    var stepX: SIMD4<Int>
    var stepY: SIMD4<Int>
    var inverseArea: Float

    @inline(__always)
    init?(
      _ p: SIMD2<Int32>, _ q: SIMD2<Int32>, _ r: SIMD2<Int32>, _ width: Int, _ height: Int
    ) {
      let (px, py) = (Int(p.x), Int(p.y))
      let (qx, qy) = (Int(q.x), Int(q.y))
      let (rx, ry) = (Int(r.x), Int(r.y))
      let area = (qx &- px) &* (ry &- py) &- (rx &- px) &* (qy &- py)
      let none = Int(Int32.min)
      guard area > 0, px != none, qx != none, rx != none else { return nil }
      left = max(0, (min(px, qx, rx) &+ 15) >> 4)
      right = min(width &- 1, max(px, qx, rx) >> 4)
      top = max(0, (min(py, qy, ry) &+ 15) >> 4)
      bottom = min(height &- 1, max(py, qy, ry) >> 4)
      guard left <= right, top <= bottom else { return nil }
      let dx = SIMD4(rx &- qx, px &- rx, qx &- px, 0)
      let dy = SIMD4(ry &- qy, py &- ry, qy &- py, 0)
      let x = left &* 16
      let y = top &* 16
      start = SIMD4(
        dx[0] &* (y &- qy) &- dy[0] &* (x &- qx) &- Self.bias(dx[0], dy[0]),
        dx[1] &* (y &- ry) &- dy[1] &* (x &- rx) &- Self.bias(dx[1], dy[1]),
        dx[2] &* (y &- py) &- dy[2] &* (x &- px) &- Self.bias(dx[2], dy[2]), 0)
      stepX = SIMD4(repeating: 0) &- dy &* 16
      stepY = dx &* 16
      inverseArea = 1 / Float(area)
    }

    @inline(__always)
    static func bias(_ dx: Int, _ dy: Int) -> Int { dy < 0 || (dy == 0 && dx > 0) ? 0 : 1 }
  }

  @inline(__always)
  private func fill(
    _ setup: Setup, _ p: UnsafePointer<RasterVertex>, _ q: UnsafePointer<RasterVertex>,
    _ r: UnsafePointer<RasterVertex>, _ texture: Texture
  ) {
    let depths = self.depths
    let levels = self.levels
    var (e0, e1, e2) = (setup.start[0], setup.start[1], setup.start[2])
    for y in setup.top...setup.bottom {
      var (w0, w1, w2) = (e0, e1, e2)
      let row = y &* width
      for x in setup.left...setup.right {
        if w0 | w1 | w2 >= 0 {
          let l0 = Float(w0) * setup.inverseArea
          let l1 = Float(w1) * setup.inverseArea
          let l2 = 1 - l0 - l1
          let depth = l0 * p.pointee.place.z + l1 * q.pointee.place.z + l2 * r.pointee.place.z
          if depth < depths[row &+ x] {
            depths[row &+ x] = depth
            let paint = l0 * p.pointee.paint + l1 * q.pointee.paint + l2 * r.pointee.paint
            let light = l0 * p.pointee.light + l1 * q.pointee.light + l2 * r.pointee.light
            var level = paint.w
            if paint.z > 0.004 {
              level += paint.z * (texture.sample(paint.x, paint.y, otherwise: level) - level)
            }
            levels[row &+ x] = level * light.x + light.y
          }
        }
        w0 &+= setup.stepX[0]
        w1 &+= setup.stepX[1]
        w2 &+= setup.stepX[2]
      }
      e0 &+= setup.stepY[0]
      e1 &+= setup.stepY[1]
      e2 &+= setup.stepY[2]
    }
  }
}
