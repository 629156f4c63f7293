import CLNF
import Foundation

/// What a sequence of drawn faces is like, but for what the head does.
public struct SequenceSettings: Sendable, Equatable {
  /// Of person, light, background, wear and noise.
  public var seed: UInt64 = 1
  /// px.
  public var width = 640
  public var height = 480
  /// Of the camera, px; nil: what landmarkd takes for an unknown camera (500 for 640 x 480).
  public var focalLength: Double?
  /// Where the middle of the unturned face is at a shift of 0, in the camera's axes, mm. Heads turn
  /// about their neck.
  public var place = SIMD3<Double>(0, 0, 560)
  /// Frames a second.
  public var rate = 30.0
  /// Deviation of the sensor's noise, grey levels; new in every frame.
  public var noise: Float = 0
  /// What a codec with blocks leaves, 1 ... 100; nil: everything.
  public var codingQuality: Int?
  /// The background is out of focus by a Gaussian of this many px.
  public var backgroundBlur: Float = 6
  /// Grey level of a plain background instead, 0 ... 255: of two pictures before two levels their
  /// difference says where the person is.
  public var plainBackground: Float?
  /// Grey level of plain clothes; nil: drawn by lot.
  public var clothes: Float? = 225

  public init() {}

  /// That of the camera, px.
  public var usedFocalLength: Double {
    focalLength ?? (500 * Double(width) / 640 + 500 * Double(height) / 480) / 2
  }
}

/// Draws one person frame after frame: light, background, wear and camera stay, pose and expression
/// follow a script, and every landmark's place is known.
///
/// The camera is a pinhole whose axis meets the image at (width / 2, height / 2). Frame i depends on
/// the material, the settings, the performance and i alone. Not thread-safe. Cost: about 17 ms a
/// frame of 640 x 480; memory of some canvases, kept.
public final class SequenceRenderer {
  public let settings: SequenceSettings
  public let performance: SequencePerformance
  private let renderer: SceneRenderer
  private let person: SceneSubject.Person
  /// The middle of the resting face's landmarks, in the head's axes.
  private let center: SIMD3<Float>
  private let light: SceneLight
  private var wear: SceneWear
  private let ground: Plane<Float>
  /// What draws the person, the same in every frame.
  private let personGenerator: SeededGenerator
  private let names: [String]

  /// - Parameters:
  ///   - material: its first texture is the person; without any the head is plain grey.
  ///   - scene: how light, background and wear are drawn; of poses, covers and photometry nothing
  ///     is used.
  public init(
    material: SceneMaterial, settings: SequenceSettings, scene: SceneSettings,
    performance: SequencePerformance
  ) {
    self.settings = settings
    self.performance = performance
    renderer = SceneRenderer(material: material, settings: scene)
    names = material.head.expressionNames
    let texture = material.textures.first
    let rest = material.head.vertices(identity: texture?.identity ?? [], expression: [])
    person = SceneSubject.Person(
      texture: texture, rest: rest, expression: texture?.expression ?? [])
    let points = material.definition.points(of: rest, rest: rest)
    center = points.reduce(.zero, +) / Float(max(1, points.count))
    var generator = SeededGenerator(seed: settings.seed)
    light = SceneLight(scene, &generator)
    var ground = renderer.background(
      width: settings.width, height: settings.height, &generator)
    if settings.backgroundBlur > 0.3 {
      Filters.blur(&ground, sigma: settings.backgroundBlur)
    }
    if let level = settings.plainBackground {
      ground.withMutableSamples { samples in
        for i in samples.indices { samples[i] = level }
      }
    }
    self.ground = ground
    let subject = SceneSubject(
      material, person, expression: [], rotation: EulerAngles(x: 0, y: 0, z: 0),
      seenWith: .identity)
    wear = SceneWear(scene, ownHair: renderer.ownHair(subject), &generator)
    if let clothes = settings.clothes {
      // From the neck's foot down, so that nothing of the photo's own is seen beside them.
      (wear.paint.clothes, wear.paint.pattern, wear.paint.collar) = (clothes, 0, 28)
    }
    personGenerator = generator
  }

  /// The joint that a head turns about, from the face's middle, in the head's axes, mm.
  static let neck = SIMD3<Double>(0, 60, 90)

  /// When a frame is shown, s.
  public func time(_ index: Int) -> Double { Double(index) / settings.rate }

  /// Draws frame `index` from 0.
  public func frame(_ index: Int) -> RenderedFace {
    let pose = performance.pose(at: time(index))
    let rotation = RotationMatrix(pose.rotation)
    let joint = settings.place + pose.shift + Self.neck
    let place = joint - rotation.rotate(Self.neck)
    let subject = SceneSubject(
      renderer.material, person, expression: names.map { Float(pose.expression[$0] ?? 0) },
      rotation: pose.rotation, seenWith: Self.aim(at: place) * rotation)
    let depth = max(1, place.z)
    let camera = SceneCamera(
      rotation: pose.rotation, center: center, distance: Float(depth),
      scale: Float(settings.usedFocalLength / depth),
      middle: SIMD2(Float(settings.width), Float(settings.height)) / 2,
      offset: SIMD2(Float(place.x), Float(place.y)))
    let scene = SceneRenderer.Scene(
      subject: subject, light: light, camera: camera, width: settings.width,
      height: settings.height)
    renderer.spread(ground, factor: scene.factor)
    drawTorso(below: SIMD3<Float>(joint - place), scene)
    var generator = personGenerator
    var drawing = renderer.draw(scene, wear, &generator)
    return RenderedFace(
      image: develop(&drawing.image, index), landmarks: drawing.landmarks,
      visible: drawing.visible, rotation: pose.rotation, pixelsPerMillimetre: camera.scale,
      shape: subject.shape, person: person.texture?.person ?? 0)
  }

  /// The rotation that turns the ray from the camera to `place` to the camera's axis.
  private static func aim(at place: SIMD3<Double>) -> RotationMatrix {
    let yaw = atan2(place.x, place.z)
    let pitch = atan2(place.y, (place.x * place.x + place.z * place.z).squareRoot())
    return RotationMatrix(EulerAngles(x: pitch, y: 0, z: 0))
      * RotationMatrix(EulerAngles(x: 0, y: -yaw, z: 0))
  }

  /// Half the outline of shoulders and chest, from the neck's joint, mm.
  private static let torso: [SIMD2<Float>] = [
    [0, 62], [40, 64], [62, 76], [95, 92], [140, 102], [175, 114], [200, 136], [214, 170],
    [224, 230], [230, 600],
  ]

  /// Shoulders behind the head's own neck, which do not turn with it.
  /// - Parameter joint: from the face's middle, in the camera's axes.
  private func drawTorso(below joint: SIMD3<Float>, _ scene: SceneRenderer.Scene) {
    let half = Self.torso.map { SIMD3($0.x, $0.y, 40) }
    let outline = half + half.reversed().map { SIMD3(-$0.x, $0.y, $0.z) }
    let camera = scene.camera
    let level = wear.paint.clothes * light.shade(SIMD3(0, -0.3, -0.95), lit: 1, isSkin: false).x
    renderer.canvas.fill(
      outline.map { camera.place(camera.center + camera.turnBack(joint + $0)) },
      ink: Rasteriser.Ink(level: level))
  }

  private func develop(_ image: inout Plane<Float>, _ index: Int) -> GreyImage {
    var generator = SeededGenerator(
      seed: settings.seed &* 1_000_003 &+ UInt64(truncatingIfNeeded: index))
    var faults = Photometry.none
    (faults.leastNoise, faults.greatestNoise) = (settings.noise, settings.noise)
    if let quality = settings.codingQuality {
      faults.codingShare = 1
      faults.codingQuality = quality...quality
    }
    // Without an exposure the face's level does not matter.
    return faults.develop(&image, faceLevel: 128, &generator)
  }
}
