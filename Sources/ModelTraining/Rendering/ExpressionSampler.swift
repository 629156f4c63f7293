import Foundation

/// Draws plausible expressions: a few of the head's expression fields together, the others at 0.
///
/// A fifth have a mouth at rest; a third smile; the others open the jaw, purse the lips, frown or mix
/// fields at random. Where expressions of people are known, two in five mouths are one of theirs, a
/// little stronger or weaker, with the brows that went with it. Brows, lids and gaze are drawn beside
/// the mouth. Fields that the head does not have are left out. Deterministic from the generator.
public struct ExpressionSampler: Sendable {
  private let indices: [String: Int]
  private let names: [String]
  private let observed: [[Float]]
  /// Share of the faces whose mouth and brows are a person's, where there are any.
  private static let observedShare = 0.4

  /// - Parameter observed: expressions of people, a coefficient for each name.
  public init(names: [String], observed: [[Double]] = []) {
    self.names = names
    self.observed = observed.filter { $0.count == names.count }.map { $0.map(Float.init) }
    indices = Dictionary(
      names.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }

  /// Coefficients 0 ... 1.1, one for each name.
  public func draw(_ generator: inout SeededGenerator) -> [Float] {
    var face = Drawing(sampler: self)
    if !observed.isEmpty, generator.chance(Self.observedShare) {
      face.coefficients = observed[generator.whole(0...observed.count - 1)]
      let strength = generator.float(0.6...1.25)
      for i in face.coefficients.indices { face.coefficients[i] *= strength }
      face.forgetEyes()
    } else {
      face.drawMouth(&generator)
      face.drawBrows(&generator)
    }
    face.drawEyes(&generator)
    for (index, name) in names.enumerated()
    where generator.chance(0.04) && face.coefficients[index] == 0 && !name.hasPrefix("Pupil") {
      face.coefficients[index] = generator.float(0...0.4)
    }
    return face.coefficients
  }

  /// The same for a photo that has an expression of its own: brows and eyes change freely, the rest
  /// only a little.
  public func drawBeside(_ generator: inout SeededGenerator) -> [Float] {
    var coefficients = draw(&generator)
    for (index, name) in names.enumerated()
    where !name.hasPrefix("brow") && !name.hasPrefix("eye") {
      coefficients[index] *= 0.12
    }
    return coefficients
  }

  /// An expression while it is drawn.
  private struct Drawing {
    let sampler: ExpressionSampler
    var coefficients: [Float]

    init(sampler: ExpressionSampler) {
      self.sampler = sampler
      coefficients = [Float](repeating: 0, count: sampler.names.count)
    }

    mutating func set(_ name: String, _ value: Float) {
      guard let index = sampler.indices[name] else { return }
      coefficients[index] = max(0, min(1.1, value))
    }

    /// Left and right about alike.
    mutating func both(
      _ name: String, _ value: Float, asymmetry: Float = 0.15, _ generator: inout SeededGenerator
    ) {
      set(name + "_L", value * (1 + asymmetry * Float(generator.normal())))
      set(name + "_R", value * (1 + asymmetry * Float(generator.normal())))
    }

    /// Lids and gaze are drawn anew.
    mutating func forgetEyes() {
      for (index, name) in sampler.names.enumerated()
      where name.hasPrefix("eyeBlink") || name.hasPrefix("eyeLook") || name.hasPrefix("eyeWide") {
        coefficients[index] = 0
      }
    }

    mutating func drawMouth(_ generator: inout SeededGenerator) {
      switch generator.float(0...1) {
      case ..<0.18: break
      case ..<0.55: smile(&generator)
      case ..<0.75:
        set("jawOpen", generator.float(0.1...0.9))
        if generator.chance(0.4) { both("eyeWide", generator.float(0...0.8), &generator) }
        if generator.chance(0.3) { set("mouthFunnel", generator.float(0...0.6)) }
      case ..<0.83:
        set(generator.chance(0.5) ? "mouthPucker" : "mouthFunnel", generator.float(0.2...0.9))
      case ..<0.9:
        both("mouthFrown", generator.float(0.2...0.9), &generator)
        both("browDown", generator.float(0...0.9), &generator)
      default:
        for (index, name) in sampler.names.enumerated()
        where generator.chance(0.12) && !name.hasPrefix("Pupil") {
          coefficients[index] = generator.float(0...0.6)
        }
      }
    }

    mutating func smile(_ generator: inout SeededGenerator) {
      let strength = generator.float(0.3...1)
      both("mouthSmile", strength, &generator)
      both("cheekSquint", strength * generator.float(0...1), &generator)
      both("mouthDimple", generator.float(0...0.4), &generator)
      if generator.chance(0.7) {
        both("mouthUpperUp", generator.float(0...0.6), &generator)
        both("mouthLowerDown", generator.float(0...0.7), &generator)
        set("jawOpen", generator.float(0...0.25))
      }
      if generator.chance(0.25) { set("jawOpen", generator.float(0.1...0.6)) }
      if generator.chance(0.4) { both("eyeSquint", generator.float(0...0.7), &generator) }
    }

    mutating func drawBrows(_ generator: inout SeededGenerator) {
      switch generator.float(0...1) {
      case ..<0.2: both("browDown", generator.float(0.1...0.9), &generator)
      case ..<0.4:
        let strength = generator.float(0.1...0.9)
        both("browInnerUp", strength, &generator)
        both("browOuterUp", strength * generator.float(0...1), &generator)
      default: break
      }
    }

    mutating func drawEyes(_ generator: inout SeededGenerator) {
      switch generator.float(0...1) {
      case ..<0.14: both("eyeBlink", generator.float(0.85...1), asymmetry: 0.03, &generator)
      case ..<0.42: both("eyeBlink", generator.float(0...0.85), asymmetry: 0.1, &generator)
      case ..<0.46:
        set(generator.chance(0.5) ? "eyeBlink_L" : "eyeBlink_R", generator.float(0.7...1))
      case ..<0.55: both("eyeWide", generator.float(0...0.7), &generator)
      default: break
      }
      guard generator.chance(0.6) else { return }
      let side = generator.float(-1...1)
      set(side > 0 ? "eyeLookIn_L" : "eyeLookOut_L", abs(side))
      set(side > 0 ? "eyeLookOut_R" : "eyeLookIn_R", abs(side))
      let up = generator.float(-0.6...0.6)
      both(up > 0 ? "eyeLookUp" : "eyeLookDown", abs(up), asymmetry: 0, &generator)
    }
  }
}
