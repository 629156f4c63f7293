import FoundationEssentials
import Recording

/// What a run read, with what settings, and how it went: NAME.json beside NAME.
///
/// The same report gives the same bytes: keys are sorted.
public struct RunReport: Codable, Sendable, Equatable {
  /// The input as it was named: a path, a URL, a device.
  public var input: String
  public var model: Model
  /// Every setting the run had, by its option's name.
  public var settings: [String: ReportValue]
  /// Versions by component: landmarkd, libavformat, ...
  public var versions: [String: String]
  public var counts: Counts
  /// Who was seen, by face_id.
  public var identities: [Identity]
  public var times: Times
  /// Whether the input broke off before the end that it promises.
  public var endedEarly: Bool
  /// Why it ended early, in words.
  public var endReason: String?
  /// Which bytes were read; nil for what cannot be looked at again: pipes, addresses, live sources.
  public var source: Source?
  /// The table that the report is about; nil for live sources.
  public var output: Output?
  /// `recipe` of the run: the same for two runs whose rows are the same for the same bytes.
  public var madeWith: String?

  public struct Model: Codable, Sendable, Equatable {
    public var name: String
    /// Of the model file's bytes, with the kind in front: "sha256:...".
    public var checksum: String

    public init(name: String, checksum: String) {
      self.name = name
      self.checksum = checksum
    }
  }

  /// Frames, but for `rowsWritten` and what says otherwise.
  public struct Counts: Codable, Sendable, Equatable {
    public var framesRead = 0
    /// Live sources only: frames that were not looked at because a newer one was there.
    public var framesDropped = 0
    /// Frames with a fit that was believed.
    public var framesTracked = 0
    /// Frames with a face whose fit was not believed.
    public var framesFailed = 0
    /// Frames in which there was no face to follow.
    public var framesWithoutFace = 0
    /// Packets or frames that the decoder could not read.
    public var decodeErrors = 0
    /// Packets that the container knows to be damaged, and reads that failed.
    public var corruptPackets = 0
    /// Frames that the decoder marked as damaged.
    public var damagedFrames = 0
    /// Frames that the decoder took and did not give.
    public var lostFrames = 0
    public var missingTimestamps = 0
    public var repeatedTimestamps = 0
    public var disorderedTimestamps = 0
    /// Frames whose stamps were far from their neighbours'.
    public var wildTimestamps = 0
    /// How often the size or the pixel format changed.
    public var resolutionChanges = 0
    /// Recordings after the first in the same stream.
    public var recordingsJoined = 0
    public var rowsWritten = 0

    public init() {}
  }

  /// A person as far as can be told, by believed rows.
  public struct Identity: Codable, Sendable, Equatable {
    public var faceID: Int
    /// Times of the first and the last frame that show the face, and how many do.
    public var firstSeconds: Double
    public var lastSeconds: Double
    public var frames: Int
    /// 0 to 1.
    public var meanConfidence: Double
    /// The picture of the face, beside the report; nil where none was asked for.
    public var thumbnail: String?

    public init(
      faceID: Int, firstSeconds: Double, lastSeconds: Double? = nil, frames: Int = 0,
      meanConfidence: Double = 0
    ) {
      self.faceID = faceID
      self.firstSeconds = firstSeconds
      self.lastSeconds = lastSeconds ?? firstSeconds
      self.frames = frames
      self.meanConfidence = meanConfidence
    }
  }

  public struct Times: Codable, Sendable, Equatable {
    /// ISO 8601, UTC (`UTCTimestamp`).
    public var started: String
    public var finished: String
    /// On the monotonic clock.
    public var wallSeconds: Double
    /// From the first frame's time stamp to the last one's.
    public var mediaSeconds: Double

    public init(started: String, finished: String, wallSeconds: Double, mediaSeconds: Double) {
      self.started = started
      self.finished = finished
      self.wallSeconds = wallSeconds
      self.mediaSeconds = mediaSeconds
    }
  }

  public init(
    input: String, model: Model, settings: [String: ReportValue] = [:],
    versions: [String: String] = [:], counts: Counts = Counts(), identities: [Identity] = [],
    times: Times
  ) {
    self.input = input
    self.model = model
    self.settings = settings
    self.versions = versions
    self.counts = counts
    self.identities = identities
    self.times = times
    endedEarly = false
    endReason = nil
  }

  /// Where the report of a result belongs: `out.csv` has `out.csv.json`.
  public static func path(besides result: String) -> String {
    NameBeside.path(of: result, ending: ".json")
  }

  /// Writes the report to `path` (`-`: standard output), whole or not at all.
  ///
  /// A command that was allowed to write NAME passes `force`: an old report beside a new result
  /// would be wrong.
  ///
  /// Throws `RecordingError`: `notRepresentable` for numbers that are not finite (JSON has none),
  /// else as `CSVWriter`.
  public func write(to path: String, force: Bool) throws(RecordingError) {
    try WholeFile.write(try bytes(for: path), to: path, force: force)
  }

  /// The report, durable beside a result that has no name yet: `publish` it when that has one.
  ///
  /// Throws as `write`.
  public func settled(for path: String, force: Bool) throws(RecordingError) -> SettledFile {
    try SettledFile(try bytes(for: path), for: path, force: force)
  }

  private func bytes(for path: String) throws(RecordingError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var bytes: [UInt8]
    do {
      bytes = [UInt8](try encoder.encode(self))
    } catch {
      throw .notRepresentable(path: path, reason: "a number in the report is not finite")
    }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}

/// A setting's value in a report.
public enum ReportValue: Sendable, Equatable {
  case flag(Bool)
  /// JSON knows one kind of number; whole numbers are exact up to 2^53.
  case number(Double)
  case text(String)
  case list([ReportValue])
}

extension ReportValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else {
      self = .list(try container.decode([ReportValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .flag(let flag): try container.encode(flag)
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    case .list(let values): try container.encode(values)
    }
  }
}

extension ReportValue: ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral
{
  public init(booleanLiteral value: Bool) { self = .flag(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  public init(stringLiteral value: String) { self = .text(value) }
  public init(arrayLiteral elements: ReportValue...) { self = .list(elements) }
}
