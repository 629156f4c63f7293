import ArgumentParser
import CLNF
import Foundation
import ModelTraining
import Pictures
import Recording
import VideoInput

struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract:
      "Draw training faces on a contact sheet, to look at, or one by one, to measure fits on.",
    discussion: """
      Visible landmarks are yellow, those that the head hides red. Without fitted faces the heads are \
      plain grey. A folder of images gets NAME.png and NAME.pts for every face, and boxes.csv (image, \
      box, rotation in degrees, whose skin): what landmarkd evaluate reads.
      """)

  @OptionGroup var files: MaterialOptions

  @Option(help: "The landmark definition (JSON); without it the mesh's own landmarks.")
  var definition: String?

  @Option(help: "The fitted faces (JSON).")
  var faces: String?

  @Option(help: "How many of the faces' photos to read at most.")
  var texturesAtMost = 40

  @Option(help: "A folder of pictures without faces, for backgrounds.")
  var scenes: String?

  @Option(help: "How many faces.")
  var count = 24

  @Option(help: "The first face's number.")
  var from = 0

  @Option(help: "Seed of all that is drawn.")
  var seed: UInt64 = 1

  @Option(help: "Least px/mm.")
  var least = 0.5

  @Option(help: "Most px/mm.")
  var most = 1.5

  @Option(help: "The greatest yaw of the heads that are turned far, degrees.")
  var farthestYaw = 75.0

  @Option(help: "Share of the heads that are turned far, 45 degrees and more.")
  var farShare = 0.2

  @Option(help: "The greatest pitch up and down of the heads that are bent, degrees.")
  var farthestPitch = 35.0

  @Option(help: "Share of the heads that are bent: their pitch is uniform up to the greatest.")
  var bentShare = 0.15

  @Option(help: "Share of the faces that are photos as they are, not drawn.")
  var photoShare = 0.0

  @Option(help: "Threads; the result does not depend on it.")
  var threads = 1

  @Option(help: "Side of a face on the sheet, px.")
  var side = 240

  @Option(help: "Faces a row of the sheet.")
  var columns = 8

  @Flag(help: "Leave the landmarks out.")
  var plain = false

  @Flag(help: "Draw heads alone: nothing worn, no covers, no camera's faults.")
  var bare = false

  @Option(help: "The contact sheet to write (PNG).")
  var sheet: String?

  @Option(help: "A folder to write every face to.")
  var images: String?

  func validate() throws {
    guard count > 0, side > 0, columns > 0, least > 0, least <= most, most < 20 else {
      throw ValidationError(
        "expected --count, --side, --columns and --least above 0, --least up to --most")
    }
    guard (45...100).contains(farthestYaw), (0...1).contains(farShare),
      (0...1).contains(photoShare)
    else {
      throw ValidationError(
        "expected --farthest-yaw from 45 to 100, --far-share and --photo-share from 0 to 1")
    }
    guard (0...60).contains(farthestPitch), (0...1).contains(bentShare) else {
      throw ValidationError("expected --farthest-pitch from 0 to 60, --bent-share from 0 to 1")
    }
  }

  func run() throws {
    let material = try TrainingMaterial(files.material)
    let definition = try readDefinition(material.head)
    let persons = try readFaces(material)
    let scene = try material.scene(
      of: persons, definition: definition,
      scenery: try scenes.map(VerdictCommand.readScenery))
    let start = ContinuousClock.now
    let faces = RenderedFaces.draw(
      from..<from + count, of: scene, settings: makeSettings(), threads: threads)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    print(String(format: "%d faces, %.1f ms a face", count, 1000 * seconds / Double(count)))
    if let sheet {
      try PNGWriter.write(
        Self.draw(faces, side: side, columns: columns, plain: plain), to: sheet, force: true)
    }
    if let images { try Self.write(faces, of: persons, first: from, to: images) }
  }

  private static func write(
    _ faces: [RenderedFace], of persons: [FittedFace], first: Int, to folder: String
  ) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let photos = Dictionary(persons.map { ($0.person, $0.photo) }) { first, _ in first }
    var table = "image,x,y,width,height,pitch,yaw,roll,person\n"
    for (index, face) in faces.enumerated() {
      let name = String(format: "face%05d", first + index)
      try PNGWriter.write(face.image, to: "\(folder)/\(name).png", force: true)
      let points =
        face.landmarks.map { Double($0.x) } + face.landmarks.map { Double($0.y) }
      try PTSFile.write(points, to: "\(folder)/\(name).pts", force: true)
      let box = LandmarkError.box(of: points)
      let turn = [face.rotation.x, face.rotation.y, face.rotation.z].map { $0 * 180 / .pi }
      let values = [box.x, box.y, box.width, box.height] + turn
      table += name + ".png," + values.map { String(format: "%.2f", $0) }.joined(separator: ",")
      table += "," + (photos[face.person] ?? "") + "\n"
    }
    try Data(table.utf8).write(to: URL(fileURLWithPath: folder + "/boxes.csv"), options: .atomic)
  }

  private func makeSettings() -> SceneSettings {
    var settings = bare ? SceneSettings.bare : SceneSettings()
    settings.seed = seed
    settings.pixelsPerMillimetre = least...most
    settings.pose.farYaw = 45...farthestYaw
    settings.pose.farShare = farShare
    (settings.pose.widePitch, settings.pose.widePitchShare) = (farthestPitch, bentShare)
    settings.photoShare = photoShare
    return settings
  }

  private func readDefinition(_ head: HeadModel) throws -> LandmarkDefinition {
    guard let definition else { return LandmarkDefinition(vertices: head.landmarkVertices) }
    return try LandmarkDefinition.read(definition, vertexCount: head.vertexCount)
  }

  /// Fitted faces, evenly over the list.
  private func readFaces(_ material: TrainingMaterial) throws -> [FittedFace] {
    guard let path = faces else { return [] }
    let all = try FittedFace.readList(path, head: material.head)
    let step = max(1, (all.count + texturesAtMost - 1) / max(1, texturesAtMost))
    return stride(from: 0, to: all.count, by: step).map { all[$0] }
  }

  /// Faces side by side, each scaled to `side` px.
  private static func draw(
    _ faces: [RenderedFace], side: Int, columns: Int, plain: Bool
  ) -> OverlayPicture {
    let columns = max(1, min(columns, faces.count))
    let rows = (faces.count + columns - 1) / columns
    let width = columns * side
    var grey = GreyImage(width: width, height: rows * side, repeating: 0)
    for (index, face) in faces.enumerated() {
      let (left, top) = (index % columns * side, index / columns * side)
      let fromWidth = face.image.width
      face.image.withSamples { from in
        grey.withMutableSamples { to in
          for y in 0..<side {
            let row = y * face.image.height / side * fromWidth
            for x in 0..<side {
              to[(top + y) * width + left + x] = from[row + x * fromWidth / side]
            }
          }
        }
      }
    }
    var picture = OverlayPicture(grey: grey)
    guard !plain else { return picture }
    for (index, face) in faces.enumerated() {
      let (left, top) = (index % columns * side, index / columns * side)
      let factor = Float(side) / Float(face.image.width)
      for (point, isVisible) in zip(face.landmarks, face.visible) {
        picture.drawDot(
          x: Double(left) + Double((point.x + 0.5) * factor - 0.5),
          y: Double(top) + Double((point.y + 0.5) * factor - 0.5), radius: 1.4,
          isVisible ? Colour(255, 230, 60) : Colour(255, 40, 40))
      }
    }
    return picture
  }
}
