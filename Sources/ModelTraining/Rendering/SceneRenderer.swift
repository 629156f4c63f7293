import CLNF

/// Draws faces for training: photos on a morphable head, posed, lit, before backgrounds, partly
/// covered, and as cameras and codecs would deliver them.
///
/// Image i depends on the material, the settings and i alone. Not thread-safe: one for each thread.
/// Cost: 15 to 40 ms a face of 50,000 triangles; memory of some canvases, kept.
public final class SceneRenderer {
  let material: SceneMaterial
  let settings: SceneSettings
  let canvas = Rasteriser()
  let backdrop = Rasteriser()
  private let shadows = ShadowMap()
  /// The head's corners on the canvas; kept for hair that grows on it.
  private var corners: [RasterVertex] = []

  public init(material: SceneMaterial, settings: SceneSettings) {
    self.material = material
    self.settings = settings
  }

  /// What one image shows and how it is drawn.
  struct Scene {
    var subject: SceneSubject
    var light: SceneLight
    var width: Int
    var height: Int
    /// To the image.
    let imageCamera: SceneCamera
    /// To the canvas, which has `factor` pixels a pixel of the image in both directions.
    let camera: SceneCamera
    let factor: Int
    /// By vertex: what the light does to a level; filled in by the renderer.
    var shades: [SIMD2<Float>] = []

    init(
      subject: SceneSubject, light: SceneLight, camera: SceneCamera, width: Int, height: Int
    ) {
      self.subject = subject
      self.light = light
      (self.width, self.height) = (width, height)
      // Edges and textures are drawn finer and averaged, as a sensor does.
      factor = max(2, min(4, Int((1.6 / camera.scale).rounded())))
      imageCamera = camera
      self.camera = camera.enlarged(by: factor)
    }
  }

  /// A scene's picture before what lens, sensor and codec do to it.
  struct Drawing: ~Copyable {
    var image: Plane<Float>
    var landmarks: [SIMD2<Float>]
    var visible: [Bool]
  }

  /// Draws image `index` of the set.
  public func face(_ index: Int) -> RenderedFace {
    var generator = SeededGenerator(
      seed: settings.seed &* 1_000_003 &+ UInt64(truncatingIfNeeded: index))
    if !material.photos.isEmpty, generator.chance(settings.photoShare) {
      let photo = material.photos[generator.whole(0...material.photos.count - 1)]
      return photograph(photo, &generator)
    }
    let subject = SceneSubject(material, settings, &generator)
    let scale = generator.logarithmic(settings.pixelsPerMillimetre)
    let side = max(8, Int((settings.fieldOfView * scale).rounded()))
    let camera = SceneCamera(
      rotation: subject.rotation, center: subject.center,
      distance: Float(generator.logarithmic(settings.distance)), scale: Float(scale),
      middle: SIMD2(repeating: Float(side - 1) / 2))
    let scene = Scene(
      subject: subject, light: SceneLight(settings, &generator), camera: camera, width: side,
      height: side)
    spread(background(width: side, height: side, &generator), factor: scene.factor)
    let wear = SceneWear(settings, ownHair: ownHair(subject), &generator)
    var drawing = draw(scene, wear, &generator)
    let covered = cover(&drawing.image, drawing.landmarks, &generator)
    let faceLevel = Self.level(of: drawing.landmarks, in: drawing.image)
    return RenderedFace(
      image: settings.photometry.develop(&drawing.image, faceLevel: faceLevel, &generator),
      landmarks: drawing.landmarks,
      visible: drawing.visible, covered: covered, rotation: subject.rotation,
      pixelsPerMillimetre: Float(scale), shape: subject.shape, person: subject.texture?.person ?? 0)
  }

  /// Draws a head with what it wears before what is on the canvas.
  ///
  /// What is random about it comes from the generator alone, in an order that neither pose nor
  /// expression changes: the same generator gives the same person in another pose.
  func draw(
    _ scene: Scene, _ wear: SceneWear, _ generator: inout SeededGenerator
  ) -> Drawing {
    var scene = scene
    light(&scene)
    drawHead(scene, wear, &generator)
    let visible = visibility(of: scene.subject.shape, scene)
    drawLashes(scene)
    drawWear(wear, scene, &generator)
    let landmarks = scene.subject.shape.map { point -> SIMD2<Float> in
      let place = scene.imageCamera.place(point)
      return SIMD2(place.x, place.y)
    }
    return Drawing(image: reduced(scene), landmarks: landmarks, visible: visible)
  }

  private func drawLashes(_ scene: Scene) {
    let subject = scene.subject
    guard let texture = subject.texture else { return }
    for lid in material.lids.lids where lid.field < subject.expression.count {
      lid.drawLashes(
        closed: subject.expression[lid.field], levels: texture.levels, shape: subject.shape,
        camera: scene.camera, on: canvas)
    }
  }

  /// The light at each vertex.
  private func light(_ scene: inout Scene) {
    let camera = scene.camera
    let subject = scene.subject
    var lit: [Float] = []
    if scene.light.castsShadows {
      lit = shadows.light(
        subject.vertices.map { camera.turn($0 - camera.center) },
        triangles: material.head.triangles, from: scene.light.direction)
    }
    let regions = material.head.regions
    let parts = material.parts
    let light = scene.light
    let showsMouth = subject.texture?.showsMouthInterior ?? false
    scene.shades = subject.normals.indices.map { i in
      var shade = light.shade(
        camera.turn(subject.normals[i]), lit: lit.isEmpty ? 1 : lit[i],
        isSkin: regions[i] == .skin && !parts.isInsideMouth[i])
      if parts.isInsideMouth[i] {
        // A photo that shows the mouth's inside shows its darkness as well.
        let shown = showsMouth ? (subject.texture?.weights[i] ?? 0) : 0
        shade.x *= 1 - (1 - parts.openness[i]) * (1 - shown)
      }
      return shade
    }
  }

  /// The lower quartile of the levels a little behind the hairline, where hair is to be expected.
  func ownHair(_ subject: SceneSubject) -> Float? {
    guard let texture = subject.texture else { return nil }
    let scalp = material.parts.scalp
    let levels = material.parts.fringeVertices.filter { scalp[$0] > 4 }
      .map { texture.levels[$0] }.sorted()
    return levels.isEmpty ? nil : levels[levels.count / 4]
  }

  private func drawHead(
    _ scene: Scene, _ wear: SceneWear, _ generator: inout SeededGenerator
  ) {
    let paint = wear.paint
    let subject = scene.subject
    let texture = subject.texture
    let parts = material.parts
    let regions = material.head.regions
    corners.removeAll(keepingCapacity: true)
    corners.reserveCapacity(subject.vertices.count)
    for i in subject.vertices.indices {
      var weight = texture?.weights[i] ?? 0
      var level = texture?.levels[i] ?? material.plainLevels[i]
      if parts.isInsideMouth[i] {
        if !(texture?.showsMouthInterior ?? false) { weight = 0 }
        level = regions[i] == .teeth ? paint.teeth : paint.gums
      } else if parts.chest[i] > paint.collar {
        weight = 0
        level = paint.clothes + paint.pattern * generator.quickNormal()
      }
      var corner = RasterVertex(
        place: scene.camera.place(subject.vertices[i]), texture: texture?.coordinates[i] ?? .zero,
        weight: weight, level: level, shade: scene.shades[i].x, gloss: scene.shades[i].y)
      for (beard, mask) in [(wear.beard, parts.beard[i]), (wear.moustache, parts.moustache[i])] {
        guard let beard, mask > 0 else { continue }
        let noise = 1 + 0.35 * generator.quickNormal()
        corner.cover(by: beard.level, share: mask * min(1, max(0, beard.strength * noise)))
      }
      corners.append(corner)
    }
    if let texture {
      for lid in material.lids.lids where lid.field < subject.expression.count {
        lid.paint(
          closed: subject.expression[lid.field], levels: texture.levels, on: &corners)
      }
    }
    guard let texture else { return draw(corners, material.head.triangles, .none) }
    texture.pixels.withUnsafeBufferPointer { pixels in
      let picture = Rasteriser.Texture(
        pixels: pixels.baseAddress, width: texture.width, height: texture.height)
      draw(corners, material.head.triangles, picture)
    }
  }

  /// The mean level at points.
  static func level(of points: [SIMD2<Float>], in image: borrowing Plane<Float>) -> Float {
    let (width, height) = (image.width, image.height)
    return image.withSamples { samples in
      var (sum, count): (Float, Float) = (0, 0)
      for point in points {
        guard point.x >= 0, point.y >= 0, point.x < Float(width - 1), point.y < Float(height - 1)
        else { continue }
        sum += samples[Int(point.y.rounded()) * width + Int(point.x.rounded())]
        count += 1
      }
      return count > 0 ? sum / count : 128
    }
  }

  func draw(
    _ vertices: [RasterVertex], _ triangles: [HeadModel.Triangle], _ texture: Rasteriser.Texture
  ) {
    vertices.withUnsafeBufferPointer { vertices in
      triangles.withUnsafeBufferPointer { canvas.draw(vertices, $0, texture: texture) }
    }
  }

  /// The canvas averaged to the image's size.
  private func reduced(_ scene: Scene) -> Plane<Float> {
    let (width, height, factor) = (scene.width, scene.height, scene.factor)
    var image = Plane<Float>(width: width, height: height, repeating: 0)
    let levels = canvas.levels
    let row = width * factor
    let share = 1 / Float(factor * factor)
    image.withMutableSamples { samples in
      for y in 0..<height {
        for x in 0..<width {
          var sum: Float = 0
          for v in 0..<factor {
            let at = levels + ((y * factor + v) * row + x * factor)
            for u in 0..<factor { sum += at[u] }
          }
          samples[y * width + x] = sum * share
        }
      }
    }
    return image
  }
}

extension RasterVertex {
  /// Mixes a level over what the vertex shows, texture and own level alike.
  mutating func cover(by level: Float, share: Float) {
    let kept = paint.z * (1 - share)
    let own = (1 - paint.z) * (1 - share) * paint.w + share * level
    paint.z = kept
    paint.w = kept < 1 ? own / (1 - kept) : level
    light.y *= 1 - share
  }
}
