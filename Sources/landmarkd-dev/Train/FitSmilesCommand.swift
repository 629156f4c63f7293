import ArgumentParser
import CLNF
import Foundation
import ModelTraining

struct FitSmilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit-smiles",
    abstract: "Fit the faces' expressions to the photos in which they smile, with a first model.",
    discussion: """
      A smiling photo has no points: the model finds them, the face that was fitted to the neutral \
      photo takes an expression that explains them, and fits that are unlikely or unexplained are \
      left out. Writes the neutral faces and the smiling ones.
      """)

  @OptionGroup var fitted: FittedFaceOptions

  @Option(help: "The model to find landmarks with.")
  var model: String

  @Option(name: .shortAndLong, help: "The fitted faces to write (JSON).")
  var output: String

  func run() throws {
    let contents = try fitted.read()
    let stage = SmileStage(
      material: contents.material, definition: contents.definition,
      model: try FaceModel.load(model))
    try FittedFace.write(contents.faces + stage.run(contents.faces), to: output)
  }
}

/// Smiling photos of people whose neutral photos are fitted.
struct SmileStage {
  let material: TrainingMaterial
  let definition: LandmarkDefinition
  let model: FaceModel

  /// The smiling photos are kept at this share of the neutral ones' size.
  private static let photoScale = 0.6
  /// Fits whose points lie further from the face than this on average, mm, are left out.
  private static let largestResidual = 2.8
  /// So are those with the lowest likelihoods, this share of all.
  private static let unlikelyShare = 0.1

  private struct Candidate {
    var face: FittedFace
    var likelihood: Double
    var residual: Double
  }

  func run(_ neutral: [FittedFace]) throws -> [FittedFace] {
    let basis = LandmarkBasis(head: material.head, definition: definition)
    let settings = model.fitSettings ?? .landmarkd(for: model)
    let fitter = try Fitter(model: model, settings: settings)
    var candidates: [Candidate] = []
    for face in neutral where face.photo.hasPrefix("london/") {
      let photo = face.photo
        .replacingOccurrences(of: "london/", with: "london-smiling/")
        .replacingOccurrences(of: "_03.", with: "_08.")
      guard FileManager.default.fileExists(atPath: material.folder + "/" + photo) else { continue }
      if let candidate = try fit(face, photo, basis, fitter) { candidates.append(candidate) }
    }
    let likelihoods = candidates.map(\.likelihood).sorted()
    let threshold = likelihoods[Int(Self.unlikelyShare * Double(likelihoods.count))]
    let kept = candidates.filter {
      $0.likelihood >= threshold && $0.residual < Self.largestResidual
    }
    let residuals = candidates.map(\.residual).sorted()
    print(
      "\(kept.count) of \(candidates.count) smiling photos kept;",
      String(format: "median residual %.2f mm", residuals[residuals.count / 2]))
    return kept.map(\.face)
  }

  private func fit(
    _ neutral: FittedFace, _ photo: String, _ basis: LandmarkBasis, _ fitter: Fitter
  ) throws -> Candidate? {
    let image = try material.image(photo)
    let start = neutral.fit(basis).projected.map { Self.photoScale * $0 }
    let box = LandmarkError.box(of: start.map(\.x) + start.map(\.y))
    _ = fitter.fit(image: image, box: box)
    guard fitter.report.failure == nil else { return nil }
    var stacked: [Double] = []
    fitter.copyLandmarks(into: &stacked)
    let points = (0..<68).map { SIMD2(stacked[$0], stacked[68 + $0]) }
    var settings = IdentityFit.Settings()
    settings.fitsIdentity = false
    settings.fitsExpression = true
    settings.noise = 0.8
    let rest = [Double](repeating: 0, count: basis.expressions.count)
    guard
      let fit = IdentityFit(
        points: points, basis: basis, settings: settings, start: (neutral.identity, rest))
    else { return nil }
    var face = FittedFace(photo: photo, person: neutral.person, fit: fit, points: points)
    face.showsMouthInterior = true
    let residual = face.residualVectors.reduce(0) { $0 + ($1 * $1).sum().squareRoot() } / 68
    return Candidate(face: face, likelihood: fitter.report.likelihood, residual: residual)
  }
}
