import ArgumentParser
import CLNF
import Foundation
import ModelTraining

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Learn the verdicts of a model from the fitted faces, and write it with them.",
    discussion: """
      The weights of its nets are written in 8 bits; nets that weigh less than 4 % of what the \
      heaviest net of their view does are left out.
      """)

  @OptionGroup var fitted: FittedFaceOptions

  @Option(help: "The model.")
  var model: String

  @Option(help: "Fit settings to give the model (JSON); else its own stay.")
  var fitSettings: String?

  @Option(help: "A shape model to give the model (JSON, of train shape); else its own stays.")
  var shape: String?

  @Option(
    help: """
      A folder of pictures without faces: scripts/fetch-scenes.sh fetches one. Without it the \
      model's verdicts stay.
      """)
  var scenes: String?

  @Flag(help: "Learn the verdict on landmarks alone; that on fits stays.")
  var landmarksOnly = false

  @Option(help: "Seed of all that is drawn.")
  var seed: UInt64 = 1

  @Option(help: "Threads; the result does not depend on them.")
  var threads = 2

  @Option(name: .shortAndLong, help: "The model to write.")
  var output: String

  func validate() throws {
    guard !landmarksOnly || scenes != nil else {
      throw ValidationError("--landmarks-only needs --scenes")
    }
  }

  func run() throws {
    let read = try FaceModel.load(model)
    var model = try read.with(scales: read.scales.map(\.quantised)).withoutFaintNets()
    if let fitSettings {
      let data = try Data(contentsOf: URL(fileURLWithPath: fitSettings))
      model = try model.with(
        fitSettings: try JSONDecoder().decode(FitSettings.self, from: data))
    }
    if let shape { model = try model.with(shape: ShapeFile.read(shape)) }
    guard let scenes else { return try model.write(to: output) }
    let contents = try fitted.read()
    let stage = FittedVerdictStage(
      material: contents.material, definition: contents.definition, faces: contents.faces,
      model: model, scenery: try VerdictCommand.readScenery(scenes), seed: seed, threads: threads
    )
    let judged =
      landmarksOnly
      ? try model.with(landmarkVerdict: stage.landmarkVerdict(of: model)) : try stage.judged()
    try judged.write(to: output)
  }
}

/// Verdicts learned from the photos of fitted faces, by our own definition of the landmarks, and from
/// drawn faces, which are turned as no photo is.
struct FittedVerdictStage {
  let material: TrainingMaterial
  let definition: LandmarkDefinition
  let faces: [FittedFace]
  let model: FaceModel
  let scenery: Scenery
  let seed: UInt64
  let threads: Int

  /// Drawn faces beside the photos, and the share of them that are turned by 45 to 90 degrees: no photo
  /// shows any.
  private static let drawnCount = 320
  private static let farShare = 0.4
  /// One of so many photos with an expression is used.
  private static let portraitStep = 4

  /// The model with verdicts of its fits and of their landmarks.
  func judged() throws -> FaceModel {
    let judged = try model.with(verdicts: run())
    return try judged.with(landmarkVerdict: landmarkVerdict(of: judged))
  }

  func run() throws -> LearnedVerdicts {
    let portraits = self.faces.filter(\.hasExpression)
    let faces =
      self.faces.filter { !$0.hasExpression }
      + stride(from: 0, to: portraits.count, by: Self.portraitStep).map { portraits[$0] }
    let basis = LandmarkBasis(head: material.head, definition: definition)
    var settings = SceneSettings()
    settings.seed = seed &+ 0xD0
    settings.photoShare = 0
    settings.pose.farYaw = 45...90
    settings.pose.farShare = Self.farShare
    let scene = try material.scene(of: faces, definition: definition, scenery: scenery)
    return try VerdictStage(model: model, scenery: scenery, seed: seed, threads: threads)
      .run(count: faces.count + Self.drawnCount) { [settings] in
        let renderer = SceneRenderer(material: scene, settings: settings)
        return { index in
          index < faces.count
            ? try photo(faces[index], basis)
            : Self.drawn(renderer.face(index - faces.count))
        }
      }
  }

  private func photo(
    _ face: FittedFace, _ basis: LandmarkBasis
  ) throws -> VerdictTraining.Face {
    let points = face.points(basis)
    return VerdictTraining.Face(
      image: try material.image(face.photo), truth: points.map(\.x) + points.map(\.y))
  }

  private static func drawn(_ face: RenderedFace) -> VerdictTraining.Face {
    let (seen, own) = (face.landmarks[36] - face.landmarks[45], face.shape[36] - face.shape[45])
    let distance = Double(face.pixelsPerMillimetre * (own * own).sum().squareRoot())
    return VerdictTraining.Face(
      image: face.image.copy(),
      truth: face.landmarks.map { Double($0.x) } + face.landmarks.map { Double($0.y) },
      isPhoto: false,
      foreshortening: Double((seen * seen).sum().squareRoot()) / distance)
  }
}

extension FaceModel {
  /// The same model without nets that say next to nothing.
  func withoutFaintNets() throws -> FaceModel {
    try with(scales: scales.map { $0.withoutFaintNets(mirrorPartners: mirrorPartners) })
  }

  /// The same model with other parts.
  func with(
    scales: [ExpertScale]? = nil, shape: PointDistributionModel? = nil,
    verdicts: LearnedVerdicts? = nil,
    landmarkVerdict: LandmarkVerdict? = nil, fitSettings: FitSettings? = nil
  ) throws -> FaceModel {
    var contents = Contents(
      name: name, shapeModel: shape ?? shapeModel, scales: scales ?? self.scales)
    contents.mirrorPartners = mirrorPartners
    contents.validator = validator
    contents.triangulations = triangulations
    contents.parts = parts
    contents.fitSettings = fitSettings ?? self.fitSettings
    contents.verdicts = verdicts ?? self.verdicts
    contents.landmarkVerdict = landmarkVerdict ?? self.landmarkVerdict
    return try FaceModel(contents)
  }
}

extension ExpertScale {
  /// The same experts, nets' weights in 8 bits.
  fileprivate var quantised: ExpertScale {
    var scale = self
    for view in scale.views.indices {
      for landmark in scale.views[view].experts.indices {
        guard let net = scale.views[view].experts[landmark]?.net else { continue }
        scale.views[view].experts[landmark] = .net(net.with(precision: .bytes))
      }
    }
    return scale
  }
}
