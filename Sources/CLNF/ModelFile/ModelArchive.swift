/// Named arrays in one file: the container of landmarkd's own model format (docs/models.md).
///
/// Little endian. A header of 64 bytes, a directory, then each array on a 64-byte boundary, so that
/// a file can be mapped and its arrays used in place.
struct ModelArchive {
  enum ElementType: UInt32 {
    case uint8 = 1
    case int32 = 2
    case float32 = 3
    case float64 = 4
    case float16 = 5

    var size: Int {
      switch self {
      case .uint8: 1
      case .int32, .float32: 4
      case .float64: 8
      case .float16: 2
      }
    }
  }

  struct Entry {
    var name: String
    var type: ElementType
    /// Up to four, outermost first.
    var shape: [Int]
    /// Of the first byte, from the file's start.
    var offset: Int

    var count: Int { shape.reduce(1, *) }
  }

  static let magic = Array("LNDMKMDL".utf8)
  static let version: UInt32 = 1
  static let headerSize = 64
  static let entrySize = 96
  static let nameSize = 56
  static let alignment = 64
  static let largestEntryCount = 100_000

  let file: String
  private(set) var entries: [String: Entry] = [:]
  let checksum: String
  let bytes: ModelBytes

  /// Checks header, checksum and directory.
  /// - Throws: `ModelError` naming file and byte.
  init(file: String, bytes memory: ModelBytes) throws(ModelError) {
    self.file = file
    self.bytes = memory
    let bytes = memory.bytes
    func fail(_ place: Int, _ reason: String) -> ModelError {
      ModelError(file: file, place: .byte(place), reason: reason)
    }
    guard bytes.starts(with: Self.magic) else {
      throw fail(0, "expected a landmarkd model, which begins with LNDMKMDL")
    }
    guard bytes.count >= Self.headerSize else {
      throw fail(
        bytes.count, "the file ends in its header; expected at least \(Self.headerSize) bytes")
    }
    func load<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as: Value.Type) -> Value {
      Value(
        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
    let version = load(8, as: UInt32.self)
    guard version == Self.version else {
      throw fail(8, "a model of format version \(version); expected \(Self.version)")
    }
    let length = load(16, as: UInt64.self)
    guard length == UInt64(bytes.count) else {
      throw fail(16, "the header says \(length) bytes; the file has \(bytes.count)")
    }
    var digest = ModelDigest()
    digest.add(UnsafeRawBufferPointer(rebasing: bytes[Self.headerSize...]))
    checksum = digest.hexadecimal
    guard digest.bytes.elementsEqual(bytes[32..<64]) else {
      throw fail(32, "the checksum does not match: the file is damaged")
    }
    guard load(24, as: UInt64.self) == UInt64(Self.headerSize) else {
      throw fail(24, "the directory does not follow the header")
    }
    let count = Int(load(12, as: UInt32.self))
    guard count <= Self.largestEntryCount,
      Self.headerSize + count * Self.entrySize <= bytes.count
    else { throw fail(12, "a directory of \(count) arrays does not fit into the file") }
    for index in 0..<count {
      let place = Self.headerSize + index * Self.entrySize
      let nameBytes = bytes[place..<place + Self.nameSize].prefix { $0 != 0 }
      guard let name = String(validating: nameBytes, as: UTF8.self), !name.isEmpty,
        entries[name] == nil
      else { throw fail(place, "an array without a name or with the name of another") }
      guard let type = ElementType(rawValue: load(place + 56, as: UInt32.self)) else {
        throw fail(place + 56, "array \(name) has an unknown element type")
      }
      let rank = Int(load(place + 60, as: UInt32.self))
      guard (1...4).contains(rank) else {
        throw fail(place + 60, "array \(name) has \(rank) dimensions; expected 1 to 4")
      }
      let shape = (0..<rank).map { Int(load(place + 64 + 4 * $0, as: UInt32.self)) }
      let offset = load(place + 80, as: UInt64.self)
      let size = load(place + 88, as: UInt64.self)
      var expected = type.size
      // No array with values has a longer side; one without would hide it behind a side of 0.
      guard shape.allSatisfy({ $0 <= bytes.count }) else {
        throw fail(place + 64, "array \(name) is too large: \(shape)")
      }
      for side in shape {
        let (product, overflow) = expected.multipliedReportingOverflow(by: side)
        guard !overflow else { throw fail(place + 64, "array \(name) is too large: \(shape)") }
        expected = product
      }
      guard size == UInt64(expected), offset % UInt64(Self.alignment) == 0,
        offset <= length, size <= length - offset
      else {
        throw fail(place + 80, "array \(name) does not lie within the file")
      }
      entries[name] = Entry(name: name, type: type, shape: shape, offset: Int(offset))
    }
    // The checksum leaves out the header: a directory that is said to be shorter would lose arrays.
    let end = Self.headerSize + count * Self.entrySize
    let start = (end + Self.alignment - 1) / Self.alignment * Self.alignment
    guard entries.values.map(\.offset).min() ?? start == start else {
      throw fail(12, "a directory of \(count) arrays does not end where the first array begins")
    }
  }

  /// An array's entry.
  func entry(_ name: String) throws(ModelError) -> Entry {
    guard let entry = entries[name] else {
      throw ModelError(file: file, reason: "has no array \(name)")
    }
    return entry
  }

  func has(_ name: String) -> Bool { entries[name] != nil }

  func failure(_ name: String, _ reason: String) -> ModelError {
    ModelError(
      file: file, place: entries[name].map { .byte($0.offset) }, reason: "\(name): \(reason)")
  }

  /// The values of an array of `type` with `rank` dimensions.
  private func values<Value: BitwiseCopyable>(
    _ name: String, _ type: ElementType, rank: Int, as: Value.Type
  ) throws(ModelError) -> (values: [Value], shape: [Int]) {
    let entry = try checkedEntry(name, type, rank: rank)
    let raw = bytes.bytes
    let values = (0..<entry.count).map {
      raw.loadUnaligned(fromByteOffset: entry.offset + $0 * type.size, as: Value.self)
    }
    return (values, entry.shape)
  }

  /// The same in place, not copied.
  private func sharedValues<Value: BitwiseCopyable & Sendable & Equatable>(
    _ name: String, _ type: ElementType, rank: Int, as: Value.Type
  ) throws(ModelError) -> (values: SharedValues<Value>, shape: [Int]) {
    let entry = try checkedEntry(name, type, rank: rank)
    return (SharedValues(bytes, offset: entry.offset, count: entry.count), entry.shape)
  }

  private func checkedEntry(
    _ name: String, _ type: ElementType, rank: Int
  ) throws(ModelError) -> Entry {
    let entry = try entry(name)
    guard entry.type == type, entry.shape.count == rank else {
      throw failure(
        name,
        "has type \(entry.type) and shape \(entry.shape); expected \(type), \(rank) dimensions")
    }
    return entry
  }

  func bytes(_ name: String) throws(ModelError) -> [UInt8] {
    try values(name, .uint8, rank: 1, as: UInt8.self).values
  }

  func text(_ name: String) throws(ModelError) -> String {
    guard let text = String(validating: try bytes(name), as: UTF8.self) else {
      throw failure(name, "is not UTF-8 text")
    }
    return text
  }

  func integers(_ name: String, rank: Int) throws(ModelError) -> (values: [Int], shape: [Int]) {
    let (values, shape) = try values(name, .int32, rank: rank, as: Int32.self)
    return (values.map(Int.init), shape)
  }

  func floats(_ name: String, rank: Int) throws(ModelError) -> (values: [Float], shape: [Int]) {
    let (values, shape) = try values(name, .float32, rank: rank, as: Float.self)
    guard values.allSatisfy(\.isFinite) else {
      throw failure(name, "has values that are not finite")
    }
    return (values, shape)
  }

  func doubles(_ name: String, rank: Int) throws(ModelError) -> (values: [Double], shape: [Int]) {
    let (values, shape) = try values(name, .float64, rank: rank, as: Double.self)
    guard values.allSatisfy(\.isFinite) else {
      throw failure(name, "has values that are not finite")
    }
    return (values, shape)
  }

  /// The bits of 16-bit floats, in place.
  func halves(
    _ name: String, rank: Int
  ) throws(ModelError) -> (values: SharedValues<UInt16>, shape: [Int]) {
    let (values, shape) = try sharedValues(name, .float16, rank: rank, as: UInt16.self)
    guard values.areFiniteHalves else { throw failure(name, "has values that are not finite") }
    return (values, shape)
  }

  /// Floats, in place.
  func sharedFloats(
    _ name: String, rank: Int
  ) throws(ModelError) -> (values: SharedValues<Float>, shape: [Int]) {
    let (values, shape) = try sharedValues(name, .float32, rank: rank, as: Float.self)
    guard values.allSatisfy(\.isFinite) else {
      throw failure(name, "has values that are not finite")
    }
    return (values, shape)
  }
}
