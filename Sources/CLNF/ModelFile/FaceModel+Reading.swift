import FoundationEssentials

extension FaceModel {
  /// Reads a model from the bytes of landmarkd's own format.
  /// - Parameter name: for messages and reports.
  /// - Throws: `ModelError` naming the array and its byte.
  public convenience init(
    archive bytes: [UInt8], name: String, withParts: Bool = true
  ) throws(ModelError) {
    try self.init(
      archive: bytes.withUnsafeBytes { ModelBytes($0) }, name: name, withParts: withParts)
  }

  /// Reads a model whose nets then stay in the memory they were read from.
  convenience init(
    archive memory: ModelBytes, name: String, withParts: Bool = true
  ) throws(ModelError) {
    let archive = try ModelArchive(file: name, bytes: memory)
    var contents = try Self.contents(of: archive, prefix: "", withParts: withParts, depth: 0)
    contents.name = name
    contents.checksum = archive.checksum
    contents.fileSize = memory.count
    do {
      try self.init(contents)
    } catch {
      throw ModelError(file: name, reason: error.description)
    }
  }

  private static func contents(
    of archive: ModelArchive, prefix: String, withParts: Bool, depth: Int
  ) throws(ModelError) -> Contents {
    let shapeModel: PointDistributionModel
    do {
      shapeModel = try PointDistributionModel(
        mean: archive.doubles(prefix + "shape/mean", rank: 2).values,
        modes: archive.doubles(prefix + "shape/modes", rank: 3).values,
        variances: archive.doubles(prefix + "shape/variances", rank: 1).values)
    } catch let error as ModelError {
      throw error
    } catch {
      throw archive.failure(prefix + "shape/mean", "\(error)")
    }
    var contents = Contents(name: archive.file, shapeModel: shapeModel, scales: [])
    if archive.has(prefix + "landmarks/mirror") {
      contents.mirrorPartners = try archive.integers(prefix + "landmarks/mirror", rank: 1).values
    }
    while archive.has(prefix + "experts/\(contents.scales.count)/scaling") {
      contents.scales.append(
        try ExpertScale(
          archive, prefix: prefix + "experts/\(contents.scales.count)/",
          mirrorPartners: contents.mirrorPartners))
    }
    while archive.has(prefix + "triangles/\(contents.triangulations.count)") {
      contents.triangulations.append(
        try archive.triangles(prefix + "triangles/\(contents.triangulations.count)"))
    }
    if archive.has(prefix + "validator/views") {
      contents.validator = try LandmarkValidator(archive, prefix: prefix + "validator/")
    }
    if archive.has(prefix + "fit-settings") {
      contents.fitSettings = try archive.fitSettings(prefix + "fit-settings")
    }
    if archive.has(prefix + "verdict") {
      contents.verdicts = try archive.decoded(prefix + "verdict", as: LearnedVerdicts.self)
    }
    if archive.has(prefix + "landmark-verdict/scales") {
      contents.landmarkVerdict = try archive.landmarkVerdict(prefix + "landmark-verdict/")
    }
    while withParts, archive.has(prefix + "parts/\(contents.parts.count)/name") {
      guard depth < 4 else { throw archive.failure(prefix + "parts/0/name", "nested too deep") }
      let name = prefix + "parts/\(contents.parts.count)/"
      contents.parts.append(try part(of: archive, prefix: name, depth: depth))
    }
    return contents
  }

  private static func part(
    of archive: ModelArchive, prefix: String, depth: Int
  ) throws(ModelError) -> ModelPart {
    let mapping = try archive.rows(prefix + "mapping", of: 2)
    let contents = try contents(of: archive, prefix: prefix, withParts: true, depth: depth + 1)
    let name = try archive.text(prefix + "name")
    guard !name.contains(where: { $0.isNewline }) else {
      throw archive.failure(prefix + "name", "holds a line end; expected a name of one line")
    }
    do {
      return ModelPart(
        name: name, model: try FaceModel(contents),
        mapping: mapping.map { ModelPart.Pair(main: $0[0], part: $0[1]) })
    } catch {
      throw archive.failure(prefix + "name", "\(error)")
    }
  }
}

extension ModelArchive {
  /// The rows of a matrix of integers with `columns` columns.
  func rows(_ name: String, of columns: Int) throws(ModelError) -> [[Int]] {
    let (values, shape) = try integers(name, rank: 2)
    guard shape[1] == columns else {
      throw failure(name, "has \(shape[1]) columns; expected \(columns)")
    }
    return (0..<shape[0]).map { Array(values[$0 * columns..<($0 + 1) * columns]) }
  }

  func landmarkVerdict(_ prefix: String) throws(ModelError) -> LandmarkVerdict {
    let scales = try decoded(prefix + "scales", as: [LandmarkVerdict.Scale].self)
    let weights = try doubles(prefix + "weights", rank: 2).values
    do {
      return try LandmarkVerdict(scales: scales, weights: weights)
    } catch {
      throw failure(prefix + "weights", "\(error)")
    }
  }

  func triangles(_ name: String) throws(ModelError) -> [Triangle] {
    try rows(name, of: 3).map { Triangle($0[0], $0[1], $0[2]) }
  }

  /// Rotations, one a row.
  func rotations(_ name: String) throws(ModelError) -> [EulerAngles] {
    let (values, shape) = try doubles(name, rank: 2)
    guard shape[1] == 3 else { throw failure(name, "has \(shape[1]) columns; expected 3") }
    return (0..<shape[0]).map {
      EulerAngles(x: values[3 * $0], y: values[3 * $0 + 1], z: values[3 * $0 + 2])
    }
  }

  func fitSettings(_ name: String) throws(ModelError) -> FitSettings {
    let settings = try decoded(name, as: FitSettings.self)
    do {
      try settings.validate()
    } catch {
      throw failure(name, "cannot be used: \(error)")
    }
    return settings
  }

  /// A value that is kept as JSON text.
  func decoded<Value: Decodable>(
    _ name: String, as type: Value.Type
  ) throws(ModelError) -> Value {
    let text = Data(try bytes(name))
    do {
      return try JSONDecoder().decode(Value.self, from: text)
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      // JSON, but a word in it is of a later version.
      let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
      throw failure(
        name, "has at \(path.joined(separator: ".")) what this version does not know")
    } catch {
      throw failure(name, "is not the JSON of \(Value.self)")
    }
  }

  /// The first element of an array of at least `count` integers.
  func kind(_ name: String, atLeast count: Int = 1) throws(ModelError) -> [Int] {
    let values = try integers(name, rank: 1).values
    guard values.count >= count else {
      throw failure(name, "has \(values.count) values; expected at least \(count)")
    }
    return values
  }
}
