import FoundationEssentials
import Synchronization

/// A live source that is kept open: a camera or a network stream.
///
/// A thread of its own opens the source, decodes all its frames, and opens the source again when it is
/// lost: for ever, until `stop`. The newest frame wins; frames that come together although they were
/// taken one after the other wait for `LiveSettings.bufferSeconds` at most. A thread that a decoder or
/// a driver holds beyond all deadlines is left to itself and another takes its place; `next` and
/// `snapshot` find that out. `next` belongs to one thread; everything else may be called on any.
/// Nothing is allocated a frame once the pictures have their size.
public final class LiveCapture: Sendable {
  private let loop: CaptureLoop

  /// Throws `.notReadable` for what is no live source (`VideoInput.isLive`) and for an address that
  /// can never work (`SourceAddress.mistake`). A source that is not there is no error: it may come.
  public init(
    _ address: String, settings: LiveSettings = .standard
  ) throws(VideoInputError) {
    guard let place = LiveAddress(address) else {
      throw VideoInputError(
        .notReadable, operation: "open", source: address,
        problem: "it is no live source", expected: "a camera such as /dev/video0, or a URL")
    }
    if let mistake = SourceAddress(address).mistake {
      throw VideoInputError(
        .notReadable, operation: "open", source: address, problem: mistake.problem,
        expected: mistake.expected)
    }
    loop = CaptureLoop(place, settings)
  }

  /// The address as it may be shown.
  public var address: String { loop.address.shown }

  /// Begins to open and read. More calls do nothing.
  public func start() { loop.start() }

  /// Closes the source and ends the thread; `next` then says `.stopped`. Returns when the thread
  /// has ended, within 2 seconds where a driver or a name server holds it: it then ends by itself.
  public func stop() { loop.stop(waitingAtMost: 2) }

  deinit { loop.stop(waitingAtMost: 0) }

  /// Exchanges `frame` for the next one that has not been given, waiting for it at most `seconds`.
  ///
  /// The frame's `timestampSeconds` count by capture time from the first frame of this capture and
  /// rise strictly, across reconnects too; `number` counts all that were received, so that drops
  /// show; `captureSeconds` and `utcSeconds` are set.
  public func next(into frame: inout VideoFrame, waitingAtMost seconds: Double) -> Arrival {
    let arrival = loop.frames.take(into: &frame, waitingAtMost: seconds)
    if case .frame = arrival { loop.countDelivered() } else { loop.look() }
    return arrival
  }

  /// How the source does now.
  public var snapshot: LiveSnapshot { loop.snapshot }
}
