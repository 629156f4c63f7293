import CLNF
import Foundation
import ModelTraining
import Recording
import VideoInput

/// The folder that the default model is made from (docs/use/models.md says where its parts come
/// from): ict-facekit/, london/, london-smiling/ and canada/.
struct TrainingMaterial {
  let folder: String
  let head: HeadModel

  init(_ folder: String) throws {
    self.folder = folder
    head = try HeadModel(folder: folder + "/ict-facekit")
  }

  /// A photo with points, and the number of the person it shows.
  struct Photo {
    /// Below the material's folder.
    var path: String
    var person: Int
    var points: [SIMD2<Double>]
  }

  /// The neutral photos with the points that came with them, the jaw's laid anew on the templates'
  /// outline; sorted by name.
  func neutralPhotos() throws -> [Photo] {
    var photos: [Photo] = []
    for set in ["london", "canada"] {
      for stem in try AnnotatedFaces.files(in: folder + "/" + set) {
        let name = set + "/" + URL(fileURLWithPath: stem).lastPathComponent + ".jpg"
        var points = try Self.points(stem + ".pts")
        let jaw = JawOutline.landmarks(template: try JawOutline.readTemplate(stem + ".tem"))
        points.replaceSubrange(0..<jaw.count, with: jaw)
        photos.append(Photo(path: name, person: photos.count, points: points))
      }
    }
    return photos
  }

  /// Points placed by hand: NAME.pts in `folder` for the London photo NAME.jpg, by the photo's path.
  static func placedPoints(in folder: String) throws -> [String: [SIMD2<Double>]] {
    var points: [String: [SIMD2<Double>]] = [:]
    for stem in try AnnotatedFaces.files(in: folder) {
      let name = URL(fileURLWithPath: stem).lastPathComponent
      points["london/\(name).jpg"] = try Self.points(stem + ".pts")
    }
    return points
  }

  static func points(_ path: String) throws -> [SIMD2<Double>] {
    let stacked = try PTSFile.read(path, count: 68)
    return (0..<68).map { SIMD2(stacked[$0], stacked[68 + $0]) }
  }

  /// The photo of a fitted face on its mesh.
  /// - Parameter offsets: by landmark, where the photo has it beside the mesh's place, mm.
  func texture(
    of face: FittedFace, definition: LandmarkDefinition, offsets: [SIMD2<Double>]
  ) throws -> HeadTexture {
    let basis = LandmarkBasis(head: head, definition: definition)
    return HeadTexture(
      photo: try image(face.photo),
      source: HeadTexture.Source(
        fit: face.fit(basis), person: face.person, showsMouthInterior: face.showsMouthInterior,
        residuals: offsets),
      head: head, definition: definition)
  }

  /// What is drawn of fitted faces: their photos on meshes and as they are, and their expressions.
  func scene(
    of faces: [FittedFace], definition: LandmarkDefinition, scenery: Scenery? = nil
  ) throws -> SceneMaterial {
    let basis = LandmarkBasis(head: head, definition: definition)
    return SceneMaterial(
      head: head, definition: definition,
      textures: try zip(faces, FittedFace.meanResiduals(faces)).map { face, offsets in
        try texture(of: face, definition: definition, offsets: offsets)
      },
      photos: try faces.map { ScenePhoto(photo: try image($0.photo), face: $0, basis: basis) },
      observed: faces.filter(\.hasExpression).map(\.expression), scenery: scenery)
  }

  func image(_ path: String) throws -> GreyImage {
    try ImageReader.read(folder + "/" + path).grey.copy()
  }
}
