import SystemSupport

/// A source whose frames a thread of its own reads ahead, so that decoding and what is done with
/// the frames overlap.
///
/// It gives what its source would give, in the same order: every frame, then the end or the error.
/// At most `framesAhead` frames wait, and one more is being read. An interruption does not wait for
/// them. `close` ends the thread; so does letting go of the source.
public final class ReadAheadSource: FrameSource {
  public let description: SourceDescription
  public private(set) var report: SourceReport
  public let interruption: Interruption
  private let ring: FrameRing
  private var isAtEnd = false
  private var failure: VideoInputError?

  /// Opens `input` as `VideoInput.open` does, with all that it throws, and begins to read.
  ///
  /// - Parameters:
  ///   - framesAhead: how many frames may wait, 1 to 64.
  ///   - interruption: ends this source too; `close` does not touch it.
  public convenience init(
    _ input: String, settings: VideoSettings = .standard,
    interruption: Interruption = Interruption(), framesAhead: Int = 2
  ) throws(VideoInputError) {
    let own = Interruption(within: interruption)
    let source = try VideoInput.open(input, settings: settings, interruption: own)
    self.init(Reading(source), interruption: own, framesAhead: framesAhead)
  }

  /// Reads `source` ahead, which nobody else may use from now on; `interruption` is its own.
  convenience init(
    reading source: sending any FrameSource, interruption: Interruption, framesAhead: Int
  ) {
    self.init(Reading(source), interruption: interruption, framesAhead: framesAhead)
  }

  private init(_ reading: sending Reading, interruption: Interruption, framesAhead: Int) {
    description = reading.description
    report = reading.report
    self.interruption = interruption
    ring = FrameRing(capacity: min(max(framesAhead, 1), 64))
    SystemThread.start("decoding") { [ring, reading] in reading.fill(ring) }
  }

  deinit { close() }

  public func read(into frame: inout VideoFrame) throws(VideoInputError) -> Bool {
    if let failure { throw failure }
    guard !isAtEnd else { return false }
    do throws(VideoInputError) {
      // At once: not after the frames that wait.
      if interruption.isInterrupted { throw interrupted() }
      isAtEnd = try !ring.take(into: &frame, &report)
      return !isAtEnd
    } catch {
      failure = error
      throw error
    }
  }

  private func interrupted() -> VideoInputError {
    ring.close()
    return VideoInputError(
      .interrupted, operation: "read", source: description.name, problem: "interrupted")
  }

  /// Ends the reading, within the time of one frame's decoding, and returns when the thread has let
  /// go of the source. `read` then throws `.interrupted`.
  public func close() {
    interruption.interrupt()
    ring.close()
    ring.waitForEnd()
  }
}

/// The source, handed over to the thread that reads it.
private final class Reading: @unchecked Sendable {
  let description: SourceDescription
  let report: SourceReport
  private var source: (any FrameSource)?

  init(_ source: any FrameSource) {
    description = source.description
    report = source.report
    self.source = source
  }

  /// Lets go of the source before the end is told.
  func fill(_ ring: FrameRing) {
    let (end, report) = read(into: ring)
    source = nil
    ring.finish(end, report)
  }

  private func read(into ring: FrameRing) -> (FrameRing.End, SourceReport) {
    guard let source else { return (.lastFrame, report) }
    var frame = VideoFrame()
    do throws(VideoInputError) {
      while try source.read(into: &frame) {
        guard ring.put(&frame, source.report) else { break }
      }
      return (.lastFrame, source.report)
    } catch {
      return (.error(error), source.report)
    }
  }
}
