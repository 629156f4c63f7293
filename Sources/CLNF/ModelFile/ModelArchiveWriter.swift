/// Puts named arrays together into the bytes of a `ModelArchive`.
struct ModelArchiveWriter {
  private struct NamedArray {
    var name: String
    var type: ModelArchive.ElementType
    var shape: [Int]
    var bytes: [UInt8]
  }

  private var arrays: [NamedArray] = []

  private mutating func add<Value: BitwiseCopyable>(
    _ name: String, _ type: ModelArchive.ElementType, _ shape: [Int], _ values: [Value]
  ) {
    precondition(shape.reduce(1, *) == values.count, "\(name): values do not fill its shape")
    precondition(name.utf8.count < ModelArchive.nameSize, "\(name): the name is too long")
    arrays.append(
      NamedArray(name: name, type: type, shape: shape, bytes: values.withUnsafeBytes { Array($0) }))
  }

  mutating func add(_ name: String, text: String) {
    let bytes = Array(text.utf8)
    add(name, .uint8, [bytes.count], bytes)
  }

  mutating func add(_ name: String, bytes: [UInt8]) { add(name, .uint8, [bytes.count], bytes) }

  mutating func add(_ name: String, integers: [Int], shape: [Int]? = nil) {
    add(name, .int32, shape ?? [integers.count], integers.map { Int32(clamping: $0) })
  }

  mutating func add(_ name: String, floats: [Float], shape: [Int]? = nil) {
    add(name, .float32, shape ?? [floats.count], floats)
  }

  mutating func add(_ name: String, doubles: [Double], shape: [Int]? = nil) {
    add(name, .float64, shape ?? [doubles.count], doubles)
  }

  /// Bits of 16-bit floats.
  mutating func add(_ name: String, halves: [UInt16], shape: [Int]) {
    add(name, .float16, shape, halves)
  }

  mutating func add(_ name: String, signedBytes: [Int8], shape: [Int]) {
    add(name, .int8, shape, signedBytes)
  }

  /// The file's bytes.
  func archive() -> [UInt8] {
    func aligned(_ offset: Int) -> Int {
      (offset + ModelArchive.alignment - 1) / ModelArchive.alignment * ModelArchive.alignment
    }
    func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    var directory: [UInt8] = []
    var body: [UInt8] = []
    let start = aligned(ModelArchive.headerSize + arrays.count * ModelArchive.entrySize)
    for array in arrays {
      body += [UInt8](repeating: 0, count: aligned(body.count) - body.count)
      let name = Array(array.name.utf8)
      directory += name + [UInt8](repeating: 0, count: ModelArchive.nameSize - name.count)
      directory += littleEndian(array.type.rawValue)
      directory += littleEndian(UInt32(array.shape.count))
      for axis in 0..<4 {
        directory += littleEndian(UInt32(axis < array.shape.count ? array.shape[axis] : 0))
      }
      directory += littleEndian(UInt64(start + body.count))
      directory += littleEndian(UInt64(array.bytes.count))
      body += array.bytes
    }
    directory += [UInt8](
      repeating: 0, count: start - ModelArchive.headerSize - directory.count)
    var digest = ModelDigest()
    digest.add(directory)
    digest.add(body)
    var header = ModelArchive.magic
    header += littleEndian(ModelArchive.version)
    header += littleEndian(UInt32(arrays.count))
    header += littleEndian(UInt64(start + body.count))
    header += littleEndian(UInt64(ModelArchive.headerSize))
    header += digest.bytes
    return header + directory + body
  }
}
