import CLNF
import Foundation

extension SceneRenderer {
  /// A picture of a scene or one that is made up, without a face. Levels 0 ... 255.
  func background(
    width: Int, height: Int, _ generator: inout SeededGenerator
  ) -> Plane<Float> {
    var ground = Plane<Float>(width: width, height: height, repeating: 0)
    if generator.chance(settings.sceneryShare),
      let view = material.scenery?.view(width: width, height: height, &generator)
    {
      view.withSamples { from in
        ground.withMutableSamples { to in
          for i in to.indices { to[i] = Float(from[i]) }
        }
      }
      return ground
    }
    backdrop.begin(width: width, height: height, level: generator.float(20...235))
    Backdrop.addNoise(to: backdrop, &generator)
    Backdrop.addShapes(to: backdrop, &generator)
    let levels = backdrop.levels
    ground.withMutableSamples { samples in
      for i in samples.indices { samples[i] = levels[i] }
    }
    let sigma = generator.float(0...3)
    if sigma > 0.3 { Filters.blur(&ground, sigma: sigma) }
    return ground
  }

  /// Begins a canvas with each pixel of a picture on its block.
  func spread(_ ground: borrowing Plane<Float>, factor: Int) {
    let (width, height) = (ground.width, ground.height)
    canvas.begin(width: width * factor, height: height * factor, level: 0)
    let levels = canvas.levels
    let row = width * factor
    ground.withSamples { samples in
      for y in 0..<height {
        let first = levels + y * factor * row
        for x in 0..<width {
          let value = samples[y * width + x]
          for u in 0..<factor { first[x * factor + u] = value }
        }
        for v in 1..<factor { (first + v * row).update(from: first, count: row) }
      }
    }
  }
}

/// Made-up backgrounds: noise of several sizes, gradients, polygons, lines and ellipses.
enum Backdrop {
  static func addNoise(to canvas: Rasteriser, _ generator: inout SeededGenerator) {
    let gradient = SIMD2(Float(generator.normal()), Float(generator.normal())) * 40
    addGradient(gradient, to: canvas)
    for _ in 0..<generator.whole(1...4) {
      let cell = Float(generator.logarithmic(2...64))
      // Pictures hold less at small sizes.
      let deviation = generator.float(5...45) * min(1, (cell / 24).squareRoot())
      addOctave(cell: cell, deviation: deviation, to: canvas, &generator)
    }
  }

  /// `slope`: levels from side to side.
  private static func addGradient(_ slope: SIMD2<Float>, to canvas: Rasteriser) {
    let levels = canvas.levels
    let step = slope / Float(max(1, canvas.width))
    for y in 0..<canvas.height {
      let first = (Float(y) - Float(canvas.height) / 2) * step.y
      for x in 0..<canvas.width {
        levels[y * canvas.width + x] += first + (Float(x) - Float(canvas.width) / 2) * step.x
      }
    }
  }

  /// Random levels on a grid of `cell` px, joined smoothly.
  private static func addOctave(
    cell: Float, deviation: Float, to canvas: Rasteriser, _ generator: inout SeededGenerator
  ) {
    let columns = Int(Float(canvas.width) / cell) + 2
    let rows = Int(Float(canvas.height) / cell) + 2
    let grid = (0..<columns * rows).map { _ in deviation * generator.quickNormal() }
    let levels = canvas.levels
    grid.withUnsafeBufferPointer { grid in
      for y in 0..<canvas.height {
        let v = Float(y) / cell
        let row = Int(v)
        let fv = smooth(v - Float(row))
        let upper = grid.baseAddress.unsafelyUnwrapped + row * columns
        for x in 0..<canvas.width {
          let u = Float(x) / cell
          let column = Int(u)
          let fu = smooth(u - Float(column))
          let at = upper + column
          let above = at[0] + fu * (at[1] - at[0])
          let below = at[columns] + fu * (at[columns + 1] - at[columns])
          levels[y * canvas.width + x] += above + fv * (below - above)
        }
      }
    }
  }

  @inline(__always)
  private static func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }

  static func addShapes(to canvas: Rasteriser, _ generator: inout SeededGenerator) {
    let side = Float(canvas.width)
    for _ in 0..<generator.whole(0...13) {
      let ink = Rasteriser.Ink(level: generator.float(0...255), opacity: generator.float(0.5...1))
      func corner(_ generator: inout SeededGenerator) -> SIMD3<Float> {
        SIMD3(generator.float(-0.2...1.2) * side, generator.float(-0.2...1.2) * side, 0)
      }
      let kind = generator.float(0...1)
      if kind < 0.4 {
        canvas.fill((0..<generator.whole(3...5)).map { _ in corner(&generator) }, ink: ink)
      } else if kind < 0.7 {
        canvas.stroke(
          (0..<generator.whole(2...4)).map { _ in corner(&generator) },
          radius: generator.float(0.5...side / 28), ink: ink)
      } else {
        let outline = ellipse(around: corner(&generator), side: side, &generator)
        if generator.chance(0.6) {
          canvas.fill(outline, ink: ink)
        } else {
          canvas.stroke(outline, radius: generator.float(0.5...5), ink: ink)
        }
      }
    }
  }

  private static func ellipse(
    around center: SIMD3<Float>, side: Float, _ generator: inout SeededGenerator
  ) -> [SIMD3<Float>] {
    let (a, b) = (generator.float(3...side / 2), generator.float(3...side / 2))
    let turn = generator.float(0...(.pi))
    return (0...40).map { k in
      let angle = Float(k) * .pi / 20
      let (u, v) = (a * cos(angle), b * sin(angle))
      return center + SIMD3(u * cos(turn) - v * sin(turn), u * sin(turn) + v * cos(turn), 0)
    }
  }
}
