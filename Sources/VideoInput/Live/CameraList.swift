import CVideoDevice
import FoundationEssentials
import Glibc
import SystemNames
import SystemSupport

/// The V4L2 cameras of this machine and what they can give.
public struct CameraList: Sendable, Equatable {
  public struct Camera: Sendable, Equatable {
    /// "/dev/video0".
    public var path: String
    /// Names below /dev/v4l/by-id and by-path, which stay the same when the camera is plugged in
    /// elsewhere (by-id) or exchanged for another of its kind (by-path).
    public var stablePaths: [String]
    /// The camera's own name.
    public var name: String
    public var driver: String
    /// "usb-0000:00:14.0-2".
    public var bus: String
    public var formats: [Format]
  }

  /// A pixel format or codec.
  public struct Format: Sendable, Equatable {
    /// V4L2's four letters: "YUYV".
    public var code: String
    /// What `LiveSettings.pixelFormat` calls it; nil where FFmpeg's name is not known.
    public var name: String?
    /// In the driver's words.
    public var description: String
    public var isCompressed: Bool
    public var sizes: [Size]
  }

  /// One size or, with steps, a range of sizes. Pixels.
  public struct Size: Sendable, Equatable {
    public var width: ClosedRange<Int>
    public var height: ClosedRange<Int>
    /// Frames a second, fastest first; ranges have both ends.
    public var rates: [ClosedRange<Double>]
  }

  /// A device that may be a camera but cannot be asked, with the reason.
  public struct Closed: Sendable, Equatable {
    public var path: String
    public var problem: String
  }

  public var cameras: [Camera] = []
  /// Devices that this user may not open, or that fail.
  public var closed: [Closed] = []

  /// Asks the devices `video*` of `folder`. Nodes that give no pictures (metadata, outputs) are left
  /// out. May wait for drivers; opens every device for a moment.
  public init(folder: String = "/dev") {
    let stable = Self.stablePaths(folder)
    for path in Self.nodes(folder) {
      guard case .camera = LiveAddress(path)?.place else { continue }
      let descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else {
        closed.append(Closed(path: path, problem: systemText(errno)))
        continue
      }
      defer { close(descriptor) }
      var device = landmarkd_video_device()
      let error = landmarkd_video_query(descriptor, &device)
      guard error == 0 else {
        closed.append(Closed(path: path, problem: systemText(error)))
        continue
      }
      guard device.captures != 0 else { continue }
      cameras.append(
        Camera(
          path: path, stablePaths: stable[Self.real(path)] ?? [], name: Self.text(device.card),
          driver: Self.text(device.driver), bus: Self.text(device.bus),
          formats: Self.formats(descriptor)))
    }
  }

  /// The nodes in the order of their numbers.
  private static func nodes(_ folder: String) -> [String] {
    let names = SystemName.names(inFolder: folder)?.map(\.name) ?? []
    let numbers = names.compactMap { name in
      name.hasPrefix("video") ? Int(name.dropFirst(5)) : nil
    }
    return numbers.sorted().map { "\(folder)/video\($0)" }
  }

  /// The links to each node.
  private static func stablePaths(_ folder: String) -> [String: [String]] {
    var found: [String: [String]] = [:]
    for kind in ["by-id", "by-path"] {
      let place = "\(folder)/v4l/\(kind)"
      let names = SystemName.names(inFolder: place)?.map(\.name) ?? []
      for name in names.sorted() {
        let link = "\(place)/\(name)"
        found[real(link), default: []].append(link)
      }
    }
    return found
  }

  private static func real(_ path: String) -> String {
    SystemName.realPath(of: path) ?? path
  }

  // MARK: - Formats

  /// A driver that never ends its lists must not keep us.
  private static let listLimit: UInt32 = 256

  private static func formats(_ descriptor: Int32) -> [Format] {
    var formats: [Format] = []
    var format = landmarkd_video_format()
    for index in 0..<listLimit {
      guard landmarkd_video_format_at(descriptor, index, &format) == 0 else { break }
      let code = fourLetters(format.fourcc)
      formats.append(
        Format(
          code: code, name: libraryNames[code], description: text(format.description),
          isCompressed: format.isCompressed != 0, sizes: sizes(descriptor, format.fourcc)))
    }
    return formats
  }

  private static func sizes(_ descriptor: Int32, _ fourcc: UInt32) -> [Size] {
    var sizes: [Size] = []
    var size = landmarkd_video_size()
    for index in 0..<listLimit {
      guard landmarkd_video_size_at(descriptor, fourcc, index, &size) == 0 else { break }
      sizes.append(
        Size(
          width: range(size.minimumWidth, size.maximumWidth),
          height: range(size.minimumHeight, size.maximumHeight),
          rates: rates(descriptor, fourcc, size.maximumWidth, size.maximumHeight)))
    }
    return sizes
  }

  private static func rates(
    _ descriptor: Int32, _ fourcc: UInt32, _ width: UInt32, _ height: UInt32
  ) -> [ClosedRange<Double>] {
    var rates: [ClosedRange<Double>] = []
    var rate = landmarkd_video_rate()
    for index in 0..<listLimit {
      guard landmarkd_video_rate_at(descriptor, fourcc, width, height, index, &rate) == 0 else {
        break
      }
      rates.append(min(rate.slowest, rate.fastest)...max(rate.slowest, rate.fastest))
    }
    return rates.sorted { $0.upperBound > $1.upperBound }
  }

  private static func range(_ low: UInt32, _ high: UInt32) -> ClosedRange<Int> {
    Int(min(low, high))...Int(max(low, high))
  }

  /// V4L2 packs the letters from the lowest byte on; what is no letter becomes "?".
  private static func fourLetters(_ code: UInt32) -> String {
    String(
      decoding: (0..<4).map { index -> UInt8 in
        let byte = UInt8(truncatingIfNeeded: code >> (8 * index)) & 0x7F
        return byte > 32 && byte < 127 ? byte : byte == 32 ? 32 : UInt8(ascii: "?")
      }, as: UTF8.self
    ).trimmed()
  }

  /// The text of a C field; drivers' texts may hold anything.
  private static func text<Field>(_ field: Field) -> String {
    withUnsafeBytes(of: field) { bytes in
      singleLine(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
    }
  }

  /// FFmpeg's names (libavdevice/v4l2-common.c) of what cameras give.
  private static let libraryNames = [
    "YUYV": "yuyv422", "UYVY": "uyvy422", "YU12": "yuv420p", "YV12": "yuv420p", "422P": "yuv422p",
    "411P": "yuv411p", "YUV9": "yuv410p", "NV12": "nv12", "RGB3": "rgb24", "BGR3": "bgr24",
    "BGR4": "bgr0", "RGB4": "0rgb", "RGBP": "rgb565le", "RGBR": "rgb565be", "GREY": "gray",
    "Y16": "gray16le", "Z16": "gray16le", "BA81": "bayer_bggr8", "GBRG": "bayer_gbrg8",
    "GRBG": "bayer_grbg8", "RGGB": "bayer_rggb8", "MJPG": "mjpeg", "JPEG": "mjpeg",
    "H264": "h264", "HEVC": "hevc", "MPG4": "mpeg4", "MPG1": "mpeg1video", "MPG2": "mpeg2video",
    "VP80": "vp8", "VP90": "vp9",
  ]
}
