import CFFmpeg
import CFFmpegShims
import Glibc
import SystemSupport

/// Frames of one media file or byte stream, in order, every one.
///
/// Frames that cannot be decoded are counted and passed over; frames that the decoder only marks
/// as damaged are delivered with `VideoFrame.isDamaged`, because their times are sound and most
/// of their pixels are too. Rotation (display matrix, multiples of 90 degrees and flips) and the
/// pixel aspect ratio are applied. A change of size or pixel format within the stream is followed.
///
/// Not every loss can be counted: after damaged bytes the demuxers of AVI, Matroska and ASF go on at
/// the next sound packet without a word, which leaves a gap in the times.
///
/// With a start time a file is read from the key frame before it; what cannot seek is decoded from
/// the beginning.
public final class FileSource: FrameSource {
  public let description: SourceDescription
  public private(set) var report = SourceReport()
  public var interruption: Interruption { watch.interruption }

  private let input: MediaInput
  private let settings: VideoSettings
  private let watch: IOWatch
  private let converter: FrameConverter
  private let creationSeconds: Double?
  private var stream: StreamDecoder
  private var frames: DecodedFrames
  private var timeline: Timeline
  private var selection: FrameSelection
  private var number = 0
  /// Set while the frames after a seek have not been placed yet.
  private var landing: SeekLanding?
  private var hasSought = false
  private var geometry = FrameConverter.Geometry()
  private var heldOrientation: HeldOrientation
  private var frameShape: FrameShape?
  private var isAtEnd = false
  private var failure: VideoInputError?

  private struct FrameShape: Equatable {
    var width: Int32
    var height: Int32
    var format: Int32
  }

  /// Opens a file. Throws what is wrong with it as `VideoInputError`; cost: libavformat reads up
  /// to 5 MB to know the streams, and with a start time all packets in front of it.
  public convenience init(
    path: String, settings: VideoSettings = .standard,
    interruption: Interruption = Interruption()
  ) throws(VideoInputError) {
    guard try checkReadable(path) & S_IFMT == S_IFREG else {
      throw VideoInputError(
        .notReadable, operation: "open", source: path, problem: "not a regular file")
    }
    try self.init(
      .file(path: path), name: path, settings: settings, watch: IOWatch(interruption))
  }

  init(
    _ input: MediaInput, name: String, settings: VideoSettings, watch: IOWatch
  ) throws(VideoInputError) {
    self.input = input
    self.settings = settings
    self.watch = watch
    converter = FrameConverter(settings)
    stream = try StreamDecoder(input, name: name, settings: settings, watch: watch)
    frames = DecodedFrames(stream)
    heldOrientation = HeldOrientation(codec: stream.codec)
    var opening = SourceReport()
    description = stream.demuxer.describe(&opening, frameRate: settings.frameRate)
    if let note = stream.demuxer.choiceNote(settings.videoStream) { opening.note(note) }
    report = opening
    timeline = stream.demuxer.timeline()
    selection = FrameSelection(settings, tickSeconds: timeline.timeBase.seconds(1))
    let microseconds = landmarkd_creation_time(
      stream.demuxer.context, stream.demuxer.stream)
    creationSeconds = microseconds > 0 ? Double(microseconds) / 1e6 : nil
    // The times of a given rate are those of the frames' numbers.
    if settings.startSeconds > 0, input.isReopenable, settings.frameRate == nil {
      try seekToStart()
    }
  }

  public func read(into frame: inout VideoFrame) throws(VideoInputError) -> Bool {
    if let failure { throw failure }
    guard !isAtEnd else { return false }
    do throws(VideoInputError) {
      if try readNext(into: &frame) { return true }
      isAtEnd = true
      return false
    } catch {
      failure = error
      throw error
    }
  }

  private func readNext(into frame: inout VideoFrame) throws(VideoInputError) -> Bool {
    while true {
      // Frames that were looked at ahead are not given any more either.
      if interruption.isInterrupted { try stream.demuxer.checkStopped(operation: "read") }
      guard try frames.next(&report) else {
        // Nothing at all after a seek: the container's index was wrong.
        if landing != nil && report.framesDecoded == 0 {
          try restart()
          continue
        }
        try finish()
        return false
      }
      report.framesDecoded += 1
      number += 1
      if frames.isDamaged { report.damagedFrames += 1 }
      let timestamp = frames.timestamp
      let seconds = secondsOfCurrent()
      // Only now: looking ahead moves the frame.
      let decoded = UnsafePointer(frames.current)
      noteShape(decoded)
      let choice = selection.choose(seconds)
      if choice == .skip {
        report.framesSkipped += 1
        continue
      }
      if let landing {
        guard let found = landing.number(of: timestamp, timeline: timeline) else {
          try restart()
          continue
        }
        number = found
        self.landing = nil
      }
      if choice == .end {
        report.framesSkipped += 1
        return false
      }
      guard try deliver(decoded, into: &frame) else { continue }
      frame.number = number
      frame.timestampSeconds = seconds
      frame.presentationTimestamp = stream.demuxer.statesNoTimes ? nil : timestamp
      frame.timeBase = timeline.timeBase
      frame.utcSeconds = creationSeconds.map { $0 + seconds }
      frame.isDamaged = frames.isDamaged
      frame.imageName = nil
      return true
    }
  }

  /// Fills the pictures of `frame`; false (and counted) where swscale cannot read the format.
  private func deliver(
    _ decoded: UnsafePointer<AVFrame>, into frame: inout VideoFrame
  ) throws(VideoInputError) -> Bool {
    do throws(FrameConverter.Failure) {
      try converter.convert(decoded, geometry: geometry, into: &frame)
      report.framesDelivered += 1
      return true
    } catch {
      switch error {
      case .tooLarge(let width, let height):
        throw settings.largestPicture.refusal(
          description.name, width: width, height: height)
      case .unsupported(let format):
        report.countDecodeError("pixel format \(format) cannot be converted")
        return false
      }
    }
  }

  /// Seconds of the frame that was read: by its number where a rate was given, else by its stamp.
  private func secondsOfCurrent() -> Double {
    if let rate = settings.frameRate { return Double(number - 1) / rate }
    let timestamp = frames.timestamp
    let duration = landmarkd_frame_duration(frames.current)
    guard stream.demuxer.statesNoTimes else {
      return timeline.place(timestamp, duration: duration, report: &report) { [frames] in
        frames.following($0, &$1)
      }
    }
    if report.framesDecoded == 1 { noteInventedTimes() }
    // Nothing is missing where nothing is stated.
    var ignored = SourceReport()
    return timeline.place(timestamp, duration: duration, report: &ignored)
  }

  private func noteInventedTimes() {
    let rate = stream.demuxer.nominalRate.map { String(printf: "%g", $0) } ?? "25"
    report.note("states no times: \(rate) frames/s assumed; --frame-rate gives the true rate")
  }

  private func noteShape(_ frame: UnsafePointer<AVFrame>) {
    let shape = FrameShape(
      width: frame.pointee.width, height: frame.pointee.height, format: frame.pointee.format)
    if let frameShape, frameShape != shape { report.resolutionChanges += 1 }
    frameShape = shape
    let demuxer = stream.demuxer
    let aspect = av_guess_sample_aspect_ratio(
      demuxer.context, demuxer.stream, frames.current)
    geometry = FrameConverter.Geometry(
      frame: frame, stream: demuxer.stream, aspect: aspect, report: &report)
    heldOrientation.apply(to: &geometry, of: frame)
  }

  /// What is to be said once the last frame has been read.
  private func finish() throws(VideoInputError) {
    if let reason = stream.demuxer.earlyEnd() { report.endEarly(reason) }
    // After a seek the first frames may refer to some that were not read.
    if !hasSought { report.lostFrames = stream.framesLost }
    if report.recordingsJoined > 0 {
      report.note(
        "\(report.recordingsJoined + 1) recordings in one: the times of the later ones are moved behind the first"
      )
    }
    guard report.framesDelivered == 0 else { return }
    let name = description.name
    if report.framesDecoded == 0 || report.framesSkipped == 0 {
      throw VideoInputError(
        .nothingDecodable, operation: "decode", source: name,
        problem: "no frame can be decoded",
        libraryText: report.firstDecodeError ?? report.endedEarlyReason,
        // An index at the end cannot be reached.
        expected: input.isForwardHTTP
          ? "a server that gives parts of files (ranges); a copy of the file can be read" : nil)
    }
    throw VideoInputError(
      .startBeyondEnd, operation: "read", source: name,
      problem: "no frame at or after \(settings.startSeconds) s",
      expected: "a start before the end of the video")
  }

  // MARK: - Seeking

  private func seekToStart() throws(VideoInputError) {
    let counter = try StreamDecoder(
      input, name: description.name, settings: settings, watch: watch)
    guard
      let landing = try SeekLanding(
        counter, timeline: timeline, startSeconds: settings.startSeconds,
        deadlineSeconds: settings.readDeadlineSeconds, watch: watch),
      stream.demuxer.seek(to: landing.target)
    else { return try restart() }
    self.landing = landing
    hasSought = true
  }

  /// Begins at the beginning, without seeking.
  private func restart() throws(VideoInputError) {
    landing = nil
    hasSought = false
    stream = try StreamDecoder(input, name: description.name, settings: settings, watch: watch)
    frames = DecodedFrames(stream)
    report = SourceReport()
    number = 0
    timeline = stream.demuxer.timeline()
    selection = FrameSelection(settings, tickSeconds: timeline.timeBase.seconds(1))
    frameShape = nil
    heldOrientation = HeldOrientation(codec: stream.codec)
  }
}
