import ArgumentParser
import CLNF
import Foundation
import ModelTraining
import Recording
import VideoInput

struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Draw training faces on a contact sheet, to look at.",
    discussion: """
      Visible landmarks are yellow, those that the head hides red. Textures are made of the photos \
      (NAME.jpg with NAME.pts); without photos the faces are plain grey.
      """)

  @Option(help: "The folder of the morphable head.")
  var material: String

  @Option(help: "A folder of photos with points; may be given several times.")
  var photos: [String] = []

  @Option(help: "The landmarks' definition (JSON); without it, learned from the photos' points.")
  var definition: String?

  @Option(help: "How many photos to read at most.")
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
  var sheet: String

  func run() throws {
    let head = try HeadModel(folder: material)
    let (definition, textures) = try readTextures(head)
    let scene = SceneMaterial(
      head: head, definition: definition, textures: textures,
      scenery: try scenes.map(VerdictCommand.readScenery))
    guard count > 0, side > 0, columns > 0, least > 0, least <= most, most < 20 else {
      throw ValidationError(
        "expected --count, --side, --columns and --least above 0, --least up to --most")
    }
    let settings = makeSettings()
    let start = Date()
    let faces = RenderedFaces.draw(
      from..<from + count, of: scene, settings: settings, threads: threads)
    let seconds = Date().timeIntervalSince(start)
    print(String(format: "%d faces, %.1f ms a face", count, 1000 * seconds / Double(count)))
    try PNGWriter.write(
      Self.draw(faces, side: side, columns: columns, plain: plain), to: sheet, force: true)
  }

  private func makeSettings() -> SceneSettings {
    var settings = bare ? SceneSettings.bare : SceneSettings()
    settings.seed = seed
    settings.pixelsPerMillimetre = least...most
    return settings
  }

  /// The definition and the photos on fitted heads.
  private func readTextures(
    _ head: HeadModel
  ) throws -> (LandmarkDefinition, [HeadTexture]) {
    let stems = try photos.flatMap { try AnnotatedFaces.files(in: $0) }
    let points = try stems.map { stem in
      let stacked = try PTSFile.read(stem + ".pts", count: 68)
      return (0..<68).map { SIMD2(stacked[$0], stacked[68 + $0]) }
    }
    var learned = LandmarkDefinition(vertices: head.landmarkVertices)
    if let path = definition {
      learned = try LandmarkDefinition.read(path, vertexCount: head.vertexCount)
    } else if !points.isEmpty {
      _ = learned.learn(from: points, head: head, rounds: 4)
    }
    let basis = LandmarkBasis(head: head, definition: learned)
    var textures: [HeadTexture] = []
    let step = max(1, stems.count / max(1, texturesAtMost))
    for i in stride(from: 0, to: stems.count, by: step) {
      guard let fit = IdentityFit(points: points[i], basis: basis) else { continue }
      let photo = try ImageReader.read(stems[i] + ".jpg")
      textures.append(
        HeadTexture(
          photo: photo.grey, source: HeadTexture.Source(fit: fit, showsMouthInterior: false),
          head: head, definition: learned))
    }
    return (learned, textures)
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
