import ArgumentParser
import CLNF
import Foundation
import ModelTraining
import Pictures
import Recording

struct SequenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render-sequence",
    abstract: "Draw a moving head as a video, with every landmark's true place.",
    discussion: """
      One person before one background in one light; what the head does is a smooth function of \
      time. The table has a row a frame: its time, the head's rotation (radians), the distance that \
      the outer eye corners would have if the head were not turned, the 68 points (px from the \
      centre of the top left pixel), and which of them the head does not hide.
      """)

  @OptionGroup var files: MaterialOptions

  @Option(help: "The landmark definition (JSON); without it the mesh's own landmarks.")
  var definition: String?

  @Option(help: "The fitted faces (JSON); without them the head is plain grey.")
  var faces: String?

  @Option(help: "Which of the faces: its photo, as the list names it; default the first.")
  var person: String?

  @Option(help: "What the head does: talk, turn or still.")
  var script: SequenceScript = .talk

  @Option(help: ArgumentHelp("Of a frame, px.", valueName: "WxH"))
  var size: FrameSize = FrameSize(width: 640, height: 480)

  @Option(help: "How long; default as long as the script.")
  var seconds: Double?

  @Option(help: "Frames a second.")
  var rate = 30.0

  @Option(help: "Seed of all that is drawn, and of the rhythm of speech and blinks.")
  var seed: UInt64 = 1

  @Option(help: "From the camera to the face, mm.")
  var distance = 560.0

  @Option(help: "Deviation of the sensor's noise, grey levels.")
  var noise: Float = 0

  @Option(help: "Leave what a codec with blocks leaves at this quality, 1 to 100.")
  var quality: Int?

  @Option(help: "How far out of focus the background is, px.")
  var backgroundBlur: Float = 6

  @Option(
    help: "A background of one grey level, 0 to 255; two levels tell where the person is.")
  var plainBackground: Float?

  @Flag(help: "Draw light, hair, glasses and beards at random, as in training.")
  var dressed = false

  @Flag(help: "Draw the landmarks too, to look at.")
  var marked = false

  @Option(name: .shortAndLong, help: "A video (.mp4, ...), or a folder for a PNG a frame.")
  var output: String

  @Option(help: "The table of what is true (CSV).")
  var truth: String

  @Flag(help: "Replace files that exist.")
  var force = false

  func validate() throws {
    guard rate.isFinite, rate > 0, rate <= 1000, distance.isFinite, distance >= 250 else {
      throw ValidationError("expected --rate above 0, --distance of at least 250 mm")
    }
    guard (seconds ?? 1) > 0, (seconds ?? 1) < 3600, noise >= 0, noise < 100,
      (0...100).contains(backgroundBlur), (1...100).contains(quality ?? 1),
      (0...255).contains(plainBackground ?? 0)
    else {
      throw ValidationError(
        "expected --seconds above 0, --noise, --background-blur and --quality up to 100, --plain-background up to 255"
      )
    }
    guard OverlayRecorder.kind(of: output) != nil else {
      throw ValidationError("-o \(output): a video's name ends in .mp4 or such, a folder's in /")
    }
  }

  func run() throws {
    let length = seconds ?? script.seconds
    let renderer = SequenceRenderer(
      material: try makeMaterial(), settings: makeSettings(), scene: dressed ? worn : .bare,
      performance: script.performance(seconds: length, seed: seed))
    let recorder = try OverlayRecorder(path: output, force: force)
    let start = ContinuousClock.now
    let count = max(1, Int((length * rate).rounded()))
    var rows: [[String]] = []
    for index in 0..<count {
      let face = renderer.frame(index)
      let row = SequenceTruth.Row(frame: index + 1, timestamp: renderer.time(index), face: face)
      var picture = OverlayPicture(grey: face.image)
      if marked { Self.mark(row, on: &picture) }
      try recorder.write(
        picture,
        at: OverlayRecorder.Place(
          frameNumber: row.frame, seconds: row.timestamp, timeBase: .mpeg))
      rows.append(row.cells)
    }
    try recorder.finish()
    try CSVTable.write(header: SequenceTruth.header, rows: rows, to: truth, force: force)
    let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    print(String(format: "%d frames, %.0f ms a frame", count, milliseconds / Double(count)))
  }

  private func makeSettings() -> SequenceSettings {
    var settings = SequenceSettings()
    settings.seed = seed
    (settings.width, settings.height) = (size.width, size.height)
    settings.place.z = distance
    settings.rate = rate
    settings.noise = noise
    settings.codingQuality = quality
    settings.backgroundBlur = backgroundBlur
    settings.plainBackground = plainBackground
    return settings
  }

  /// Nothing before the face.
  private var worn: SceneSettings {
    var settings = SceneSettings()
    (settings.handShare, settings.occluderShare) = (0, 0)
    return settings
  }

  private func makeMaterial() throws -> SceneMaterial {
    let material = try TrainingMaterial(files.material)
    let head = material.head
    let landmarks =
      try definition.map { try LandmarkDefinition.read($0, vertexCount: head.vertexCount) }
      ?? LandmarkDefinition(vertices: head.landmarkVertices)
    guard let path = faces else {
      return SceneMaterial(head: head, definition: landmarks, textures: [])
    }
    let all = try FittedFace.readList(path, head: head)
    guard let index = all.firstIndex(where: { person == nil || $0.photo == person }) else {
      throw ValidationError("\(path) has no face of \(person ?? "")")
    }
    let texture = try material.texture(
      of: all[index], definition: landmarks, offsets: FittedFace.meanResiduals(all)[index])
    return SceneMaterial(head: head, definition: landmarks, textures: [texture])
  }

  /// Visible points yellow, those that the head hides red.
  private static func mark(_ row: SequenceTruth.Row, on picture: inout OverlayPicture) {
    for i in 0..<68 {
      picture.drawDot(
        x: row.landmarks[i], y: row.landmarks[68 + i], radius: 1.4,
        row.visible[i] ? Colour(255, 230, 60) : Colour(255, 40, 40))
    }
  }
}

extension SequenceScript: ExpressibleByArgument {}

/// "640x480".
struct FrameSize: ExpressibleByArgument {
  var width: Int
  var height: Int

  init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

  init?(argument: String) {
    let parts = argument.split(separator: "x").map { Int($0) }
    guard parts.count == 2, let width = parts[0], let height = parts[1],
      (16...4096).contains(width), (16...4096).contains(height)
    else { return nil }
    self.init(width: width, height: height)
  }

  var defaultValueDescription: String { "\(width)x\(height)" }
}
