import Foundation

/// The bytes of a transport stream whose pictures' time stamps are changed.
struct TransportStream {
  var bytes: [UInt8]

  static let wrap: Int64 = 1 << 33
  private static let packetSize = 188

  /// Adds `change(n)` ticks of 1/90000 s to the stamps of the n-th picture (from 0, in the order of
  /// decoding), modulo the wrap.
  func shifted(_ change: (Int) -> Int64) -> TransportStream {
    var copy = self
    var number = 0
    for start in stride(from: 0, to: bytes.count, by: Self.packetSize) {
      guard let header = pictureHeader(start) else { continue }
      let ticks = change(number)
      number += 1
      let flags = bytes[header + 7] >> 6
      if flags & 2 != 0 { copy.add(ticks, at: header + 9) }
      if flags & 1 != 0 { copy.add(ticks, at: header + 14) }
    }
    return copy
  }

  /// Where the packet at `start` has the first bytes of a picture (PES of a video stream).
  private func pictureHeader(_ start: Int) -> Int? {
    guard bytes[start] == 0x47, bytes[start + 1] & 0x40 != 0 else { return nil }
    let hasAdaptation = bytes[start + 3] & 0x20 != 0
    let header = start + 4 + (hasAdaptation ? 1 + Int(bytes[start + 4]) : 0)
    guard header + 19 <= start + Self.packetSize,
      bytes[header..<(header + 3)].elementsEqual([0, 0, 1]), bytes[header + 3] & 0xF0 == 0xE0
    else { return nil }
    return header
  }

  /// 33 bits in 5 bytes, with marker bits (ISO/IEC 13818-1, 2.4.3.7).
  private mutating func add(_ ticks: Int64, at place: Int) {
    var value = Int64(bytes[place] >> 1 & 7) << 30
    value |= Int64(bytes[place + 1]) << 22 | Int64(bytes[place + 2] >> 1) << 15
    value |= Int64(bytes[place + 3]) << 7 | Int64(bytes[place + 4] >> 1)
    let sum = ((value + ticks) % Self.wrap + Self.wrap) % Self.wrap
    bytes[place] = bytes[place] & 0xF1 | UInt8(sum >> 30 & 7) << 1
    bytes[place + 1] = UInt8(sum >> 22 & 0xFF)
    bytes[place + 2] = UInt8(sum >> 15 & 0x7F) << 1 | 1
    bytes[place + 3] = UInt8(sum >> 7 & 0xFF)
    bytes[place + 4] = UInt8(sum & 0x7F) << 1 | 1
  }
}
