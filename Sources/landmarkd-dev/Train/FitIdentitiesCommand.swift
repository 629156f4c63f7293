import ArgumentParser
import CLNF
import Foundation
import ModelTraining
import Recording

struct FitIdentitiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit-identities",
    abstract: "Lay the 68 landmarks on the head's mesh and fit the head to every neutral photo.",
    discussion: """
      The landmarks' places on the mesh are learned from points placed by hand; the points that came \
      with the other photos are moved to where these say that they belong first. Prints residuals \
      before and after.
      """)

  @OptionGroup var files: MaterialOptions

  @Option(help: "A folder of NAME.pts: points placed by hand on London photos.")
  var points: String

  @Option(help: "The landmark definition to write (JSON).")
  var definition: String

  @Option(name: .shortAndLong, help: "The fitted faces to write (JSON).")
  var output: String

  @Option(help: "Rounds of moving the landmarks; 0 keeps the head's own vertices, to compare.")
  var rounds = 4

  @Option(help: "A folder for the photos with their points by our definition, to measure fits on.")
  var images: String?

  func run() throws {
    let material = try TrainingMaterial(files.material)
    let result = try IdentityStage(material: material, pointsFolder: points, rounds: rounds).run()
    try result.write(definition: definition, faces: output)
    if let images { try result.write(images: images, from: material) }
  }
}

/// The options that most stages share.
struct MaterialOptions: ParsableArguments {
  @Option(help: "The folder of training material.")
  var material: String
}

/// What `fit-identities` or `fit-portraits` left, for the stages after it.
struct FittedFaceOptions: ParsableArguments {
  @OptionGroup var files: MaterialOptions

  @Option(help: "The landmark definition (JSON).")
  var definition: String

  @Option(help: "The fitted faces (JSON).")
  var faces: String

  struct Contents {
    var material: TrainingMaterial
    var definition: LandmarkDefinition
    var faces: [FittedFace]
  }

  func read() throws -> Contents {
    let material = try TrainingMaterial(files.material)
    return Contents(
      material: material,
      definition: try LandmarkDefinition.read(
        definition, vertexCount: material.head.vertexCount),
      faces: try FittedFace.readList(faces, head: material.head))
  }
}

/// Landmarks on the mesh, and a face for every neutral photo.
struct IdentityStage {
  let material: TrainingMaterial
  let pointsFolder: String
  var rounds = 4

  struct Result {
    var definition: LandmarkDefinition
    var faces: [FittedFace]

    func write(definition path: String, faces facesPath: String) throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      try encoder.encode(definition).write(to: URL(fileURLWithPath: path), options: .atomic)
      try FittedFace.write(faces, to: facesPath)
    }

    /// SET-NAME.jpg and SET-NAME.pts for every photo.
    func write(images folder: String, from material: TrainingMaterial) throws {
      let basis = LandmarkBasis(head: material.head, definition: definition)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for face in faces {
        let stem = folder + "/" + face.photo.dropLast(4).replacingOccurrences(of: "/", with: "-")
        let photo = try Data(
          contentsOf: URL(fileURLWithPath: material.folder + "/" + face.photo))
        try photo.write(to: URL(fileURLWithPath: stem + ".jpg"), options: .atomic)
        let points = face.points(basis)
        try PTSFile.write(points.map(\.x) + points.map(\.y), to: stem + ".pts", force: true)
      }
    }
  }

  func run() throws -> Result {
    let photos = try material.neutralPhotos()
    let placed = try TrainingMaterial.placedPoints(in: pointsFolder)
    guard !placed.isEmpty else {
      throw MaterialError(pointsFolder, "holds no points; expected NAME.pts")
    }
    let head = material.head
    var definition = LandmarkDefinition(vertices: head.landmarkVertices)
    let history = definition.learn(
      from: placed.sorted { $0.key < $1.key }.map(\.value), head: head, rounds: rounds)
    for (round, residuals) in history.enumerated() { report(round, residuals) }
    let basis = LandmarkBasis(head: head, definition: definition)
    let correction = PointCorrection(
      from: photos.compactMap { photo in
        placed[photo.path].map { (supplied: photo.points, placed: $0) }
      }, basis: basis)
    let corrected = photos.map {
      placed[$0.path] ?? correction.apply(to: $0.points)
    }
    var faces: [FittedFace] = []
    for (photo, points) in zip(photos, corrected) {
      guard let fit = IdentityFit(points: points, basis: basis) else {
        throw MaterialError(photo.path, "its points cannot be explained by a face")
      }
      faces.append(
        FittedFace(photo: photo.path, person: photo.person, fit: fit, points: points))
    }
    let all = definition.measure(corrected, head)
    print(
      "\(faces.count) faces fitted:",
      String(format: "error %.4f of the outer eye corners' distance", all.relativeError))
    return Result(definition: definition, faces: faces)
  }

  private func report(_ round: Int, _ residuals: LandmarkDefinition.Residuals) {
    let lengths = residuals.mean.map { ($0 * $0).sum().squareRoot() }
    let worst = lengths.indices.max { lengths[$0] < lengths[$1] } ?? 0
    print(
      String(
        format:
          "round %d: error %.4f; mean offset of a landmark %.2f mm, largest %.2f mm (landmark %d)",
        round, residuals.relativeError, lengths.reduce(0, +) / Double(lengths.count),
        lengths[worst], worst))
  }
}
