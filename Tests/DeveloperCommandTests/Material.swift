import Foundation
import TestSupport

/// A folder of training material with the ellipsoid's head, as `landmarkd-dev train` reads it.
enum Material {
  /// The files of the head count identity fields so.
  private static let identityCount = 100

  /// Writes `material/`, and beside it a landmark definition and fitted faces.
  static func write(to program: Program) throws {
    try program.makeFolder("material/ict-facekit")
    let head = "material/ict-facekit/"
    let none = EllipsoidHead.vertices.map { _ in SIMD3<Float>.zero }
    let identity =
      EllipsoidHead.identity
      + Array(repeating: none, count: identityCount - EllipsoidHead.identity.count)
    try write([EllipsoidHead.vertices], to: program.path(head + "generic.f32"))
    try write(identity, to: program.path(head + "identity.f32"))
    try write(EllipsoidHead.expressions, to: program.path(head + "expression.f32"))
    try program.write(
      EllipsoidHead.expressionNames.joined(separator: "\n"), to: head + "expression-names.txt")
    let faces = EllipsoidHead.triangles.map { "f \($0.x + 1) \($0.y + 1) \($0.z + 1)\n" }
    try program.write("usemtl M_Face\n" + faces.joined(), to: head + "generic_neutral_mesh.obj")
    try program.write(
      json(["idx_to_landmark_verts": EllipsoidHead.landmarkVertices]),
      to: head + "vertex_indices.json")

    let landmarks = EllipsoidHead.landmarkVertices.map { vertex in
      let place: [String: Any] = ["vertices": [vertex], "weights": [1]]
      return ["place": place, "motion": place]
    }
    try program.write(json(["landmarks": landmarks]), to: "definition.json")
    var fitted: [[String: Any]] = []
    for person in 0..<4 {
      var identity = [Double](repeating: 0, count: identityCount)
      identity[person] = 1
      let residuals = (0..<136).map { (i: Int) -> Double in Double((7 * i + person) % 11) / 10 }
      fitted.append([
        "photo": "london/\(person).jpg", "person": person, "identity": identity,
        "expression": [0, 0], "scale": 1, "rotation": [1, 0, 0, 0, 1, 0, 0, 0, 1],
        "translation": [100, 100], "residuals": residuals, "showsMouthInterior": false,
      ])
    }
    try program.write(json(fitted), to: "faces.json")
  }

  private static func json(_ value: Any) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
  }

  /// Centimetres, y up, z towards the viewer; little-endian.
  private static func write(_ fields: [[SIMD3<Float>]], to path: String) throws {
    var data = Data()
    for vector in fields.joined() {
      for value in [vector.x / 10, vector.y / -10, vector.z / -10] {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
      }
    }
    try data.write(to: URL(fileURLWithPath: path))
  }
}
