import CFFmpeg
import CFFmpegShims
import Glibc
import SystemNames

/// Which files are still images, and how they are decoded.
enum ImageFormat {
  /// Extensions of still images, in lower case. GIF and motion JPEG are videos.
  static let extensions: Set<String> = [
    "png", "jpg", "jpeg", "jpe", "jfif", "bmp", "pgm", "ppm", "pbm", "pnm", "pam", "tif", "tiff",
    "webp", "avif", "heic", "heif", "tga", "jp2", "j2k", "jxl", "exr", "sgi", "dpx", "pcx", "qoi",
    "hdr", "ras", "xbm",
  ]

  /// FFmpeg's names for images in a byte stream and of their codecs where these differ. Only what
  /// is named here is decoded as an image: not SVG, for one, which is a program.
  private static let codecs: [String: String] = [
    "png_pipe": "png", "apng": "png", "jpeg_pipe": "mjpeg", "mjpeg": "mjpeg", "bmp_pipe": "bmp",
    "pgm_pipe": "pgm", "ppm_pipe": "ppm", "pbm_pipe": "pbm", "pam_pipe": "pam",
    "tiff_pipe": "tiff", "webp_pipe": "webp", "j2k_pipe": "jpeg2000", "jpegxl_pipe": "jpegxl",
    "exr_pipe": "exr", "sgi_pipe": "sgi", "dpx_pipe": "dpx", "pcx_pipe": "pcx",
    "qoi_pipe": "qoi", "hdr_pipe": "hdr", "sunrast_pipe": "sunrast", "xbm_pipe": "xbm",
    "jpegls_pipe": "jpegls", "gif_pipe": "gif", "gif": "gif",
  ]

  /// Bytes that are enough to know any of them.
  static let probeLength = 4096

  /// Whether the file is to be read as one still image: it is named like one and its bytes are
  /// not those of a video, or it is named like nothing and its bytes are an image's.
  static func isStillImage(path: String) -> Bool {
    let container = probe(headOf(path))
    guard let suffix = fileExtension(path) else {
      return container.map { codecs[$0] != nil && $0.hasSuffix("_pipe") } ?? false
    }
    guard extensions.contains(suffix) else { return false }
    guard let container else { return true }
    // One picture in a container; a sequence is a video.
    if container.hasPrefix("mov,") { return UnreadFormat.isStill(headOf(path)) }
    return codecs[container] != nil
  }

  /// The codec of an image's first bytes; nil where they are no image's.
  static func codec(of head: [UInt8], path: String) -> AVCodecID? {
    let name: String
    if let container = probe(head) {
      guard let codec = codecs[container] else { return nil }
      name = codec
    } else if fileExtension(path) == "tga" {
      // Targa has no mark to be known by.
      name = "targa"
    } else if let anymap = anymapCodec(head) {
      name = anymap
    } else {
      return nil
    }
    guard let descriptor = avcodec_descriptor_get_by_name(name) else { return nil }
    return descriptor.pointee.id
  }

  /// PBM, PGM, PPM and PAM by their mark, which may be followed by any white space; FFmpeg's own
  /// probe takes only a line break.
  private static func anymapCodec(_ head: [UInt8]) -> String? {
    guard head.count > 2, head[0] == UInt8(ascii: "P"), [9, 10, 13, 32].contains(head[2]) else {
      return nil
    }
    switch head[1] {
    case UInt8(ascii: "1"), UInt8(ascii: "4"): return "pbm"
    case UInt8(ascii: "2"), UInt8(ascii: "5"): return "pgm"
    case UInt8(ascii: "3"), UInt8(ascii: "6"): return "ppm"
    case UInt8(ascii: "7"): return "pam"
    default: return nil
    }
  }

  /// The part of the file's name behind its last dot, in lower case.
  static func fileExtension(_ path: String) -> String? {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
    return name[name.index(after: dot)...].lowercased()
  }

  /// FFmpeg's short name for the container that `head` begins, judged by the bytes alone.
  static func probe(_ head: [UInt8]) -> String? {
    _ = FFmpegLibrary.isPrepared
    guard !head.isEmpty else { return nil }
    var padded = head
    padded.append(contentsOf: repeatElement(0, count: Int(landmarkd_probe_padding)))
    return padded.withUnsafeMutableBufferPointer { bytes in
      // An empty name: the extension must not decide, and FFmpeg does not take a null one.
      "".withCString { name in
        var data = AVProbeData(
          filename: name, buf: bytes.baseAddress, buf_size: Int32(clamping: head.count),
          mime_type: nil)
        guard let format = av_probe_input_format(&data, 1), let name = format.pointee.name else {
          return nil
        }
        return String(cString: name)
      }
    }
  }

  static func headOf(_ path: String) -> [UInt8] {
    let descriptor = SystemNames.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return [UInt8](unsafeUninitializedCapacity: probeLength) { buffer, filled in
      filled = max(0, Glibc.read(descriptor, buffer.baseAddress, probeLength))
    }
  }
}
