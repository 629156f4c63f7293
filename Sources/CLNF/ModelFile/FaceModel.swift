/// A CLNF model: shape model, patch experts at one or more scales, and what may come with them.
///
/// Immutable (Sigma matrices are added to a cache as they are needed); safe to share between
/// threads and trackers.
public final class FaceModel: Sendable {
  /// What the model was read from, for messages and reports.
  public let name: String
  public let shapeModel: PointDistributionModel
  /// In the order of fitting, coarse to fine. At least one.
  public let scales: [ExpertScale]
  public let validator: LandmarkValidator?
  /// By view of the first scale, triangles of landmark indices.
  public let triangulations: [[Triangle]]
  public let parts: [ModelPart]
  /// By landmark, the landmark that is its mirror image (itself on the midline); empty where the
  /// model does not say.
  public let mirrorPartners: [Int]
  /// How this model is best fitted, where its file says so.
  public let fitSettings: FitSettings?
  /// When its fits are to be believed, where that was learned.
  public let verdicts: LearnedVerdicts?
  /// When their single landmarks are, where that was learned.
  public let landmarkVerdict: LandmarkVerdict?
  /// SHA-256 of the model's files, in hexadecimal; of all files in the order of reading where the
  /// model is a folder.
  public let checksum: String
  /// Bytes of the model's files.
  public let fileSize: Int
  let preparedScales: [PreparedScale]

  /// What a model is made of.
  public struct Contents: Sendable {
    public var name: String
    public var shapeModel: PointDistributionModel
    public var scales: [ExpertScale]
    public var validator: LandmarkValidator?
    public var triangulations: [[Triangle]]
    public var parts: [ModelPart]
    public var mirrorPartners: [Int]
    public var fitSettings: FitSettings?
    public var verdicts: LearnedVerdicts?
    public var landmarkVerdict: LandmarkVerdict?
    public var checksum: String
    public var fileSize: Int

    public init(name: String, shapeModel: PointDistributionModel, scales: [ExpertScale]) {
      self.name = name
      self.shapeModel = shapeModel
      self.scales = scales
      validator = nil
      triangulations = []
      parts = []
      mirrorPartners = []
      checksum = ""
      fileSize = 0
    }
  }

  /// Cost: patch experts' weights are copied into the kernels' layout (a few ms); nets' are used
  /// where they are.
  /// - Throws: `ModelDataError` where the contents contradict each other.
  public init(_ contents: Contents) throws(ModelDataError) {
    guard !contents.scales.isEmpty else {
      throw ModelDataError("a model without patch experts; expected those of at least one scale")
    }
    let n = contents.shapeModel.landmarkCount
    try Self.validate(mirrorPartners: contents.mirrorPartners, landmarkCount: n)
    for scale in contents.scales {
      try scale.validate(landmarkCount: n, mirrorPartners: contents.mirrorPartners)
    }
    try contents.validator?.validate(landmarkCount: n)
    for triangle in contents.triangulations.joined() where !triangle.isWithin(n) {
      throw ModelDataError("a triangle \(triangle) of landmarks; the shape model has \(n)")
    }
    if let verdict = contents.landmarkVerdict, verdict.landmarkCount != n {
      throw ModelDataError(
        "a verdict on \(verdict.landmarkCount) landmarks; the shape model has \(n)")
    }
    for part in contents.parts { try part.validate(mainLandmarkCount: n) }
    name = contents.name
    shapeModel = contents.shapeModel
    scales = contents.scales
    validator = contents.validator
    triangulations = contents.triangulations
    parts = contents.parts
    mirrorPartners = contents.mirrorPartners
    fitSettings = contents.fitSettings
    verdicts = contents.verdicts
    landmarkVerdict = contents.landmarkVerdict
    checksum = contents.checksum
    fileSize = contents.fileSize
    preparedScales = contents.scales.map {
      PreparedScale($0, mirrorPartners: contents.mirrorPartners)
    }
  }

  /// Partners must be each other's.
  private static func validate(
    mirrorPartners partners: [Int], landmarkCount: Int
  ) throws(ModelDataError) {
    guard partners.isEmpty || partners.count == landmarkCount else {
      throw ModelDataError(
        "\(partners.count) mirror partners; the shape model has \(landmarkCount) landmarks")
    }
    for (landmark, partner) in partners.enumerated()
    where !partners.indices.contains(partner) || partners[partner] != landmark {
      throw ModelDataError(
        "landmark \(landmark) has mirror partner \(partner), whose partner is another")
    }
  }

  /// The same model with what an OpenFace folder does not say written down: how it is best fitted,
  /// and when its fits are to be believed.
  public func withStandardSettings() -> FaceModel {
    FaceModel(
      self, fitSettings: fitSettings ?? FitSettings.landmarkd(for: self),
      verdicts: verdicts ?? LearnedVerdicts.openFace(self))
  }

  private init(_ model: FaceModel, fitSettings: FitSettings, verdicts: LearnedVerdicts?) {
    self.verdicts = verdicts
    landmarkVerdict = model.landmarkVerdict
    name = model.name
    shapeModel = model.shapeModel
    scales = model.scales
    validator = model.validator
    triangulations = model.triangulations
    parts = model.parts
    mirrorPartners = model.mirrorPartners
    self.fitSettings = fitSettings
    checksum = model.checksum
    fileSize = model.fileSize
    preparedScales = model.preparedScales
  }

  /// n.
  public var landmarkCount: Int { shapeModel.landmarkCount }
}

/// Three landmark indices.
public struct Triangle: Sendable, Equatable {
  public var a: Int
  public var b: Int
  public var c: Int

  public init(_ a: Int, _ b: Int, _ c: Int) {
    self.a = a
    self.b = b
    self.c = c
  }

  func isWithin(_ count: Int) -> Bool {
    let range = 0..<count
    return range.contains(a) && range.contains(b) && range.contains(c)
  }
}

/// A finer model of a part of the face (eye, inner face) whose points are also points of the face.
public struct ModelPart: Sendable {
  public var name: String
  public var model: FaceModel
  /// Pairs of a landmark of the face and the landmark of the part that is the same point.
  public var mapping: [Pair]

  public struct Pair: Sendable, Equatable {
    public var main: Int
    public var part: Int

    public init(main: Int, part: Int) {
      self.main = main
      self.part = part
    }
  }

  public init(name: String, model: FaceModel, mapping: [Pair]) {
    self.name = name
    self.model = model
    self.mapping = mapping
  }

  func validate(mainLandmarkCount: Int) throws(ModelDataError) {
    for pair in mapping
    where !(0..<mainLandmarkCount).contains(pair.main)
      || !(0..<model.landmarkCount).contains(pair.part)
    {
      throw ModelDataError(
        "part \(name) maps landmark \(pair.main) of \(mainLandmarkCount) to \(pair.part) of \(model.landmarkCount)"
      )
    }
  }
}
