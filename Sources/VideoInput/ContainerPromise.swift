import Glibc

/// How many bytes a container's own headers say that the file has.
///
/// A container that stated its size when it was finished gives away that it was cut off since:
/// RIFF (AVI), Matroska and WebM, ASF (WMV) and the boxes of MP4 and QuickTime state it, MPEG
/// transport streams are whole packets. Writers that could not seek back state nothing, and then
/// nothing is claimed.
struct ContainerPromise {
  /// Bytes at an offset, fewer at the end of what can be read.
  let read: (_ offset: Int64, _ count: Int) -> [UInt8]
  /// Bytes that there are.
  let present: Int64

  /// Why the bytes are fewer than stated, or nil.
  func shortfall() -> String? {
    let head = read(0, 4096)
    guard head.count >= 32 else { return nil }
    if head.starts(with: Array("RIFF".utf8)) { return missing(riffSize()) }
    if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return missing(matroskaSize(head)) }
    if head.starts(with: Self.asfHeader) { return missing(asfSize(head)) }
    if head.dropFirst(4).starts(with: Array("ftyp".utf8))
      || head.dropFirst(4).starts(with: Array("moov".utf8))
    {
      return missing(boxesSize())
    }
    return transportShortfall(head)
  }

  private func missing(_ promised: Int64?) -> String? {
    guard let promised, promised > present else { return nil }
    return "the file has \(present) of the \(promised) bytes that its headers state"
  }

  /// The end of the last RIFF chunk (long AVI files are several). Some writers count the 8 bytes
  /// of the chunk's own header, so a lack of so few bytes is no loss.
  private func riffSize() -> Int64? {
    var end: Int64 = 0
    // At 1 GB a chunk that is more than any file has.
    for _ in 0..<10_000 {
      let header = read(end, 8)
      guard header.count == 8, header.starts(with: Array("RIFF".utf8)) else { return nil }
      let size = Int64(littleEndian(header, 4, 4))
      // What recorders leave that were stopped before they could write it.
      guard size > 12, size < 0xFFFF_FFFF else { return nil }
      end += 8 + size + (size & 1)
      if end > present { return end - present > 16 ? end : nil }
    }
    return nil
  }

  /// The end of the Segment element (RFC 8794 and RFC 9559).
  private func matroskaSize(_ head: [UInt8]) -> Int64? {
    guard let header = elementSize(head, at: 4) else { return nil }
    let segment = 4 + header.length + header.value
    guard segment >= 0, segment + 12 <= head.count,
      head[segment...].starts(with: [0x18, 0x53, 0x80, 0x67]),
      let size = elementSize(head, at: segment + 4)
    else { return nil }
    return Int64(segment + 4 + size.length) + Int64(size.value)
  }

  /// A variable-length size; nil where it is unknown (all ones) or does not fit.
  private func elementSize(_ bytes: [UInt8], at offset: Int) -> (value: Int, length: Int)? {
    guard offset < bytes.count, bytes[offset] != 0 else { return nil }
    let length = bytes[offset].leadingZeroBitCount + 1
    guard offset + length <= bytes.count else { return nil }
    var value = UInt64(bytes[offset]) & ((1 << (8 - UInt64(length))) - 1)
    for byte in bytes[(offset + 1)..<(offset + length)] { value = value << 8 | UInt64(byte) }
    let unknown = (UInt64(1) << (7 * UInt64(length))) - 1
    guard value < unknown, value < 1 << 60 else { return nil }
    return (Int(value), length)
  }

  private static let asfHeader: [UInt8] = [
    0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C,
  ]
  private static let asfFileProperties: [UInt8] = [
    0xA1, 0xDC, 0xAB, 0x8C, 0x47, 0xA9, 0xCF, 0x11, 0x8E, 0xE4, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65,
  ]

  /// The file size of the File Properties object (ASF specification 3.2), unless the broadcast
  /// flag says that it is not valid.
  private func asfSize(_ head: [UInt8]) -> Int64? {
    var offset = 30
    while offset + 104 <= head.count {
      if head[offset...].starts(with: Self.asfFileProperties) {
        let flags = littleEndian(head, offset + 88, 4)
        let size = littleEndian(head, offset + 40, 8)
        return flags & 1 == 0 && size < 1 << 60 ? Int64(size) : nil
      }
      let size = littleEndian(head, offset + 16, 8)
      guard size >= 24, size < 1 << 32 else { return nil }
      offset += Int(size)
    }
    return nil
  }

  /// Boxes that stand at the top of an MP4 or QuickTime file. Anything else is no box and ends
  /// the walk.
  private static let topBoxes: Set<String> = [
    "ftyp", "moov", "mdat", "moof", "mfra", "free", "skip", "wide", "uuid", "sidx", "styp",
    "meta", "pnot", "udta", "emsg",
  ]

  /// The end of the last top-level box (ISO/IEC 14496-12, 4.2).
  private func boxesSize() -> Int64? {
    var end: Int64 = 0
    // Two boxes a fragment: a day of one-second fragments.
    for _ in 0..<200_000 {
      let header = read(end, 16)
      guard header.count >= 8,
        Self.topBoxes.contains(String(decoding: header[4..<8], as: UTF8.self))
      else { return nil }
      var size = bigEndian(header, 0, 4)
      if size == 1 {
        guard header.count == 16 else { return nil }
        size = bigEndian(header, 8, 8)
      }
      // 0 reaches to the end of the file, whatever that is.
      guard size >= 8, size < 1 << 60 else { return nil }
      end += Int64(size)
      if end > present { return end }
    }
    return nil
  }

  /// Transport packets are 188 bytes, 192 with a time in front (Blu-ray), 204 with a checksum.
  private func transportShortfall(_ head: [UInt8]) -> String? {
    for (length, first) in [(188, 0), (192, 4), (204, 0)] {
      let positions = (0..<8).map { first + $0 * length }
      guard positions.allSatisfy({ $0 < head.count && head[$0] == 0x47 }) else { continue }
      let rest = present % Int64(length)
      return rest == 0
        ? nil : "the last transport packet has \(rest) of \(length) bytes"
    }
    return nil
  }

  private func littleEndian(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
    bytes[offset..<(offset + count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func bigEndian(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
    bytes[offset..<(offset + count)].reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension ContainerPromise {
  /// For what is known by its first bytes and its length.
  init(head: [UInt8], present: Int64) {
    self.init(
      read: { offset, count in
        let start = Int(min(max(0, offset), Int64(head.count)))
        return Array(head[start..<min(head.count, start + count)])
      }, present: present)
  }

  /// For a descriptor of a regular file, which has to stay open as long as this is used; nil for
  /// any other.
  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    present = Int64(status.st_size)
    read = { offset, count in
      [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        filled = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
      }
    }
  }
}
