import CLNF
import Foundation

/// Where the 68 landmarks lie on a head's mesh, and how they move with expressions.
///
/// Training/landmarks/README.md defines each point in words and pictures. A point has a place on
/// the resting face (barycentric on a triangle) and a place whose expression motion it shares: on
/// the lips' and lids' edges the two are the same; elsewhere a place may have been moved a little
/// along the skin while the motion stays that of the edge.
public struct LandmarkDefinition: Sendable, Codable, Equatable {
  /// A point of the mesh: vertices and their weights, which sum to 1.
  public struct Place: Sendable, Codable, Equatable {
    public var vertices: [Int]
    public var weights: [Float]

    public init(vertices: [Int], weights: [Float]) {
      precondition(vertices.count == weights.count, "a weight for each vertex")
      self.vertices = vertices
      self.weights = weights
    }

    public init(vertex: Int) { self.init(vertices: [vertex], weights: [1]) }

    public func point(of mesh: [SIMD3<Float>]) -> SIMD3<Float> {
      var sum = SIMD3<Float>.zero
      for (vertex, weight) in zip(vertices, weights) { sum += weight * mesh[vertex] }
      return sum
    }
  }

  public struct Landmark: Sendable, Codable, Equatable {
    /// On the resting face.
    public var place: Place
    /// Whose movement with expressions it shares.
    public var motion: Place

    public init(place: Place, motion: Place) {
      self.place = place
      self.motion = motion
    }
  }

  /// 68, iBUG order.
  public var landmarks: [Landmark]

  public init(landmarks: [Landmark]) { self.landmarks = landmarks }

  /// The mesh's own landmark vertices.
  public init(vertices: [Int]) {
    landmarks = vertices.map {
      Landmark(place: Place(vertex: $0), motion: Place(vertex: $0))
    }
  }

  /// The 68 points of a face, mm, without sliding.
  /// - Parameters:
  ///   - vertices: the mesh with its expression.
  ///   - rest: the same face without.
  public func points(of vertices: [SIMD3<Float>], rest: [SIMD3<Float>]) -> [SIMD3<Float>] {
    landmarks.map { landmark in
      landmark.place.point(of: rest) + landmark.motion.point(of: vertices)
        - landmark.motion.point(of: rest)
    }
  }

  /// Reads the JSON of a definition.
  /// - Throws: `MaterialError` for a file that is none, or names vertices that a mesh of
  ///   `vertexCount` lacks.
  public static func read(
    _ path: String, vertexCount: Int
  ) throws(MaterialError) -> LandmarkDefinition {
    let definition: LandmarkDefinition
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      definition = try JSONDecoder().decode(LandmarkDefinition.self, from: data)
    } catch {
      throw MaterialError(path, "is not a landmark definition: \(error)")
    }
    let places = definition.landmarks.flatMap { [$0.place, $0.motion] }
    guard definition.landmarks.count == 68,
      places.allSatisfy({ place in
        !place.vertices.isEmpty && place.vertices.count == place.weights.count
          && place.vertices.allSatisfy { (0..<vertexCount).contains($0) }
          && abs(place.weights.reduce(0, +) - 1) < 1e-3
      })
    else {
      throw MaterialError(
        path, "expected 68 landmarks on vertices below \(vertexCount), weights that sum to 1")
    }
    return definition
  }
}
