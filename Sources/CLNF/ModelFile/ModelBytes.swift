/// The bytes of a model, which all that was read from them share: filled once, never changed.
///
/// 64-byte aligned, so that a file's arrays can be used in place.
final class ModelBytes: @unchecked Sendable {
  /// Valid as long as the object lives; whoever keeps an address in it keeps the object.
  fileprivate let bytes: UnsafeRawBufferPointer
  /// Whether they are part of the program: nobody frees or damages them.
  let isPartOfProgram: Bool

  /// `count` bytes that `fill` writes; it returns how many it wrote, which is what is kept.
  init<Failure: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 64)
    let filled: Int
    do {
      filled = try fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
    } catch {
      memory.deallocate()
      throw error
    }
    precondition(filled >= 0 && filled <= count, "\(filled) of \(count) bytes were filled")
    bytes = UnsafeRawBufferPointer(rebasing: memory[..<filled])
    isPartOfProgram = false
  }

  /// A copy.
  convenience init(_ source: UnsafeRawBufferPointer) {
    self.init(count: source.count) { memory in
      memory.copyMemory(from: source)
      return source.count
    }
  }

  /// Bytes that are there as long as the program runs, 64-byte aligned; not copied.
  init(partOfProgram bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    isPartOfProgram = true
  }

  deinit { if !isPartOfProgram { bytes.deallocate() } }

  var count: Int { bytes.count }

  /// The bytes; the pointer is valid only inside `body`.
  func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withExtendedLifetime(self) { () throws(Failure) in try body(bytes) }
  }
}

/// Values in memory that is shared, not copied, with what they were read from. Immutable.
struct SharedValues<Element: BitwiseCopyable & Sendable & Equatable>: @unchecked Sendable {
  private let owner: ModelBytes
  /// Valid as long as this value or another of the same owner lives.
  let pointer: UnsafePointer<Element>
  let count: Int

  /// `count` values from byte `offset` on, which must lie within the owner and be aligned.
  init(_ owner: ModelBytes, offset: Int, count: Int) {
    let size = count * MemoryLayout<Element>.stride
    precondition(
      offset >= 0 && count >= 0 && offset + size <= owner.bytes.count, "outside the model's bytes")
    let start = UnsafeRawPointer(owner.bytes.baseAddress.unsafelyUnwrapped) + offset
    precondition(
      UInt(bitPattern: start) % UInt(MemoryLayout<Element>.alignment) == 0, "not aligned")
    self.owner = owner
    pointer = start.assumingMemoryBound(to: Element.self)
    self.count = count
  }

  /// A copy of `values`.
  init(_ values: [Element]) {
    self.init(values.withUnsafeBytes { ModelBytes($0) }, offset: 0, count: values.count)
  }

  /// The values from `start` on, `count` of them.
  func slice(_ start: Int, count: Int) -> SharedValues {
    precondition(start >= 0 && count >= 0 && start + count <= self.count, "outside the values")
    return SharedValues(owner, pointer + start, count)
  }

  private init(_ owner: ModelBytes, _ pointer: UnsafePointer<Element>, _ count: Int) {
    self.owner = owner
    self.pointer = pointer
    self.count = count
  }

  /// The values; the pointer is valid only inside `body`.
  func withValues<Result>(_ body: (UnsafeBufferPointer<Element>) -> Result) -> Result {
    withExtendedLifetime(owner) { body(UnsafeBufferPointer(start: pointer, count: count)) }
  }

  var array: [Element] { withValues { Array($0) } }

  func allSatisfy(_ condition: (Element) -> Bool) -> Bool {
    withValues { $0.allSatisfy(condition) }
  }
}

extension SharedValues: Equatable {
  static func == (a: SharedValues, b: SharedValues) -> Bool {
    a.count == b.count && a.withValues { a in b.withValues { b in a.elementsEqual(b) } }
  }
}

extension SharedValues<UInt16> {
  /// Whether the bits of 16-bit floats are all those of finite numbers. Cost: 1 ms for 10 million.
  var areFiniteHalves: Bool {
    let exponent: UInt16 = 0x7c00
    var bad: UInt16 = 0
    // Without a branch, so that many are looked at side by side. Adding one to an exponent of all
    // ones carries into the sign's place, which was cleared.
    withValues { for bits in $0 { bad |= (bits & exponent) &+ 0x0400 } }
    return bad & 0x8000 == 0
  }
}
