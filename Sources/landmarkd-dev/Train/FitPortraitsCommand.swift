import ArgumentParser
import CLNF
import Foundation
import ModelTraining

struct FitPortraitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit-portraits",
    abstract: "Fit the head, with an expression, to photos whose points come from a teacher.",
    discussion: """
      The teacher's points are moved to where points placed by hand say that they belong, which depends \
      on the face. People whose neutral photo is fitted keep their identity. Fits that explain their \
      points badly are left \
      out. Writes the neutral faces and the new ones.
      """)

  @OptionGroup var fitted: FittedFaceOptions
  @OptionGroup var portraits: PortraitOptions

  @Option(help: "A folder of NAME.pts: points placed by hand on London photos.")
  var points: String

  @Flag(help: "Write the photos that are kept out of training instead of the others.")
  var onlyHeldOut = false

  @Option(help: "A folder for the photos with their points, to measure fits on.")
  var images: String?

  @Option(name: .shortAndLong, help: "The fitted faces to write (JSON).")
  var output: String

  func run() throws {
    let contents = try fitted.read()
    let stage = try PortraitStage(
      material: contents.material, definition: contents.definition,
      placed: TrainingMaterial.placedPoints(in: points), options: portraits)
    let faces = try stage.run(contents.faces, onlyHeldOut: onlyHeldOut)
    try FittedFace.write(faces, to: output)
    if let images {
      try IdentityStage.Result(definition: contents.definition, faces: faces)
        .write(images: images, from: contents.material)
    }
  }
}

struct PortraitOptions: ParsableArguments {
  @Option(help: "The teacher's points (CSV: photo, x_0 ... x_67, y_0 ... y_67).")
  var teacher: String

  @Option(help: "A list of the photos that are kept out of training.")
  var heldOut: String

  @Option(
    help: "A folder of NAME.pts: points placed by hand on further photos of the teacher's table.")
  var furtherPoints: String?
}

/// Photos that have no points of ours.
struct PortraitStage {
  let material: TrainingMaterial
  let definition: LandmarkDefinition
  /// By path.
  private(set) var placed: [String: [SIMD2<Double>]]
  let teacher: TeacherPoints
  let heldOut: Set<String>

  /// Fits whose points lie further from the face than this on average, mm, are left out.
  private static let largestResidual = 2.4
  /// So are heads turned further, degrees: their outlines are no jaws.
  private static let largestYaw = 22.0
  private static let largestPitch = 25.0
  /// Lips further apart than this, mm, show the mouth's inside.
  private static let openMouth = 1.5

  init(
    material: TrainingMaterial, definition: LandmarkDefinition,
    placed: [String: [SIMD2<Double>]], options: PortraitOptions
  ) throws {
    self.material = material
    self.definition = definition
    self.placed = placed
    teacher = try TeacherPoints(options.teacher)
    heldOut = try teacher.photos(listedIn: options.heldOut)
    if let folder = options.furtherPoints {
      self.placed.merge(try Self.points(in: folder, of: teacher)) { first, _ in first }
    }
  }

  /// By path; a name belongs to one photo of the teacher's.
  private static func points(
    in folder: String, of teacher: TeacherPoints
  ) throws -> [String: [SIMD2<Double>]] {
    var points: [String: [SIMD2<Double>]] = [:]
    for stem in try AnnotatedFaces.files(in: folder) {
      let name = URL(fileURLWithPath: stem).lastPathComponent
      let paths = teacher.photos.map(\.path).filter { $0.hasSuffix("/\(name).jpg") }
      guard let path = paths.first, paths.count == 1 else {
        throw MaterialError(
          stem + ".pts", "expected the name of one photo of the teacher's; \(paths.count) have it")
      }
      points[path] = try TrainingMaterial.points(stem + ".pts")
    }
    return points
  }

  /// The neutral faces and those of the teacher's other photos.
  func run(_ neutral: [FittedFace], onlyHeldOut: Bool = false) throws -> [FittedFace] {
    let basis = LandmarkBasis(head: material.head, definition: definition)
    let correction = PointCorrection(
      from: placed.sorted { $0.key < $1.key }.compactMap { photo in
        teacher[photo.key].map { (supplied: $0, placed: photo.value) }
      }, basis: basis)
    var faces = neutral.filter { heldOut.contains($0.photo) == onlyHeldOut }
    let known = Dictionary(neutral.map { ($0.photo, $0) }, uniquingKeysWith: { first, _ in first })
    var (tried, residuals) = (0, [Double]())
    for (index, photo) in teacher.photos.enumerated()
    where known[photo.path] == nil && heldOut.contains(photo.path) == onlyHeldOut {
      tried += 1
      let points = correction.apply(to: photo.points)
      let person = known[Self.neutralPhoto(of: photo.path)]
      guard let face = fit(photo.path, points, basis, person, index) else { continue }
      faces.append(face)
      residuals.append(face.meanResidual)
    }
    residuals.sort()
    print(
      "\(residuals.count) of \(tried) portraits kept;",
      residuals.isEmpty
        ? "" : String(format: "median residual %.2f mm", residuals[residuals.count / 2]))
    compare(faces, basis)
    return faces
  }

  /// Prints how far faces with points placed by hand are labelled from these.
  private func compare(_ faces: [FittedFace], _ basis: LandmarkBasis) {
    var (labels, heads, count) = (0.0, 0.0, 0.0)
    for face in faces {
      guard let points = placed[face.photo] else { continue }
      labels += Self.distance(face.points(basis), points)
      heads += Self.distance(face.fit(basis).projected, points)
      count += 1
    }
    guard count > 0 else { return }
    print(
      String(
        format: "%.0f with points placed by hand: labels off by %.4f, places on the heads by %.4f",
        count, labels / count, heads / count))
  }

  private static func distance(_ points: [SIMD2<Double>], _ placed: [SIMD2<Double>]) -> Double {
    LandmarkError.relative(
      points.map(\.x) + points.map(\.y), to: placed.map(\.x) + placed.map(\.y))
  }

  /// The same person's neutral photo, where there is one.
  private static func neutralPhoto(of path: String) -> String {
    path.replacingOccurrences(of: "london-smiling/", with: "london/")
      .replacingOccurrences(of: "_08.", with: "_03.")
  }

  private func fit(
    _ photo: String, _ points: [SIMD2<Double>], _ basis: LandmarkBasis, _ person: FittedFace?,
    _ index: Int
  ) -> FittedFace? {
    var settings = IdentityFit.Settings()
    settings.fitsIdentity = person == nil
    settings.fitsExpression = true
    settings.noise = 0.8
    let rest = [Double](repeating: 0, count: basis.expressions.count)
    let identity = person?.identity ?? [Double](repeating: 0, count: basis.identity.count)
    guard
      let fit = IdentityFit(
        points: points, basis: basis, settings: settings, start: (identity, rest))
    else { return nil }
    var face = FittedFace(
      photo: photo, person: person?.person ?? FittedFace.firstTeacherPerson + index, fit: fit,
      points: points)
    let angles = EulerAngles(fit.view.rotation)
    let degrees = SIMD2(angles.y, angles.x) * (180 / Double.pi)
    guard abs(degrees.x) < Self.largestYaw, abs(degrees.y) < Self.largestPitch,
      face.meanResidual < Self.largestResidual
    else { return nil }
    let gap = points[66] - points[62]
    face.showsMouthInterior = (gap * gap).sum().squareRoot() > Self.openMouth * fit.view.scale
    return face
  }
}
