extension ModelArchive {
  /// Reads what comes before an archive's arrays: header and directory.
  struct Header {
    let file: String
    /// Of the whole file.
    let bytes: UnsafeRawBufferPointer

    private func fail(_ place: Int, _ reason: String) -> ModelError {
      ModelError(file: file, place: .byte(place), reason: reason)
    }

    private func load<Value: FixedWidthInteger & BitwiseCopyable>(
      _ offset: Int, as: Value.Type
    ) -> Value {
      Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// Checks the header's own fields and, where `isVerified`, the checksum, which is returned.
    func checksum(isVerified: Bool) throws(ModelError) -> String {
      guard bytes.starts(with: magic) else {
        throw fail(0, "expected a landmarkd model, which begins with LNDMKMDL")
      }
      guard bytes.count >= headerSize else {
        throw fail(
          bytes.count, "the file ends in its header; expected at least \(headerSize) bytes")
      }
      let version = load(8, as: UInt32.self)
      guard version == ModelArchive.version else {
        throw fail(8, "a model of format version \(version); expected \(ModelArchive.version)")
      }
      let length = load(16, as: UInt64.self)
      guard length == UInt64(bytes.count) else {
        throw fail(16, "the header says \(length) bytes; the file has \(bytes.count)")
      }
      if isVerified {
        var digest = ModelDigest()
        digest.add(UnsafeRawBufferPointer(rebasing: bytes[headerSize...]))
        guard digest.bytes.elementsEqual(bytes[32..<64]) else {
          throw fail(32, "the checksum does not match: the file is damaged")
        }
      }
      guard load(24, as: UInt64.self) == UInt64(headerSize) else {
        throw fail(24, "the directory does not follow the header")
      }
      return ModelDigest.hexadecimal(bytes[32..<64])
    }

    /// The directory, after `checksum` found nothing wrong.
    func entries() throws(ModelError) -> [String: Entry] {
      let count = Int(load(12, as: UInt32.self))
      guard count <= largestEntryCount, headerSize + count * entrySize <= bytes.count
      else { throw fail(12, "a directory of \(count) arrays does not fit into the file") }
      var entries: [String: Entry] = [:]
      for index in 0..<count {
        let place = headerSize + index * entrySize
        let entry = try self.entry(at: place)
        guard entries.updateValue(entry, forKey: entry.name) == nil else {
          throw fail(place, "an array without a name or with the name of another")
        }
      }
      // The checksum leaves out the header: a directory that is said to be shorter would lose arrays.
      let end = headerSize + count * entrySize
      let start = (end + alignment - 1) / alignment * alignment
      guard entries.values.map(\.offset).min() ?? start == start else {
        throw fail(12, "a directory of \(count) arrays does not end where the first array begins")
      }
      try checkApart(entries.values.sorted { $0.offset < $1.offset })
      return entries
    }

    /// Bytes that several arrays share would be read once for each of them: a file of a few megabytes
    /// could fill the memory.
    private func checkApart(_ entries: [Entry]) throws(ModelError) {
      var last: Entry?
      for entry in entries where entry.count > 0 {
        if let last, entry.offset < last.end {
          throw fail(
            entry.offset,
            "array \(entry.name) overlaps array \(last.name); expected it after byte \(last.end)")
        }
        last = entry
      }
    }

    private func entry(at place: Int) throws(ModelError) -> Entry {
      let nameBytes = bytes[place..<place + nameSize].prefix { $0 != 0 }
      guard let name = String(validating: nameBytes, as: UTF8.self), !name.isEmpty else {
        throw fail(place, "an array without a name or with the name of another")
      }
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
      let length = UInt64(bytes.count)
      guard size == UInt64(expected), offset % UInt64(alignment) == 0, offset <= length,
        size <= length - offset
      else { throw fail(place + 80, "array \(name) does not lie within the file") }
      return Entry(name: name, type: type, shape: shape, offset: Int(offset))
    }
  }
}
