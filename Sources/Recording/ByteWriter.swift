import CLNF
import SystemSupport

/// Text under construction: a byte buffer that grows when it must and is then used again.
struct ByteWriter: ~Copyable {
  private var memory: Buffer<UInt8>
  private(set) var count = 0

  /// The longest number without the slow path: sign, 16 digits, point.
  private static let longestNumber = 32

  init(capacity: Int) {
    memory = Buffer(repeating: 0, count: max(capacity, Self.longestNumber))
  }

  /// The bytes, valid until the next change.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory.pointer, count: count) }

  /// Forgets the bytes but keeps the memory.
  mutating func clear() { count = 0 }

  /// Forgets what came after the first `length` bytes.
  mutating func cut(to length: Int) { count = min(count, length) }

  mutating func append(_ byte: UInt8) {
    reserve(1)
    memory.pointer[count] = byte
    count += 1
  }

  mutating func append(_ text: String) {
    for byte in text.utf8 { append(byte) }
  }

  mutating func append(_ text: StaticString) {
    reserve(text.utf8CodeUnitCount)
    (memory.pointer + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
    count += text.utf8CodeUnitCount
  }

  /// The bytes of a number in memory order: `.bigEndian` or `.littleEndian` of it.
  mutating func append(bytesOf value: some FixedWidthInteger & BitwiseCopyable) {
    let size = MemoryLayout.size(ofValue: value)
    reserve(size)
    UnsafeMutableRawPointer(memory.pointer + count).storeBytes(of: value, as: type(of: value))
    count += size
  }

  /// Puts the bytes of a number, in memory order, in the place of those at `offset`.
  mutating func overwrite(
    at offset: Int, with value: some FixedWidthInteger & BitwiseCopyable
  ) {
    precondition(offset >= 0 && offset + MemoryLayout.size(ofValue: value) <= count)
    UnsafeMutableRawPointer(memory.pointer + offset).storeBytes(of: value, as: type(of: value))
  }

  /// The number in decimal digits.
  mutating func append(_ value: Int64) {
    reserve(Self.longestNumber)
    if value < 0 { append(UInt8(ascii: "-")) }
    appendDigits(value.magnitude, decimals: 0)
  }

  /// The number as digits of at least `width`, zeros in front.
  mutating func append(_ value: Int64, width: Int) {
    var lowest: Int64 = 10
    for _ in 1..<max(width, 1) {
      if value < lowest { append(UInt8(ascii: "0")) }
      lowest *= 10
    }
    append(value)
  }

  /// The number with `decimals` (0 to 9) digits after the point, as C's `%.*f` in the C locale
  /// prints it: rounded from the exact binary value, ties to even. Two things differ: there is no
  /// "-0.000", and a value that is not finite prints nothing.
  ///
  /// Cost: about 10 ns; beyond 2^52 units of the last digit through C, which allocates.
  mutating func append(_ value: Double, decimals: Int) {
    precondition(decimals >= 0 && decimals <= 9, "\(decimals) decimals")
    guard value.isFinite else { return }
    let unit = Self.powersOfTen[decimals]
    let scaled = value.magnitude * unit
    guard scaled < 0x1p52 else {
      append(String(printf: "%.\(decimals)f", value))
      return
    }
    // The product is rounded, but a half is representable here, so only a product that is exactly
    // a half can be on the wrong side of it; the error of the product tells.
    var rounded = scaled.rounded(.toNearestOrEven)
    let rest = scaled - rounded
    if rest.magnitude == 0.5 {
      let lost = (-scaled).addingProduct(value.magnitude, unit)
      if rest > 0 && lost > 0 { rounded += 1 }
      if rest < 0 && lost < 0 { rounded -= 1 }
    }
    reserve(Self.longestNumber)
    let units = UInt64(rounded)
    if value < 0 && units > 0 { append(UInt8(ascii: "-")) }
    appendDigits(units, decimals: decimals)
  }

  private static let powersOfTen: InlineArray<10, Double> = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
  ]

  /// `units` with a point before its last `decimals` digits. Needs `longestNumber` bytes reserved.
  private mutating func appendDigits(_ units: UInt64, decimals: Int) {
    var digitCount = 1
    var rest = units
    while rest >= 10 {
      rest /= 10
      digitCount += 1
    }
    digitCount = max(digitCount, decimals + 1)
    let length = digitCount + (decimals > 0 ? 1 : 0)
    rest = units
    var position = count + length
    for digit in 0..<digitCount {
      if digit == decimals && decimals > 0 {
        position -= 1
        memory.pointer[position] = UInt8(ascii: ".")
      }
      position -= 1
      memory.pointer[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    count += length
  }

  private mutating func reserve(_ more: Int) {
    guard count + more > memory.count else { return }
    var larger = Buffer<UInt8>(repeating: 0, count: max(2 * memory.count, count + more))
    larger.pointer.update(from: memory.pointer, count: count)
    swap(&memory, &larger)
  }
}
