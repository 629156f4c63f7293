import CLNFKernels

/// Reads OpenFace model folders: main_*.txt and clnf_*.txt and what they name.
struct OpenFaceFolder {
  private var digest = ModelDigest()
  private var fileSize = 0
  /// Of each scale of the model that is read.
  private var expertFiles: [String] = []
  /// Parts may have parts; this is how deep.
  private static let deepestNesting = 4

  /// - Parameters:
  ///   - path: a main_*.txt or clnf_*.txt.
  ///   - withParts: whether `LandmarkDetector_part` lines are followed.
  /// - Throws: `ModelError` naming the file that is wrong.
  static func read(_ path: String, withParts: Bool = true) throws(ModelError) -> FaceModel {
    try read(path, withParts: withParts, depth: 0)
  }

  private static func read(
    _ path: String, withParts: Bool, depth: Int
  ) throws(ModelError) -> FaceModel {
    guard depth <= deepestNesting else {
      throw ModelError(file: path, reason: "parts are nested more than \(deepestNesting) deep")
    }
    var folder = OpenFaceFolder()
    let text = try folder.text(path)
    let keywords = Set(text.lines.map { String($0.words[0]) })
    var contents: FaceModel.Contents
    if keywords.contains("LandmarkDetector") {
      contents = try folder.readMain(text, withParts: withParts, depth: depth)
    } else if keywords.contains("PDM") {
      contents = try folder.readDetector(text)
    } else {
      throw ModelError(
        file: path,
        reason:
          "has neither a LandmarkDetector nor a PDM line; expected an OpenFace main_*.txt or clnf_*.txt"
      )
    }
    contents.name = path
    contents.checksum = folder.digest.hexadecimal
    contents.fileSize = folder.fileSize
    do {
      return try FaceModel(contents)
    } catch {
      throw folder.error(error, in: contents, of: path)
    }
  }

  /// The error of the file whose experts are at fault; of the model's own file where none are.
  private func error(
    _ error: ModelDataError, in contents: FaceModel.Contents, of path: String
  ) -> ModelError {
    for (scale, file) in zip(contents.scales, expertFiles) {
      do throws(ModelDataError) {
        try scale.validate(
          landmarkCount: contents.shapeModel.landmarkCount,
          mirrorPartners: contents.mirrorPartners)
      } catch {
        return ModelError(file: file, reason: error.description)
      }
    }
    return ModelError(file: path, reason: error.description)
  }

  private mutating func bytes(_ path: String) throws(ModelError) -> [UInt8] {
    let bytes = try FileBytes.read(path)
    digest.add(bytes)
    fileSize += bytes.count
    return bytes
  }

  private mutating func text(_ path: String) throws(ModelError) -> TextReader {
    try TextReader(file: path, bytes: try bytes(path))
  }

  /// A path as a line gives it, relative to the file that the line is in.
  private func resolve(
    _ line: TextReader.Line, in text: TextReader
  ) throws(ModelError) -> String {
    guard line.words.count >= 2 else {
      throw ModelError(
        file: text.file, place: .line(line.number),
        reason: "\(line.words[0]) names no file")
    }
    let name = String(line.words[1].map { $0 == "\\" ? "/" : $0 })
    if name.hasPrefix("/") { return name }
    guard let slash = text.file.lastIndex(of: "/") else { return name }
    return text.file[...slash] + name
  }

  private mutating func readMain(
    _ text: TextReader, withParts: Bool, depth: Int
  ) throws(ModelError) -> FaceModel.Contents {
    var contents: FaceModel.Contents?
    for line in text.lines where line.words[0] == "LandmarkDetector" {
      guard contents == nil else {
        throw ModelError(
          file: text.file, place: .line(line.number), reason: "a second LandmarkDetector line")
      }
      contents = try readDetector(try self.text(try resolve(line, in: text)))
    }
    guard var contents else {
      throw ModelError(file: text.file, reason: "has no LandmarkDetector line")
    }
    for line in text.lines {
      switch line.words[0] {
      case "LandmarkDetector_part" where withParts:
        contents.parts.append(try readPart(line, in: text, depth: depth))
      case "DetectionValidator":
        let path = try resolve(line, in: text)
        contents.validator = try OpenFaceValidator.read(
          try bytes(path), file: path, landmarkCount: contents.shapeModel.landmarkCount)
      default: continue
      }
    }
    return contents
  }

  private mutating func readPart(
    _ line: TextReader.Line, in text: TextReader, depth: Int
  ) throws(ModelError) -> ModelPart {
    let path = try resolve(line, in: text)
    let pairs = line.words.dropFirst(3).map { Int($0) }
    guard line.words.count >= 3, pairs.count % 2 == 0, !pairs.contains(nil) else {
      throw ModelError(
        file: text.file, place: .line(line.number),
        reason: "expected LandmarkDetector_part FILE NAME and pairs of landmark numbers")
    }
    let model = try Self.read(path, withParts: true, depth: depth + 1)
    digest.add(Array(model.checksum.utf8))
    fileSize += model.fileSize
    let numbers = pairs.compactMap { $0 }
    let mapping = stride(from: 0, to: numbers.count, by: 2).map {
      ModelPart.Pair(main: numbers[$0], part: numbers[$0 + 1])
    }
    return ModelPart(name: String(line.words[2]), model: model, mapping: mapping)
  }

  private mutating func readDetector(_ text: TextReader) throws(ModelError) -> FaceModel.Contents {
    var shapeModel: PointDistributionModel?
    var triangulations: [[Triangle]] = []
    for line in text.lines {
      let path: String
      switch line.words[0] {
      case "PDM":
        path = try resolve(line, in: text)
        shapeModel = try readShapeModel(try self.text(path))
      case "Triangulations":
        path = try resolve(line, in: text)
        triangulations = try readTriangulations(try self.text(path))
      default: continue
      }
    }
    guard let shapeModel else { throw ModelError(file: text.file, reason: "has no PDM line") }
    var scales: [ExpertScale] = []
    for line in text.lines where line.words[0] == "PatchesCCNF" {
      let path = try resolve(line, in: text)
      expertFiles.append(path)
      scales.append(
        try OpenFacePatches.read(
          try bytes(path), file: path, landmarkCount: shapeModel.landmarkCount))
    }
    guard !scales.isEmpty else {
      throw ModelError(file: text.file, reason: "has no PatchesCCNF line")
    }
    var contents = FaceModel.Contents(name: text.file, shapeModel: shapeModel, scales: scales)
    contents.triangulations = triangulations
    return contents
  }

  private func readShapeModel(_ reader: TextReader) throws(ModelError) -> PointDistributionModel {
    var reader = reader
    let mean = try reader.matrix("the mean shape")
    let modes = try reader.matrix("the modes")
    let variances = try reader.matrix("the variances")
    guard modes.rows == mean.values.count, modes.columns == variances.values.count else {
      throw ModelError(
        file: reader.file,
        reason:
          "the modes are \(modes.rows) x \(modes.columns); expected \(mean.values.count) x \(variances.values.count)"
      )
    }
    // Mode after mode.
    var columns: [Double] = []
    columns.reserveCapacity(modes.values.count)
    for column in 0..<modes.columns {
      for row in 0..<modes.rows { columns.append(modes.values[row * modes.columns + column]) }
    }
    do {
      return try PointDistributionModel(
        mean: mean.values, modes: columns, variances: variances.values)
    } catch {
      throw ModelError(file: reader.file, reason: error.description)
    }
  }

  private func readTriangulations(_ reader: TextReader) throws(ModelError) -> [[Triangle]] {
    var reader = reader
    let count = try reader.integer(
      "the number of triangulations", in: 0...OpenFacePatches.largestViewCount)
    var triangulations: [[Triangle]] = []
    for index in 0..<count {
      let matrix = try reader.matrix("triangulation \(index)")
      guard matrix.columns == 3 else {
        throw reader.error(
          "triangulation \(index) has \(matrix.columns) columns; expected 3")
      }
      let corners = matrix.values.map { Int(max(-1, min(1e9, $0))) }
      triangulations.append(
        stride(from: 0, to: corners.count, by: 3).map {
          Triangle(corners[$0], corners[$0 + 1], corners[$0 + 2])
        })
    }
    return triangulations
  }
}
