import CLNF

/// Random numbers drawn beforehand: training reads them from random places on, which costs a
/// fraction of drawing each.
///
/// Immutable; safe to share between threads.
final class RandomTables: Sendable {
  /// Standard normal numbers, and `tail` more that a row may read on into.
  let normals: Buffer<Float>
  /// 1 / (1 - dropout) for units that stay, 0 for those left out; and `tail` more.
  let masks: Buffer<Float>

  /// Places at which a row may begin.
  static let starts = 1 << 16
  /// How long a row may be.
  static let tail = 1024

  init(seed: UInt64, dropout: Double) {
    var generator = SeededGenerator(seed: seed)
    let count = Self.starts + Self.tail
    normals = Buffer(repeating: 0, count: count)
    for i in 0..<count { normals.pointer[i] = Float(generator.normal()) }
    masks = Buffer(repeating: 1, count: count)
    guard dropout > 0 else { return }
    let kept = Float(1 / (1 - dropout))
    for i in 0..<count { masks.pointer[i] = generator.uniform(0...1) < dropout ? 0 : kept }
  }

  /// Where a row begins, drawn from 16 bits.
  static func start(_ bits: UInt64) -> Int { Int(truncatingIfNeeded: bits & 0xFFFF) }
}

extension SeededGenerator {
  /// Uniform in 0 ..< 1, in steps of 2^-24; cheap.
  mutating func unitFloat() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// 0 ..< count; `count` below 2^32. Cheap; the bias of count / 2^32 does not matter here.
  mutating func index(below count: Int) -> Int { Int(((next() >> 32) &* UInt64(count)) >> 32) }
}
