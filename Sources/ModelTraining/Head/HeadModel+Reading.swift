import Foundation

extension HeadModel {
  private static let identityCount = 100
  /// From the files' centimetres, y up, z towards the viewer.
  private static let toOurAxes = SIMD3<Float>(10, -10, -10)

  /// Reads generic_neutral_mesh.obj, generic.f32, identity.f32, expression.f32,
  /// expression-names.txt and vertex_indices.json from a folder.
  /// - Throws: `MaterialError` naming the file and what was expected.
  public init(folder: String) throws(MaterialError) {
    let neutral = try Self.vectors(folder + "/generic.f32", multipleOf: nil)
    let count = neutral.count
    let identity = try Self.fields(folder + "/identity.f32", vertexCount: count)
    guard identity.count == Self.identityCount else {
      throw MaterialError(
        folder + "/identity.f32",
        "holds \(identity.count) fields; expected \(Self.identityCount)")
    }
    let expressions = try Self.fields(folder + "/expression.f32", vertexCount: count)
    let names = try Self.text(folder + "/expression-names.txt")
      .split(whereSeparator: \.isWhitespace).map(String.init)
    guard names.count == expressions.count else {
      throw MaterialError(
        folder + "/expression-names.txt",
        "holds \(names.count) names; expected \(expressions.count), one a field")
    }
    self.init(
      neutral: neutral, identity: identity, expressions: expressions, expressionNames: names,
      triangles: try Self.triangles(folder + "/generic_neutral_mesh.obj", vertexCount: count),
      landmarkVertices: try Self.landmarks(folder + "/vertex_indices.json", vertexCount: count))
  }

  private static func bytes(_ path: String) throws(MaterialError) -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw MaterialError(path, "cannot be read: \(error.localizedDescription)")
    }
  }

  private static func text(_ path: String) throws(MaterialError) -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }

  /// Little-endian float32 triples in our axes.
  private static func vectors(
    _ path: String, multipleOf vertexCount: Int?
  ) throws(MaterialError) -> [SIMD3<Float>] {
    let data = try bytes(path)
    let unit = 12 * (vertexCount ?? 1)
    guard data.count > 0, data.count % unit == 0 else {
      throw MaterialError(
        path, "is \(data.count) bytes long; expected a multiple of \(unit), above 0")
    }
    let values = data.withUnsafeBytes { raw in
      (0..<data.count / 12).map { index in
        func float(_ k: Int) -> Float {
          Float(
            bitPattern: UInt32(
              littleEndian: raw.loadUnaligned(fromByteOffset: 12 * index + 4 * k, as: UInt32.self)))
        }
        return SIMD3(float(0), float(1), float(2)) * toOurAxes
      }
    }
    guard values.allSatisfy({ $0.x.isFinite && $0.y.isFinite && $0.z.isFinite }) else {
      throw MaterialError(path, "holds values that are not finite")
    }
    return values
  }

  private static func fields(
    _ path: String, vertexCount: Int
  ) throws(MaterialError) -> [[SIMD3<Float>]] {
    let all = try vectors(path, multipleOf: vertexCount)
    return stride(from: 0, to: all.count, by: vertexCount).map {
      Array(all[$0..<$0 + vertexCount])
    }
  }

  /// The region of each material of the mesh that is drawn; lashes, tear film and the like are not.
  private static let materials: [String: Region] = [
    "M_Face": .skin, "M_BackHead": .skin, "M_ScleraLeft": .eye, "M_ScleraRight": .eye,
    "M_IrisLeft": .eye, "M_IrisRight": .eye, "M_GumsTongue": .mouthInterior, "M_Teeth": .teeth,
  ]

  /// Faces of an OBJ file, quads split in two.
  private static func triangles(
    _ path: String, vertexCount: Int
  ) throws(MaterialError) -> [Triangle] {
    var region: Region?
    var triangles: [Triangle] = []
    for (number, line) in try text(path).split(
      separator: "\n", omittingEmptySubsequences: false
    ).enumerated() {
      let words = line.split(separator: " ")
      guard let first = words.first else { continue }
      if first == "usemtl", words.count > 1 { region = materials[String(words[1])] }
      guard first == "f", let region else { continue }
      let corners = words.dropFirst().map { word in
        Int32(word.prefix { $0 != "/" }).map { $0 - 1 } ?? -1
      }
      guard corners.count == 3 || corners.count == 4,
        corners.allSatisfy({ $0 >= 0 && Int($0) < vertexCount })
      else {
        throw MaterialError(
          path, "line \(number + 1): expected a face of 3 or 4 of \(vertexCount) vertices")
      }
      triangles.append(
        Triangle(a: corners[0], b: corners[1], c: corners[2], region: region))
      if corners.count == 4 {
        triangles.append(
          Triangle(a: corners[0], b: corners[2], c: corners[3], region: region))
      }
    }
    guard !triangles.isEmpty else { throw MaterialError(path, "holds no face that is drawn") }
    return triangles
  }

  private static func landmarks(
    _ path: String, vertexCount: Int
  ) throws(MaterialError) -> [Int] {
    struct Indices: Decodable {
      var landmarks: [Int]

      private enum CodingKeys: String, CodingKey { case landmarks = "idx_to_landmark_verts" }
    }
    let data = try bytes(path)
    guard let indices = try? JSONDecoder().decode(Indices.self, from: data),
      indices.landmarks.count == 68,
      indices.landmarks.allSatisfy({ (0..<vertexCount).contains($0) })
    else {
      throw MaterialError(
        path, "expected idx_to_landmark_verts: 68 vertices below \(vertexCount)")
    }
    return indices.landmarks
  }
}
