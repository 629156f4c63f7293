import Foundation

/// Light on a head: from everywhere, from one side, with highlights on skin.
struct SceneLight {
  /// Towards the light, in the camera's axes, unit length.
  var direction: SIMD3<Float>
  var ambient: Float
  var strength: Float
  /// Of the highlights, in levels, and their exponent.
  var gloss: Float
  var glossExponent: Float
  var castsShadows: Bool

  init(_ settings: SceneSettings, _ generator: inout SeededGenerator) {
    let isSide = generator.chance(settings.sideLightShare)
    var toLight = SIMD3(
      Float(generator.normal()), Float(generator.normal()) - 0.4,
      -abs(Float(generator.normal())) - 0.4)
    ambient = generator.float(0.35...1)
    strength = 1.5 * (1 - ambient)
    if isSide {
      toLight = SIMD3(
        generator.chance(0.5) ? 1 : -1, generator.float(-0.8...0.4), generator.float(-0.7...0.1))
      ambient = generator.float(0.12...0.5)
      strength = generator.float(0.5...1.3)
    }
    direction = toLight / (toLight * toLight).sum().squareRoot()
    let isGlossy = generator.chance(settings.glossShare)
    gloss = isGlossy ? generator.float(15...90) : 0
    glossExponent = generator.float(6...40)
    castsShadows = generator.chance(settings.castShadowShare) || (isSide && generator.chance(0.5))
  }

  /// Factor and addend for a normal in the camera's axes; `lit` 0 in shadow ... 1.
  @inline(__always)
  func shade(_ normal: SIMD3<Float>, lit: Float, isSkin: Bool) -> SIMD2<Float> {
    let facing = max(0, (normal * direction).sum()) * lit
    let factor = ambient + strength * facing
    guard gloss > 0, isSkin, facing > 0 else { return SIMD2(factor, 0) }
    // The camera is far: it lies in direction -z everywhere.
    var half = direction + SIMD3(0, 0, -1)
    half /= max(1e-3, (half * half).sum().squareRoot())
    let peak = max(0, (normal * half).sum())
    return SIMD2(factor, gloss * lit * pow(peak, glossExponent))
  }
}

/// Which vertices the head itself keeps the light from.
final class ShadowMap {
  private let rasteriser = Rasteriser()
  private var vertices: [RasterVertex] = []

  private static let side = 160
  /// px per mm.
  private static let scale: Float = 0.5
  /// Farther behind the lit surface is in shadow, mm.
  private static let bias: Float = 5

  /// 0 (shadow) ... 1 by vertex, for vertices relative to the head's middle in the camera's axes.
  func light(
    _ places: [SIMD3<Float>], triangles: [HeadModel.Triangle], from direction: SIMD3<Float>
  ) -> [Float] {
    let basis = Self.basis(direction)
    let middle = Float(Self.side) / 2
    vertices.removeAll(keepingCapacity: true)
    for place in places {
      vertices.append(
        RasterVertex(
          place: SIMD3(
            middle + Self.scale * (place * basis.right).sum(),
            middle + Self.scale * (place * basis.down).sum(), -(place * direction).sum()),
          level: 0))
    }
    rasteriser.begin(width: Self.side, height: Self.side, level: 0)
    vertices.withUnsafeBufferPointer { vertices in
      triangles.withUnsafeBufferPointer { rasteriser.draw(vertices, $0, texture: .none) }
    }
    return vertices.map { vertex in lit(vertex.place) }
  }

  /// Right and down for one who looks along the light.
  private static func basis(
    _ direction: SIMD3<Float>
  ) -> (right: SIMD3<Float>, down: SIMD3<Float>) {
    let away = -direction
    let up: SIMD3<Float> = abs(away.y) < 0.9 ? SIMD3(0, 1, 0) : SIMD3(0, 0, -1)
    var right = SIMD3(
      up.y * away.z - up.z * away.y, up.z * away.x - up.x * away.z, up.x * away.y - up.y * away.x)
    right /= (right * right).sum().squareRoot()
    let down = SIMD3(
      away.y * right.z - away.z * right.y, away.z * right.x - away.x * right.z,
      away.x * right.y - away.y * right.x)
    return (right, down)
  }

  /// The share of the nine nearest pixels of the map that do not hide the place.
  private func lit(_ place: SIMD4<Float>) -> Float {
    let limit = Float(Self.side - 2)
    guard place.x > 1, place.y > 1, place.x < limit, place.y < limit else { return 1 }
    let (x, y) = (Int(place.x.rounded()), Int(place.y.rounded()))
    var free: Float = 0
    for row in y - 1...y + 1 {
      for column in x - 1...x + 1 {
        if place.z < rasteriser.depths[row * Self.side + column] + Self.bias { free += 1 }
      }
    }
    return free / 9
  }
}
