import CLNF

extension SceneRenderer {
  /// A point may lie so far behind the drawn surface, mm: about what inner lips and lids do.
  private static let innerTolerance: Float = 8
  /// Jaw points lie on the silhouette of a camera far away, near the one that is drawn.
  private static let jawTolerance: Float = 14
  /// So far beside it the surface may end, mm.
  private static let innerReach: Float = 0.8
  private static let jawReach: Float = 5

  /// Which of the 68 points nothing of the head hides, by the depths of the head alone.
  func visibility(of shape: [SIMD3<Float>], _ scene: Scene) -> [Bool] {
    shape.enumerated().map { index, point in
      let place = scene.camera.place(point)
      let isJaw = index < 17
      let reach = (isJaw ? Self.jawReach : Self.innerReach) * scene.camera.scale
      let tolerance = isJaw ? Self.jawTolerance : Self.innerTolerance
      return farthest(around: place, reach: reach) > place.z - tolerance
    }
  }

  /// The greatest depth within `reach` px; beyond the canvas everything is free.
  private func farthest(around place: SIMD3<Float>, reach: Float) -> Float {
    guard place.x.isFinite, place.y.isFinite, abs(place.x) < 1e6, abs(place.y) < 1e6 else {
      return Rasteriser.farthest
    }
    let low = SIMD2(place.x - reach, place.y - reach)
    let high = SIMD2(place.x + reach, place.y + reach)
    let columns = Int(low.x.rounded())...Int(high.x.rounded())
    let rows = Int(low.y.rounded())...Int(high.y.rounded())
    var greatest = -Rasteriser.farthest
    for y in rows {
      for x in columns {
        guard x >= 0, y >= 0, x < canvas.width, y < canvas.height else {
          return Rasteriser.farthest
        }
        greatest = max(greatest, canvas.depths[y * canvas.width + x])
      }
    }
    return greatest
  }
}
