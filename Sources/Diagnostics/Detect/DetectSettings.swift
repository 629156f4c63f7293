import FaceFinding
import Recording
import VideoInput

/// What is searched for faces, how, and what becomes of it.
public struct DetectSettings: Sendable {
  /// Images and recordings, as `VideoInput.open` names them; `images(of:)` has those of a folder.
  public var inputs: [String]
  /// How faces are searched.
  public var finder: FaceFinderSettings
  /// How the inputs are read. Colour is drawn on where it is kept.
  public var video: VideoSettings
  /// The file of the table; -: standard output.
  public var output = "-"
  public var format = FaceTable.Format.csv
  /// The folder of the drawn frames; nil: none are drawn.
  public var pictureFolder: String?
  /// What the drawn frames of an input are called: NAME.png of an image, NAME/frame-000001.png of a
  /// recording. Different inputs need different names.
  public var pictureName: @Sendable (String) -> String = { $0 }
  /// Whether files that exist are replaced.
  public var force = false

  /// A CSV on standard output; nothing is drawn.
  public init(inputs: [String], finder: FaceFinderSettings, video: VideoSettings) {
    self.inputs = inputs
    self.finder = finder
    self.video = video
  }

  /// The images of a folder or of a pattern, in their order; of anything else itself, which is said to
  /// be none when it is read.
  public static func images(of name: String) -> [String] {
    let found = VideoInput.files(of: name)
    return found.isEmpty ? [name] : found
  }

  /// The files that are drawn of an input, as far as that is known before it is read: the picture of an
  /// image; of a recording those of an earlier run, which this one would write over.
  public func pictures(of input: String) -> [String] {
    guard let place = picturePlace(of: input) else { return [] }
    guard !VideoInput.isStillImage(input) else { return [place + ".png"] }
    return VideoInput.files(of: place).filter { $0.hasPrefix(place + "/frame-") }
  }

  func picturePlace(of input: String) -> String? {
    pictureFolder.map { $0 + "/" + pictureName(input) }
  }
}

/// What became of the inputs of a search and their faces.
public struct DetectTally: Sendable, Equatable {
  /// Images that were searched.
  public var images = 0
  /// Recordings of which frames were searched, and how many frames.
  public var videos = 0
  public var frames = 0
  public var faces = 0
  /// Images and frames in which there was none.
  public var withoutFace = 0
  /// Inputs that could not be read, or not to their end.
  public var failures = 0
  /// Recordings that ended before what they promised.
  public var endedEarly = 0

  public init() {}

  /// "2 images, 30 frames of 1 video: 33 faces; 0 without a face".
  public var text: String {
    func count(_ number: Int, _ name: String) -> String {
      "\(number) \(name)\(number == 1 ? "" : "s")"
    }
    var searched: [String] = []
    if images > 0 || videos == 0 { searched.append(count(images, "image")) }
    if videos > 0 { searched.append("\(count(frames, "frame")) of \(count(videos, "video"))") }
    var text = searched.joined(separator: ", ") + ": \(count(faces, "face")); "
    text += "\(withoutFace) without a face"
    if failures > 0 { text += "; \(count(failures, "input")) could not be read" }
    return text
  }
}
