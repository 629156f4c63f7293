/// Named arrays in one file: the container of landmarkd's own model format
/// (docs/reference/model-format.md).
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
    case int8 = 6

    var size: Int {
      switch self {
      case .uint8, .int8: 1
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
    /// Of the first byte behind it.
    var end: Int { offset + count * type.size }
  }

  static let magic = Array("LNDMKMDL".utf8)
  static let version: UInt32 = 1
  static let headerSize = 64
  static let entrySize = 96
  static let nameSize = 56
  static let alignment = 64
  static let largestEntryCount = 100_000

  let file: String
  let entries: [String: Entry]
  let checksum: String
  let bytes: ModelBytes

  /// Checks header, checksum and directory.
  /// - Throws: `ModelError` naming file and byte.
  init(file: String, bytes: ModelBytes) throws(ModelError) {
    self.file = file
    self.bytes = bytes
    let head = try bytes.withBytes { raw throws(ModelError) in
      let header = Header(file: file, bytes: raw)
      // A program's own bytes are as it was built.
      let checksum = try header.checksum(isVerified: !bytes.isPartOfProgram)
      return (checksum, try header.entries())
    }
    (checksum, entries) = head
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
    let values = bytes.withBytes { raw in
      (0..<entry.count).map {
        raw.loadUnaligned(fromByteOffset: entry.offset + $0 * type.size, as: Value.self)
      }
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

  /// Signed bytes, in place.
  func signedBytes(
    _ name: String, rank: Int
  ) throws(ModelError) -> (values: SharedValues<Int8>, shape: [Int]) {
    try sharedValues(name, .int8, rank: rank, as: Int8.self)
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
