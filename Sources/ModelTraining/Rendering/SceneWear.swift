/// What a head has on it that its mesh or its photo does not say, drawn by lot before the head is.
struct SceneWear {
  struct Hair {
    var level: Float
    /// Deviation of the strands' levels.
    var variation: Float
    /// Of the volume over the scalp, mm.
    var thickness: Float
    /// mm.
    var length: ClosedRange<Float>
    var strands: Int
    /// How far the strands are combed sideways, back and down.
    var sideways: Float
    var back: Float
    var hasFringe: Bool
  }

  struct Beard {
    var level: Float
    /// How much of the skin it covers, 0 ... 1.
    var strength: Float
    /// mm.
    var length: Float
    var strands: Int
  }

  struct Paint {
    var teeth: Float
    var gums: Float
    var clothes: Float
    /// Where clothes begin, in `HeadParts.chest`; their pattern's strength.
    var collar: Float
    var pattern: Float

    init(_ generator: inout SeededGenerator) {
      teeth = generator.float(130...235)
      gums = generator.float(20...90)
      clothes = generator.float(10...240)
      collar = generator.float(45...90)
      pattern = generator.chance(0.5) ? generator.float(0...25) : 0
    }
  }

  var hair: Hair?
  var looseStrands = 0
  var beard: Beard?
  var moustache: Beard?
  var hasGlasses: Bool
  var hasHat: Bool
  var paint: Paint

  /// - Parameter ownHair: the level of the hair that the photo shows at its hairline.
  init(_ settings: SceneSettings, ownHair: Float?, _ generator: inout SeededGenerator) {
    var level = generator.float(8...150)
    // Mostly the same hair as in the photo: what it shows of it stays to be seen.
    if let ownHair, generator.chance(0.7) { level = ownHair * generator.float(0.75...1.25) }
    hasHat = generator.chance(settings.hatShare)
    if generator.chance(settings.hairShare) {
      hair = Self.hair(settings, level: level, &generator)
      // Pressed flat.
      if hasHat, let thickness = hair?.thickness { hair?.thickness = min(2.5, thickness) }
    }
    if generator.chance(settings.looseStrandShare) { looseStrands = generator.whole(2...14) }
    let shade = max(5, level * generator.float(0.6...1.2))
    if generator.chance(settings.beardShare) {
      beard = Self.beard(level: shade, &generator)
      if generator.chance(0.8) { moustache = Self.beard(level: shade, &generator) }
    } else if generator.chance(settings.moustacheShare) {
      moustache = Self.beard(level: shade, &generator)
    }
    hasGlasses = generator.chance(settings.glassesShare)
    paint = Paint(&generator)
  }

  private static func hair(
    _ settings: SceneSettings, level: Float, _ generator: inout SeededGenerator
  ) -> Hair {
    let isLong = generator.chance(0.45)
    return Hair(
      level: level, variation: generator.float(5...25),
      thickness: isLong ? generator.float(3...14) : generator.float(2...18),
      length: isLong ? 80...generator.float(120...260) : 10...generator.float(15...45),
      strands: generator.whole(250...550), sideways: generator.float(-0.6...1.4),
      back: generator.float(-0.2...1), hasFringe: generator.chance(settings.fringeShare))
  }

  private static func beard(level: Float, _ generator: inout SeededGenerator) -> Beard {
    let isStubble = generator.chance(0.4)
    return Beard(
      level: level, strength: isStubble ? generator.float(0.1...0.4) : generator.float(0.4...0.9),
      length: isStubble ? generator.float(0.8...2) : generator.float(3...16),
      strands: generator.whole(400...1200))
  }
}
