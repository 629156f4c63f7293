import Measurement
import Synchronization
import Tracking

/// A live stream's face to programs that animate with OpenSeeFace's UDP packets, as VSeeFace does.
///
/// Only believed fits of 68 landmarks are sent, as OpenSeeFace itself only sends faces that it is
/// sure of; a program that hears nothing keeps its last pose. What each field holds:
/// docs/use/outputs.md. Encoding and sending take about 5 microseconds together.
public final class OpenSeeFaceSender: FrameSink {
  /// The port that the receivers listen on unless told otherwise.
  public static let defaultPort = 11_573
  /// What a model must have.
  public static let landmarkCount = OpenSeeFacePacket.landmarkCount

  private let sender: DatagramSender
  private let faceID: Int32
  private let hasSeveral: Bool
  private let clock = LogClock()
  private let packet = Mutex(OpenSeeFacePacket())

  /// - Parameters:
  ///   - host: a name or address.
  ///   - faceID: the number that the face is sent under; receivers show number 0 unless told
  ///     otherwise. Streams that go to one receiver need different ones.
  ///   - hasSeveral: whether several faces are followed: each is then sent under its face_id more, so
  ///     that streams to one receiver need numbers that are far apart. One face keeps its number, whoever
  ///     it is.
  ///
  /// Throws `RecordingError.invalidSetting` for what is out of range.
  public init(
    host: String, port: Int = defaultPort, faceID: Int = 0, hasSeveral: Bool = false
  ) throws(RecordingError) {
    guard let number = Int32(exactly: faceID), number >= 0 else {
      throw .invalidSetting(name: "faceID", value: "\(faceID)", expected: "0 to 2147483647")
    }
    self.faceID = number
    self.hasSeveral = hasSeveral
    sender = try DatagramSender(host: host, port: port)
  }

  public func write(
    _ frame: TrackedFrame, _ measurement: FaceMeasurement, _ context: FrameContext
  ) {
    guard frame.hasFit, frame.success, let head = measurement.writtenPose else { return }
    let n = Self.landmarkCount
    guard frame.landmarks.count == 2 * n, measurement.landmarks3D.count == 3 * n else {
      return sender.countWrongShape(
        .receiver(
          target: sender.target,
          reason: "OpenSeeFace is for \(n) landmarks, a frame has \(frame.landmarks.count / 2)"))
    }
    let utc = frame.utcSeconds ?? clock.utcSeconds()
    let number = hasSeveral ? faceID &+ Int32(truncatingIfNeeded: frame.faceID) : faceID
    packet.withLock { packet in
      packet.encode(
        frame, head, measurement.landmarks3D, context, faceID: number, utcSeconds: utc)
      sender.send(packet.bytes)
    }
  }

  public func close() { sender.close() }

  public var status: SinkStatus { sender.status(kind: "openseeface") }
}
