import CFFmpeg
import CFFmpegShims

/// What is known about the frames in front of the place that was sought.
struct SeekLanding {
  /// The time stamp that was sought.
  let target: Int64
  private let startSeconds: Double
  /// Time stamps of the packets up to there, sorted.
  private let times: [Int64]

  /// Time stamps behind the start that are read on before it is believed: one may be wild.
  private static let packetsBehind = 8

  /// Reads the packets up to the start, without decoding. Returns nil where they have no times, or
  /// run backwards (wild stamps, recordings put end to end): what comes out then depends on all that
  /// is in front.
  /// Cost: reading the file up to there, 8 bytes a frame.
  init?(
    _ stream: StreamDecoder, timeline: Timeline, startSeconds: Double, deadlineSeconds: Double,
    watch: IOWatch
  ) throws(VideoInputError) {
    guard let origin = timeline.origin else { return nil }
    let (target, overflow) = timeline.timeBase.ticks(startSeconds)
      .addingReportingOverflow(origin)
    guard !overflow else { return nil }
    let packet = stream.demuxer.packet
    let isReordered = stream.demuxer.stream.pointee.codecpar.pointee.video_delay > 0
    var times: [Int64] = []
    var lastDecoding = Int64.min
    var behind = 0
    while behind < Self.packetsBehind {
      watch.start(seconds: deadlineSeconds)
      guard try stream.demuxer.readPacket() else { break }
      let pts = packet.pointee.pts
      let dts = packet.pointee.dts
      let time = pts != landmarkd_av_nopts_value ? pts : dts
      guard time != landmarkd_av_nopts_value else { return nil }
      // AVI states only the order of decoding, which is not that of the frames here.
      if pts == landmarkd_av_nopts_value, isReordered { return nil }
      // What an edit list cuts off is decoded but never comes out.
      if packet.pointee.flags & AV_PKT_FLAG_DISCARD == 0 { times.append(time) }
      guard dts != landmarkd_av_nopts_value else { continue }
      if dts < lastDecoding || stream.demuxer.hasWrapped { return nil }
      lastDecoding = dts
      // Every later packet is decoded, and so shown, later than this one is decoded.
      if dts > target { behind += 1 }
    }
    self.target = target
    self.startSeconds =
      startSeconds - FrameSelection.tolerance(timeline.timeBase.seconds(1))
    self.times = times.sorted()
  }

  /// The number of the first frame to be delivered, which has `timestamp`; nil where it has none
  /// or where a frame between the start and it is missing, because the seek went too far.
  func number(of timestamp: Int64?, timeline: Timeline) -> Int? {
    guard let timestamp else { return nil }
    var count = 0
    for time in times where time < timestamp {
      if let seconds = timeline.seconds(time), seconds >= startSeconds { return nil }
      count += 1
    }
    return count + 1
  }
}
