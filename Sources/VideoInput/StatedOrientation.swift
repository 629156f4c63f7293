import CFFmpeg
import CFFmpegShims

/// What the bytes of an image file say about how it lies, where FFmpeg's decoders do not hand it on.
/// Files are not to be trusted: every read is within the bytes, and every loop goes forward.
enum StatedOrientation {
  /// The orientation that a PNG, WebP, TIFF or AVIF file states; nil where it states none.
  static func of(_ file: UnsafeRawBufferPointer) -> Orientation? {
    let bytes = FileReader(bytes: file)
    if bytes.has([0x89, 0x50, 0x4E, 0x47], at: 0) { return png(bytes) }
    if bytes.has("RIFF", at: 0), bytes.has("WEBP", at: 8) { return webp(bytes) }
    if bytes.has("II*\0", at: 0) || bytes.has("MM\0*", at: 0) { return tiff(bytes, from: 0) }
    if bytes.has("ftyp", at: 4) { return HEIFOrientation.of(bytes) }
    return nil
  }

  /// The chunk eXIf, which may stand before or behind the picture.
  private static func png(_ bytes: FileReader) -> Orientation? {
    var place = 8
    while let length = bytes.integer(at: place, size: 4), length <= bytes.count {
      if bytes.has("eXIf", at: place + 4) { return tiff(bytes, from: place + 8) }
      place += 12 + length
    }
    return nil
  }

  /// The chunk EXIF, before whose TIFF some writers put the mark of JPEG.
  private static func webp(_ bytes: FileReader) -> Orientation? {
    var place = 12
    while let length = bytes.integer(at: place + 4, size: 4, isLittle: true), length <= bytes.count
    {
      if bytes.has("EXIF", at: place) {
        return tiff(bytes, from: place + 8 + (bytes.has("Exif\0\0", at: place + 8) ? 6 : 0))
      }
      place += 8 + length + length % 2
    }
    return nil
  }

  /// Tag 274 of the first directory of the TIFF that begins at `start`.
  private static func tiff(_ bytes: FileReader, from start: Int) -> Orientation? {
    let isLittle = bytes.has("II*\0", at: start)
    guard isLittle || bytes.has("MM\0*", at: start),
      let offset = bytes.integer(at: start + 4, size: 4, isLittle: isLittle),
      let count = bytes.integer(at: start + offset, size: 2, isLittle: isLittle)
    else { return nil }
    for index in 0..<count {
      let entry = start + offset + 2 + 12 * index
      guard let tag = bytes.integer(at: entry, size: 2, isLittle: isLittle) else { return nil }
      guard tag == 274 else { continue }
      // Of type SHORT, which is kept in the entry itself.
      guard bytes.integer(at: entry + 2, size: 2, isLittle: isLittle) == 3,
        let value = bytes.integer(at: entry + 8, size: 2, isLittle: isLittle)
      else { return nil }
      return Orientation(exif: value)
    }
    return nil
  }
}

/// What AVIF's item properties `irot` and `imir` say (ISO/IEC 23008-12).
enum HEIFOrientation {
  static func of(_ bytes: FileReader) -> Orientation? {
    let file = Box(start: 0, end: bytes.count)
    // `meta` is a full box: four bytes of version and flags stand before its contents.
    guard let meta = bytes.box("meta", in: file)?.without(4),
      let item = bytes.box("pitm", in: meta), let properties = bytes.box("iprp", in: meta),
      let list = bytes.box("ipco", in: properties), let uses = bytes.box("ipma", in: properties),
      let version = bytes.integer(at: item.start, size: 1),
      let primary = bytes.integer(at: item.start + 4, size: version == 0 ? 2 : 4)
    else { return nil }
    let all = bytes.boxes(in: list)
    var orientation = Orientation.upright
    // Applied in the order in which the item names them.
    for index in indices(of: primary, uses, bytes) where index >= 1 && index <= all.count {
      let (name, box) = all[index - 1]
      guard let value = bytes.integer(at: box.start, size: 1), box.start < box.end else { continue }
      if name == "irot" {
        for _ in 0..<(value & 3) { orientation = orientation.turnedLeft }
      } else if name == "imir" {
        orientation = value & 1 == 1 ? orientation.flippedAcross : orientation.flippedDown
      }
    }
    return orientation == .upright ? nil : orientation
  }

  /// The numbers of an item's properties, from 1.
  private static func indices(of item: Int, _ uses: Box, _ bytes: FileReader) -> [Int] {
    guard let version = bytes.integer(at: uses.start, size: 1),
      let flags = bytes.integer(at: uses.start + 3, size: 1),
      let count = bytes.integer(at: uses.start + 4, size: 4)
    else { return [] }
    let (idSize, indexSize) = (version == 0 ? 2 : 4, flags & 1 == 1 ? 2 : 1)
    var place = uses.start + 8
    for _ in 0..<min(count, bytes.count) {
      guard place < uses.end, let id = bytes.integer(at: place, size: idSize),
        let used = bytes.integer(at: place + idSize, size: 1)
      else { return [] }
      place += idSize + 1
      if id == item {
        return (0..<used).compactMap { number in
          // The highest bit says whether the property is essential.
          bytes.integer(at: place + number * indexSize, size: indexSize)
            .map { $0 & (indexSize == 1 ? 0x7F : 0x7FFF) }
        }
      }
      place += used * indexSize
    }
    return []
  }
}

/// The contents of a box of ISO base media: bytes from `start` up to `end`.
struct Box {
  var start: Int
  var end: Int

  func without(_ count: Int) -> Box { Box(start: min(start + count, end), end: end) }
}

/// Bounds-checked reads.
struct FileReader {
  let bytes: UnsafeRawBufferPointer

  var count: Int { bytes.count }

  func has(_ text: String, at place: Int) -> Bool { has(Array(text.utf8), at: place) }

  func has(_ expected: [UInt8], at place: Int) -> Bool {
    place >= 0 && place <= count - expected.count
      && bytes[place..<place + expected.count].elementsEqual(expected)
  }

  /// An unsigned integer of 1 to 4 bytes; nil where it does not lie within the bytes.
  func integer(at place: Int, size: Int, isLittle: Bool = false) -> Int? {
    guard place >= 0, place <= count - size else { return nil }
    let part = bytes[place..<place + size]
    return (isLittle ? Array(part.reversed()) : Array(part)).reduce(0) { $0 << 8 | Int($1) }
  }

  /// The boxes in `outer`, in order, at most 1000.
  func boxes(in outer: Box) -> [(name: String, contents: Box)] {
    var found: [(String, Box)] = []
    var place = outer.start
    while found.count < 1000, place + 8 <= outer.end, let size = integer(at: place, size: 4),
      let name = String(validating: bytes[place + 4..<place + 8], as: UTF8.self)
    {
      // 0: up to the end. Larger than 4 GB (1) is no picture.
      let end = size == 0 ? outer.end : place + size
      guard end >= place + 8, end <= outer.end else { break }
      found.append((name, Box(start: place + 8, end: end)))
      place = end
    }
    return found
  }

  func box(_ name: String, in outer: Box) -> Box? {
    boxes(in: outer).first { $0.name == name }?.contents
  }
}

extension Orientation {
  /// What EXIF's number (tag 274, 1 to 8) says; nil for any other.
  init?(exif value: Int) {
    switch value {
    case 1: self = .upright
    case 2: self.init(swapsAxes: false, reversesX: true, reversesY: false)
    case 3: self.init(swapsAxes: false, reversesX: true, reversesY: true)
    case 4: self.init(swapsAxes: false, reversesX: false, reversesY: true)
    case 5: self.init(swapsAxes: true, reversesX: false, reversesY: false)
    case 6: self.init(swapsAxes: true, reversesX: false, reversesY: true)
    case 7: self.init(swapsAxes: true, reversesX: true, reversesY: true)
    case 8: self.init(swapsAxes: true, reversesX: true, reversesY: false)
    default: return nil
    }
  }

  /// Afterwards turned by 90 degrees against the clock: x is then what y was, y is x reversed.
  var turnedLeft: Orientation {
    swapsAxes
      ? Orientation(swapsAxes: false, reversesX: reversesX, reversesY: !reversesY)
      : Orientation(swapsAxes: true, reversesX: !reversesX, reversesY: reversesY)
  }

  /// Afterwards with left and right exchanged.
  var flippedAcross: Orientation {
    var flipped = self
    if swapsAxes { flipped.reversesY.toggle() } else { flipped.reversesX.toggle() }
    return flipped
  }

  /// Afterwards with top and bottom exchanged.
  var flippedDown: Orientation {
    var flipped = self
    if swapsAxes { flipped.reversesX.toggle() } else { flipped.reversesY.toggle() }
    return flipped
  }
}

/// The orientation that H.264 and H.265 state beside a picture (SEI) and that holds for the pictures
/// behind it: up to the next one that states another, or a keyframe that states none.
struct HeldOrientation {
  private let holds: Bool
  private var held: Orientation?

  init(codec: AVCodecID) { holds = codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC }

  /// Completes the geometry of the next frame in the order of showing.
  mutating func apply(
    to geometry: inout FrameConverter.Geometry, of frame: UnsafePointer<AVFrame>
  ) {
    guard holds else { return }
    if landmarkd_frame_display_matrix(frame) != nil {
      held = geometry.orientation
    } else if landmarkd_frame_is_key(frame) != 0 {
      held = nil
    } else if let held {
      geometry.orientation = held
    }
  }
}
