/// Images that are whole and that FFmpeg does not read: what is said of them is the same everywhere.
enum UnreadFormat {
  case heic
  case animatedWebP

  /// Which of them a file's first bytes begin; nil where they begin none.
  static func of(_ head: [UInt8]) -> UnreadFormat? {
    let names = brands(head)
    if names.contains(where: heicBrands.contains), !names.contains(where: avifBrands.contains) {
      return .heic
    }
    let isExtended =
      head.starts(with: "RIFF".utf8) && head.dropFirst(8).starts(with: "WEBPVP8X".utf8)
    // The flag of animation in the header of extended WebP.
    return isExtended && head.count > 20 && head[20] & 2 != 0 ? .animatedWebP : nil
  }

  /// Whether the bytes begin an AVIF file, still or not.
  static func isAVIF(_ head: [UInt8]) -> Bool { brands(head).contains(where: avifBrands.contains) }

  /// Whether the bytes begin a file of one picture rather than a video.
  static func isStill(_ head: [UInt8]) -> Bool {
    guard let major = brands(head).first else { return false }
    return major == "avif" || major == "mif1" || heicBrands.contains(major)
  }

  private static let avifBrands: Set<String> = ["avif", "avis"]
  private static let heicBrands: Set<String> = [
    "heic", "heix", "hevc", "hevx", "heim", "heis", "hevm", "hevs",
  ]

  /// The brands of ISO base media, the major one first.
  private static func brands(_ head: [UInt8]) -> [String] {
    guard head.count >= 16, head[4..<8].elementsEqual("ftyp".utf8) else { return [] }
    let size = head[..<4].reduce(0) { $0 << 8 | Int($1) }
    // Between the major brand and the others stands its version.
    return ([8] + Array(stride(from: 16, through: min(size, head.count) - 4, by: 4))).map {
      String(decoding: head[$0..<$0 + 4], as: UTF8.self)
    }
  }

  func refusal(_ name: String) -> VideoInputError {
    let version = VideoInput.libraryVersion.prefix { $0.isNumber || $0 == "." }
    return switch self {
    case .heic:
      VideoInputError(
        .notVideo, operation: "open", source: name,
        problem: "HEIC is not read by FFmpeg \(version)",
        expected: "another format: convert it, for example with heif-convert")
    case .animatedWebP:
      VideoInputError(
        .notVideo, operation: "open", source: name,
        problem: "animated WebP is not read by FFmpeg \(version)",
        expected: "another format: convert it, for example with ImageMagick")
    }
  }
}
