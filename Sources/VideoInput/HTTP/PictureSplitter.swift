/// Cuts pictures (JPEG, PNG, WebP) out of bytes as they come, by what the pictures themselves say:
/// what stands between them (boundaries, part headers, a length that is wrong) is passed over.
///
/// A picture is given with its last byte. A JPEG that was cut off is given when the next begins.
/// Cost: each byte is looked at about once, whatever it is; memory: one picture and what came with it.
struct PictureSplitter {
  enum Kind: Equatable { case jpeg, png, webp }

  struct Picture: Equatable {
    var kind: Kind
    /// Within `bytes`, valid until the next call.
    var range: Range<Int>
  }

  /// A picture has more bytes than the limit.
  struct TooLarge: Error, Equatable {}

  private(set) var bytes: [UInt8] = []
  private let limit: Int
  private var state = State.between
  /// Where the picture begins that is being read; between pictures: what was looked at.
  private var begin = 0
  /// Where to look next; beyond the bytes that came where the picture says so.
  private var scan = 0
  /// Whether the JPEG has a scan, without which it shows nothing.
  private var hasScan = false

  private enum State {
    case between
    /// `scan` is at a marker.
    case jpegMarker
    /// `scan` is within a JPEG's compressed data.
    case jpegData
    /// `scan` is at a chunk.
    case pngChunk
    /// The picture ends at `scan`.
    case known(Kind)
  }

  private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  /// Bytes in which each kind of picture is known.
  private static let signatureLength = 12

  /// - Parameter limit: the bytes that a picture may have.
  init(limit: Int) { self.limit = limit }

  /// Whether a picture has begun and not ended.
  var isWithinPicture: Bool {
    if case .between = state { return false }
    return true
  }

  mutating func append(_ new: UnsafeRawBufferPointer) {
    if begin > 0 {
      bytes.removeSubrange(..<begin)
      scan -= begin
      begin = 0
    }
    bytes.append(contentsOf: new)
  }

  /// The next picture that is whole; nil until more bytes have come.
  mutating func next() throws(TooLarge) -> Picture? {
    while true {
      let found: Step
      switch state {
      case .between: found = findBegin()
      case .jpegMarker: found = readMarker()
      case .jpegData: found = readData()
      case .pngChunk: found = readChunk()
      case .known(let kind):
        found = scan <= bytes.count ? .picture(kind, end: scan) : .needsBytes
      }
      switch found {
      case .goOn: break
      case .needsBytes:
        guard max(scan, bytes.count) - begin <= limit || !isWithinPicture else { throw TooLarge() }
        return nil
      case .picture(let kind, let end):
        let range = begin..<end
        (begin, scan, state) = (end, end, .between)
        guard range.count <= limit else { throw TooLarge() }
        return Picture(kind: kind, range: range)
      }
    }
  }

  /// The bytes ended: what there is of a JPEG that has begun to show something.
  mutating func finish() -> Picture? {
    defer { (begin, scan, state) = (bytes.count, bytes.count, .between) }
    guard isWithinPicture, hasScan, begin < bytes.count else { return nil }
    return Picture(kind: .jpeg, range: begin..<bytes.count)
  }

  private enum Step {
    case goOn, needsBytes
    case picture(Kind, end: Int)
  }

  // MARK: - Steps

  private mutating func findBegin() -> Step {
    let last = bytes.count - Self.signatureLength
    while scan <= last {
      guard
        let place = bytes[scan...].firstIndex(where: { $0 == 0xFF || $0 == 0x89 || $0 == 0x52 }),
        place <= last
      else {
        scan = max(scan, last + 1)
        break
      }
      begin = place
      hasScan = false
      if bytes[place] == 0xFF, bytes[place + 1] == 0xD8, bytes[place + 2] == 0xFF {
        (scan, state) = (place + 2, .jpegMarker)
        return .goOn
      }
      if bytes[place...].starts(with: Self.pngSignature) {
        (scan, state) = (place + 8, .pngChunk)
        return .goOn
      }
      if bytes[place...].starts(with: "RIFF".utf8), bytes[(place + 8)...].starts(with: "WEBP".utf8)
      {
        let size = (0..<4).reduce(0) { $0 | Int(bytes[place + 4 + $1]) << (8 * $1) }
        (scan, state) = (place + 8 + size + size & 1, .known(.webp))
        return .goOn
      }
      scan = place + 1
    }
    begin = scan
    return .needsBytes
  }

  private mutating func readMarker() -> Step {
    // Any number of FF may stand before a marker.
    while scan + 1 < bytes.count, bytes[scan] == 0xFF, bytes[scan + 1] == 0xFF { scan += 1 }
    guard scan + 1 < bytes.count else { return .needsBytes }
    let marker = bytes[scan + 1]
    guard bytes[scan] == 0xFF, marker != 0 else { return passOver() }
    switch marker {
    case 0xD9:
      guard hasScan else {
        scan += 2
        return passOver()
      }
      return .picture(.jpeg, end: scan + 2)
    case 0xD8:
      // The one before was cut off in front of its data.
      guard hasScan else { return passOver() }
      return .picture(.jpeg, end: scan)
    case 0x01, 0xD0...0xD7:
      scan += 2
      return .goOn
    default: break
    }
    guard scan + 3 < bytes.count else { return .needsBytes }
    let length = Int(bytes[scan + 2]) << 8 | Int(bytes[scan + 3])
    guard length >= 2 else { return passOver() }
    scan += 2 + length
    if marker == 0xDA {
      hasScan = true
      state = .jpegData
    }
    return .goOn
  }

  /// There is no marker where one should be. Never looked at again is what lies before: a sender
  /// cannot make the same bytes be read time after time.
  private mutating func passOver() -> Step {
    if hasScan {
      state = .jpegData
      scan += 1
    } else {
      (begin, state) = (scan, .between)
    }
    return .goOn
  }

  private mutating func readData() -> Step {
    let next: Int? = bytes.withUnsafeBufferPointer { bytes in
      var place = scan
      while place + 1 < bytes.count {
        if bytes[place] == 0xFF, bytes[place + 1] != 0, bytes[place + 1] != 0xFF { return place }
        place += 1
      }
      scan = max(scan, place)
      return nil
    }
    guard let next else { return .needsBytes }
    switch bytes[next + 1] {
    case 0xD8:
      guard next + 2 < bytes.count else {
        scan = next
        return .needsBytes
      }
      guard bytes[next + 2] == 0xFF else { break }
      return .picture(.jpeg, end: next)
    case 0xD9: return .picture(.jpeg, end: next + 2)
    // Tables, comments and the next scan of a progressive picture.
    case 0xC4, 0xDA, 0xDB, 0xDC, 0xDD, 0xE0...0xEF, 0xFE:
      (scan, state) = (next, .jpegMarker)
      return .goOn
    default: break
    }
    scan = next + 2
    return .goOn
  }

  private mutating func readChunk() -> Step {
    guard scan + 8 <= bytes.count else { return .needsBytes }
    let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[scan + $1]) }
    let type = bytes[(scan + 4)..<(scan + 8)]
    guard length < 1 << 31, type.allSatisfy({ (65...90).contains($0) || (97...122).contains($0) })
    else {
      (begin, state) = (scan, .between)
      return .goOn
    }
    scan += 12 + length
    if type.elementsEqual("IEND".utf8) { state = .known(.png) }
    return .goOn
  }
}
