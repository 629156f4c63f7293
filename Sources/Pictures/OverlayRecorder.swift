import FoundationEssentials
import Glibc
import Recording
import SystemNames
import SystemSupport
import VideoInput

/// Records drawn frames as a video, or as a folder with a PNG a frame.
///
/// Not to be used by two threads at once.
public final class OverlayRecorder {
  /// What a path asks for.
  public enum Kind: Sendable, Equatable {
    case video
    /// frame-000001.png ..., by the frames' numbers.
    case pictures
  }

  public let path: String
  public let kind: Kind
  public private(set) var framesWritten = 0
  /// The sound of a video; to be given before the first frame.
  public var sound: SoundReader?
  /// What a user should know of the sound: why there is none, or why it ends.
  public var soundNote: String? { video?.soundNote }

  private let force: Bool
  private var video: VideoWriter?
  private var isClosed = false
  private var hasFailed = false

  /// What `path` asks for: pictures where it is a folder or ends with "/", a video where it has
  /// one of `VideoWriter.endings`; nil for anything else.
  public static func kind(of path: String) -> Kind? {
    if path.hasSuffix("/") || SystemName.isFolder(path) { return .pictures }
    let ending = URL(fileURLWithPath: path).pathExtension.lowercased()
    return VideoWriter.endings.contains(ending) ? .video : nil
  }

  /// Looks whether the result may be made, and makes a folder that is not there. A video is
  /// begun with the first frame.
  ///
  /// - Parameter force: whether a video, or pictures of the folder, may be replaced. A folder that
  ///   holds a picture of that kind is otherwise refused, so that two runs are never mixed.
  ///
  /// Throws `PicturesError`: `file`, `video`.
  public init(path: String, force: Bool) throws(PicturesError) {
    guard let kind = Self.kind(of: path) else {
      throw .video(
        path: path, operation: "choose a container",
        text: "a video ends in .\(VideoWriter.endings.joined(separator: ", .")); a folder in /")
    }
    self.path = path
    self.kind = kind
    self.force = force
    switch kind {
    case .video:
      if !force, access(path, F_OK) == 0 { throw .file(.alreadyExists(path: path, rows: nil)) }
    case .pictures:
      guard SystemName.makeFolders(path) else { throw .file(.current("create", path)) }
      let names = SystemName.names(inFolder: path)?.map(\.name) ?? []
      let taken = names.filter { $0.hasPrefix("frame-") && $0.hasSuffix(".png") }.min()
      if let taken, !force { throw .file(.alreadyExists(path: Self.join(path, taken), rows: nil)) }
    }
  }

  /// A frame's number and time for a recording.
  public struct Place: Sendable {
    /// From 1.
    public var frameNumber: Int
    /// When a video shows it, at least 0.
    public var seconds: Double
    /// Of the source; that of the first frame is asked of the container.
    public var timeBase: VideoWriter.TimeBase

    public init(frameNumber: Int, seconds: Double, timeBase: VideoWriter.TimeBase) {
      self.frameNumber = frameNumber
      self.seconds = seconds
      self.timeBase = timeBase
    }
  }

  /// Adds a frame. Throws what `VideoWriter` and `PNGWriter` throw.
  public func write(
    _ picture: borrowing OverlayPicture, at place: Place
  ) throws(PicturesError) {
    guard !isClosed else { throw .file(.closed(path: path)) }
    switch kind {
    case .pictures:
      // Zeros in front up to six digits; longer recordings have longer names.
      let name = String(printf: "frame-%06d.png", place.frameNumber)
      try PNGWriter.write(picture, to: Self.join(path, name), force: force)
    case .video:
      try writeVideo(picture, place)
    }
    framesWritten += 1
  }

  private func writeVideo(
    _ picture: borrowing OverlayPicture, _ place: Place
  ) throws(PicturesError) {
    if video == nil {
      video = try VideoWriter(
        path: path, width: picture.width, height: picture.height, timeBase: place.timeBase,
        force: force, sound: sound)
      sound = nil
    }
    do throws(PicturesError) {
      try video?.write(picture, at: place.seconds)
    } catch {
      // Without its end the container is of no use: nobody is to be sent to it.
      hasFailed = true
      throw error
    }
  }

  /// Completes the video and gives it its name.
  public func finish() throws(PicturesError) {
    guard !isClosed else { throw .file(.closed(path: path)) }
    isClosed = true
    try video?.finish()
  }

  /// Completes the video under its partial name, as after an interruption. Returns where the
  /// frames are; nil where there are none, and after a video's error.
  public func abandon() throws(PicturesError) -> String? {
    guard !isClosed else { throw .file(.closed(path: path)) }
    isClosed = true
    guard framesWritten > 0 else { return nil }
    guard kind == .video else { return path }
    let partial = try video?.abandon()
    return hasFailed ? nil : partial
  }

  private static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }
}
