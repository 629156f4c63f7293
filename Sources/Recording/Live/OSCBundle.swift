import Measurement
import Tracking

/// A row as an OSC bundle: "#bundle", a time tag, and one message for each group of values.
///
/// OSC 1.0 (Wright, 2002): numbers are big-endian, strings end with a zero and are padded to four
/// bytes, every message is preceded by its length.
struct OSCBundle: ~Copyable {
  struct Times {
    /// When the picture was taken, seconds since 1970-01-01T00:00:00Z.
    var utcSeconds: Double
    var latencySeconds: Double?
  }

  private enum Address: Int, CaseIterable {
    case frame, state, success, confidence, size, pose, landmarks, landmarks3d, parameters, fit
    case confidences, latency
  }

  private var packet = ByteWriter(capacity: 1 << 11)
  private let groups: Set<ColumnGroup>
  /// By `Address`, whole and padded.
  private let addresses: [[UInt8]]

  /// From 1900-01-01, where OSC's time begins, to 1970-01-01.
  private static let secondsFrom1900 = 2_208_988_800.0

  init(settings: OSCSettings, stream: String) {
    groups = settings.groups
    let name = Self.part(of: stream)
    addresses = Address.allCases.map { Self.padded("\(settings.prefix)/\(name)/\($0)") }
  }

  /// The packet, until the next `encode`.
  var bytes: UnsafeRawBufferPointer { packet.bytes }

  mutating func encode(
    _ frame: TrackedFrame, _ measurement: FaceMeasurement, _ context: FrameContext, _ times: Times
  ) {
    packet.clear()
    packet.append("#bundle\0")
    packet.append(bytesOf: Self.timeTag(times.utcSeconds).bigEndian)
    message(.frame, ",ii\0") {
      $0.append(int: frame.frameNumber)
      $0.append(int: frame.faceID)
    }
    message(.state, ",s\0\0") { packet in
      packet.append(frame.state.rawValue)
      packet.append(UInt8(0))
      packet.pad()
    }
    message(.success, ",i\0\0") { $0.append(int: frame.success ? 1 : 0) }
    if frame.confidence.isFinite {
      message(.confidence, ",f\0\0") { $0.append(float: frame.confidence) }
    }
    message(.size, ",ii\0") {
      $0.append(int: context.width)
      $0.append(int: context.height)
    }
    if frame.hasFit { encodeFit(frame, measurement) }
    if groups.contains(.times), let latency = times.latencySeconds {
      message(.latency, ",f\0\0") { $0.append(float: latency) }
    }
  }

  private mutating func encodeFit(_ frame: TrackedFrame, _ measurement: FaceMeasurement) {
    if groups.contains(.pose), let pose = measurement.writtenPose {
      message(.pose, ",ffffff\0") {
        for axis in 0..<3 { $0.append(float: pose.translation[axis]) }
        $0.append(float: pose.rotation.x)
        $0.append(float: pose.rotation.y)
        $0.append(float: pose.rotation.z)
      }
    }
    if groups.contains(.landmarks) { points(.landmarks, frame.landmarks, dimensions: 2) }
    if groups.contains(.landmarks3d), !measurement.landmarks3D.isEmpty {
      points(.landmarks3d, measurement.landmarks3D, dimensions: 3)
    }
    if groups.contains(.parameters) {
      message(.parameters, floats: 6 + frame.local.count) {
        let global = frame.global
        $0.append(float: global.scale)
        $0.append(float: global.rotation.x)
        $0.append(float: global.rotation.y)
        $0.append(float: global.rotation.z)
        $0.append(float: global.tx)
        $0.append(float: global.ty)
        for value in frame.local { $0.append(float: value) }
      }
    }
    if groups.contains(.confidences), !frame.landmarkConfidences.isEmpty {
      message(.confidences, floats: frame.landmarkConfidences.count) {
        for value in frame.landmarkConfidences { $0.append(float: value) }
      }
    }
    if groups.contains(.fit) {
      message(.fit, ",fffi\0\0\0") {
        $0.append(float: frame.meanShift)
        $0.append(float: frame.peakOffset)
        $0.append(float: frame.likelihood)
        $0.append(int: frame.iterations)
      }
    }
  }

  /// Points that are stored [x0..., y0..., ...] as x0 y0 ... x1 y1 ...
  private mutating func points(_ address: Address, _ points: [Double], dimensions: Int) {
    let count = points.count / dimensions
    message(address, floats: count * dimensions) {
      for index in 0..<count {
        for dimension in 0..<dimensions { $0.append(float: points[dimension * count + index]) }
      }
    }
  }

  private mutating func message(
    _ address: Address, floats: Int, _ arguments: (inout ByteWriter) -> Void
  ) {
    message(address, "") { packet in
      packet.append(UInt8(ascii: ","))
      for _ in 0..<floats { packet.append(UInt8(ascii: "f")) }
      packet.append(UInt8(0))
      packet.pad()
      arguments(&packet)
    }
  }

  /// A message: its length, its address, its padded types, its arguments.
  private mutating func message(
    _ address: Address, _ types: StaticString, _ arguments: (inout ByteWriter) -> Void
  ) {
    let start = packet.count
    packet.append(bytesOf: UInt32(0))
    for byte in addresses[address.rawValue] { packet.append(byte) }
    packet.append(types)
    arguments(&packet)
    packet.overwrite(at: start, with: UInt32(packet.count - start - 4).bigEndian)
  }

  /// Seconds since 1900 as a 32.32 fixed-point number; 1 ("immediately") outside of its years.
  static func timeTag(_ utcSeconds: Double) -> UInt64 {
    let seconds = utcSeconds + secondsFrom1900
    guard seconds >= 1, seconds < 4_294_967_295 else { return 1 }
    let whole = seconds.rounded(.down)
    return UInt64(whole) << 32 | UInt64((seconds - whole) * 0x1p32)
  }

  /// A byte of a part of an address.
  static func isAllowed(_ byte: UInt8) -> Bool {
    byte > 32 && byte < 127 && !"#*,/?[]{}".utf8.contains(byte)
  }

  /// A stream's name as a part of an address.
  private static func part(of stream: String) -> String {
    String(decoding: stream.utf8.map { isAllowed($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
  }

  private static func padded(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    return bytes + [UInt8](repeating: 0, count: 4 - bytes.count % 4)
  }
}

extension ByteWriter {
  fileprivate mutating func append(int value: Int) {
    append(bytesOf: Int32(truncatingIfNeeded: value).bigEndian)
  }

  fileprivate mutating func append(float value: Double) {
    append(bytesOf: Float(value).bitPattern.bigEndian)
  }

  /// Zeros up to a multiple of four bytes. OSC packets are one from their beginning.
  fileprivate mutating func pad() {
    while count % 4 != 0 { append(UInt8(0)) }
  }
}
