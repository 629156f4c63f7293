import CFFmpeg
import CFFmpegShims
import VideoInput

/// A packet of silent samples, of the kind that a sound has.
final class SilentPacket {
  let packet: UnsafeMutablePointer<AVPacket>
  /// How long it is, in samples.
  private(set) var length: Int64 = 0

  private let bytesPerSample: Int64
  private let longest: Int64
  private static let largestBytes: Int64 = 1 << 16

  /// Nil where the sound is not samples, or silence is not the same byte throughout.
  init?(_ reader: SoundReader) {
    guard let bytesPerSample = reader.bytesPerSample, let silence = Self.byte(reader.codec),
      let made = av_packet_alloc()
    else { return nil }
    packet = made
    self.bytesPerSample = bytesPerSample
    longest = max(1, Self.largestBytes / bytesPerSample)
    let size = Int(longest * bytesPerSample)
    guard av_new_packet(made, Int32(size)) >= 0 else { return nil }
    made.pointee.data.update(repeating: silence, count: size)
    made.pointee.flags = AV_PKT_FLAG_KEY
  }

  deinit {
    var packet: UnsafeMutablePointer<AVPacket>? = packet
    av_packet_free(&packet)
  }

  private static func byte(_ codec: String) -> UInt8? {
    switch codec {
    case "pcm_u8": 0x80
    case "pcm_alaw": 0xD5
    case "pcm_mulaw": 0xFF
    case _ where codec.hasPrefix("pcm_s") || codec.hasPrefix("pcm_f"): 0
    default: nil
    }
  }

  /// Makes it as long as a gap, or as it can be. `gap`: above 0.
  func fill(_ gap: Int64) {
    length = min(gap, longest)
    packet.pointee.size = Int32(length * bytesPerSample)
  }
}
