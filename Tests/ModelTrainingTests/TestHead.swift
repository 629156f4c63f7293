import TestSupport

@testable import ModelTraining

/// The small head as a model.
enum TestHead {
  static let landmarkPlaces = EllipsoidHead.landmarkPlaces

  static func make() -> HeadModel {
    HeadModel(
      neutral: EllipsoidHead.vertices, identity: EllipsoidHead.identity,
      expressions: EllipsoidHead.expressions, expressionNames: EllipsoidHead.expressionNames,
      triangles: EllipsoidHead.triangles.map {
        HeadModel.Triangle(a: $0.x, b: $0.y, c: $0.z, region: .skin)
      },
      landmarkVertices: EllipsoidHead.landmarkVertices)
  }
}
