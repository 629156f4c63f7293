import Foundation

/// A morphable head: a mean mesh that linear shape and expression fields deform.
///
/// Made for ICT-FaceKit light (MIT licence): 26,719 vertices, 100 identity and 57 expression fields.
/// Axes as everywhere here: mm, x to the right (the subject's left), y down, z away from the
/// camera that looks at the face. Immutable.
///
/// Source: Li et al., "Learning Formation of Physically-Based Face Attributes", CVPR 2020.
public struct HeadModel: Sendable {
  /// What a part of the surface is made of.
  public enum Region: UInt8, Sendable {
    case skin, eye, mouthInterior, teeth
  }

  /// Three vertices; seen from outside their area in image axes is negative.
  public struct Triangle: Sendable, Equatable {
    public var a: Int32
    public var b: Int32
    public var c: Int32
    public var region: Region
  }

  /// Identity and expressions at 0.
  public let neutral: [SIMD3<Float>]
  /// Displacement of every vertex for a coefficient of 1; coefficients are N(0, 1).
  public let identity: [[SIMD3<Float>]]
  /// The same for expressions; coefficients are 0 ... 1.
  public let expressions: [[SIMD3<Float>]]
  public let expressionNames: [String]
  public let triangles: [Triangle]
  /// By vertex.
  public let regions: [Region]
  /// The mesh's own 68 landmark vertices.
  public let landmarkVertices: [Int]

  public var vertexCount: Int { neutral.count }

  public init(
    neutral: [SIMD3<Float>], identity: [[SIMD3<Float>]], expressions: [[SIMD3<Float>]],
    expressionNames: [String], triangles: [Triangle], landmarkVertices: [Int]
  ) {
    precondition(expressions.count == expressionNames.count, "a name for each expression")
    self.neutral = neutral
    self.identity = identity
    self.expressions = expressions
    self.expressionNames = expressionNames
    self.triangles = triangles
    self.landmarkVertices = landmarkVertices
    var regions = [Region](repeating: .skin, count: neutral.count)
    for triangle in triangles {
      for vertex in [triangle.a, triangle.b, triangle.c] {
        regions[Int(vertex)] = triangle.region
      }
    }
    self.regions = regions
  }

  /// The mesh for coefficients; missing ones are 0. Cost: a pass over the mesh for each coefficient
  /// that is not 0 (0.05 ms each).
  public func vertices(identity shape: [Float], expression: [Float]) -> [SIMD3<Float>] {
    var result = neutral
    Self.add(identity, shape, to: &result)
    Self.add(expressions, expression, to: &result)
    return result
  }

  /// Adds expressions to a mesh that has its identity.
  public func addExpression(_ coefficients: [Float], to vertices: inout [SIMD3<Float>]) {
    Self.add(expressions, coefficients, to: &vertices)
  }

  /// Adds identity fields to a mesh.
  public func addIdentity(_ coefficients: [Float], to vertices: inout [SIMD3<Float>]) {
    Self.add(identity, coefficients, to: &vertices)
  }

  private static func add(
    _ fields: [[SIMD3<Float>]], _ coefficients: [Float], to vertices: inout [SIMD3<Float>]
  ) {
    for (field, coefficient) in zip(fields, coefficients) where coefficient != 0 {
      field.withUnsafeBufferPointer { field in
        vertices.withUnsafeMutableBufferPointer { vertices in
          for i in vertices.indices { vertices[i] += coefficient * field[i] }
        }
      }
    }
  }

  /// Outward unit normals of a mesh, the mean of the adjacent triangles' weighted by area. A vertex
  /// without area gets zeros.
  public func normals(of vertices: [SIMD3<Float>]) -> [SIMD3<Float>] {
    var normals = [SIMD3<Float>](repeating: .zero, count: vertices.count)
    normals.withUnsafeMutableBufferPointer { normals in
      vertices.withUnsafeBufferPointer { vertices in
        for triangle in triangles {
          let (a, b, c) = (Int(triangle.a), Int(triangle.b), Int(triangle.c))
          let (u, v) = (vertices[b] - vertices[a], vertices[c] - vertices[a])
          let normal = SIMD3(
            u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x)
          normals[a] += normal
          normals[b] += normal
          normals[c] += normal
        }
      }
      for i in normals.indices {
        let length = (normals[i] * normals[i]).sum().squareRoot()
        if length > 0 { normals[i] /= length }
      }
    }
    return normals
  }

  /// The index of an expression; nil for a name that there is not.
  public func expressionIndex(_ name: String) -> Int? { expressionNames.firstIndex(of: name) }
}
