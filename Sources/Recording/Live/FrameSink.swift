import Measurement
import Tracking

/// Where the rows of a live stream go: a log, a socket, a program that animates a face.
///
/// `write` belongs to one thread, the stream's; it encodes the row into memory that is used again
/// and returns within microseconds, whatever the disk or the receiver does. What cannot be taken is
/// counted as lost, by cause. `close` and `status` may be called on any thread.
public protocol FrameSink: AnyObject, Sendable {
  /// Hands on the row of one face in one frame. Never blocks, never throws; `status` says what
  /// became of the rows. After `close` rows are only counted as lost.
  func write(_ frame: TrackedFrame, _ measurement: FaceMeasurement, _ context: FrameContext)

  /// Writes what is queued, in whole lines, and lets go of the destination. A destination that takes
  /// nothing is waited for 1.5 seconds, a slow reader 2, a slow disk 5; what has not been taken by
  /// then is counted as lost. More calls do nothing.
  func close()

  /// How the sink does now.
  var status: SinkStatus { get }
}

/// What a row needs to be told of its stream.
public struct FrameContext: Sendable, Equatable {
  /// The stream's name in the configuration.
  public var stream: String
  /// Pixels of the frames.
  public var width: Int
  public var height: Int
  /// The camera that the poses are for.
  public var camera: CameraIntrinsics

  public init(stream: String, width: Int, height: Int, camera: CameraIntrinsics) {
    self.stream = stream
    self.width = width
    self.height = height
    self.camera = camera
  }
}

/// How a sink does.
public struct SinkStatus: Sendable, Equatable {
  /// "csv", "ndjson", "osc" or "openseeface".
  public var kind: String
  /// Where it goes, as it was asked for: a name pattern, a path, HOST:PORT.
  public var target: String
  /// Rows that were handed to the system, or packets that were and have not been refused.
  public var written: Int
  /// Rows or packets that were not, by cause (`LossCause`); causes without losses are left out.
  public var lost: [String: Int]
  /// Those of `lost` that had been kept to be written and could not be when the sink was closed, or
  /// when it was over.
  public var lostAtEnd: Int
  /// What is wrong now, in one line; nil while all is well.
  public var problem: String?
  /// Whether nothing can be written any more, however long one waits: standard output's reader has
  /// gone. Only streams to a descriptor that cannot be opened again end like this.
  public var isOver: Bool

  public init(
    kind: String, target: String, written: Int = 0, lost: [String: Int] = [:],
    lostAtEnd: Int = 0, problem: String? = nil, isOver: Bool = false
  ) {
    self.kind = kind
    self.target = target
    self.written = written
    self.lost = lost
    self.lostAtEnd = lostAtEnd
    self.problem = problem
    self.isOver = isOver
  }
}

extension SinkStatus {
  /// Rows or packets that were lost, whatever for.
  public var lostCount: Int { lost.values.reduce(0, +) }

  /// Whether it ended, or cannot go on, without rows that it had been given to write.
  public var endedWithLoss: Bool { lostAtEnd > 0 || (isOver && lostCount > 0) }

  /// "disk full 182, closed 3"
  var causes: String {
    lost.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0) \($1)" }
      .joined(separator: ", ")
  }
}

/// Why a row was lost; the raw value is the key in `SinkStatus.lost`.
public enum LossCause: String, Sendable, CaseIterable {
  /// The file system has no room, and the queue is full.
  case diskFull = "disk full"
  /// The disk takes rows more slowly than they come, and the queue is full.
  case diskSlow = "disk slow"
  /// The file cannot be opened or written for another reason, and the queue is full.
  case cannotWrite = "cannot write"
  /// The receiver takes rows more slowly than they come.
  case receiverSlow = "receiver slow"
  /// Nobody receives: nothing listens, or the receiver has gone.
  case noReceiver = "no receiver"
  /// The receiver's host is not known or cannot be reached.
  case unreachable = "unreachable"
  /// The row does not have the shape that the destination is for.
  case wrongShape = "wrong shape"
  /// The row came after `close`.
  case closed = "closed"
}

/// Counts of losses by cause.
struct LossCounts {
  private var counts = [Int](repeating: 0, count: LossCause.allCases.count)

  mutating func add(_ number: Int, _ cause: LossCause) {
    guard let index = LossCause.allCases.firstIndex(of: cause) else { return }
    counts[index] += number
  }

  /// What is wrong where rows are lost for `cause` and no error says more.
  static func problem(_ cause: LossCause) -> String {
    switch cause {
    case .diskSlow: "the disk takes rows more slowly than they come"
    case .receiverSlow: "the receiver takes rows more slowly than they come"
    default: "rows are lost: \(cause.rawValue)"
    }
  }

  /// The causes that have losses.
  var byCause: [String: Int] {
    var result: [String: Int] = [:]
    for (cause, count) in zip(LossCause.allCases, counts) where count > 0 {
      result[cause.rawValue] = count
    }
    return result
  }
}
