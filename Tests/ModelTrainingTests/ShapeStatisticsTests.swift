import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Alignment, the jaw's outline and the shape model of a small head.
struct ShapeStatisticsTests {
  private let head = TestHead.make()

  @Test func rotationIsFound() {
    let points = Self.centred(head.neutral.map(SIMD3<Double>.init))
    let truth = RotationMatrix(EulerAngles(x: 0.4, y: -0.9, z: 0.3))
    let found = RigidAlignment.rotation(from: points, to: points.map(truth.rotate))
    for axis in [SIMD3<Double>(1, 0, 0), [0, 1, 0], [0, 0, 1]] {
      let difference = found.rotate(axis) - truth.rotate(axis)
      #expect((difference * difference).sum() < 1e-18)
    }
  }

  @Test func alignmentTakesRotationsAway() {
    let points = Self.centred(head.neutral.map(SIMD3<Double>.init))
    let turned = [0.0, 0.3, -0.2].map { angle in
      points.map { RotationMatrix(EulerAngles(x: 0, y: angle, z: angle / 2)).rotate($0) + 5 }
    }
    let aligned = RigidAlignment.align(turned, rounds: 3)
    for shape in aligned {
      for (a, b) in zip(shape, aligned[0]) { #expect(((a - b) * (a - b)).sum() < 1e-16) }
    }
  }

  @Test func pointsThatSlideDoNotTurnWhatIsAligned() {
    let points = head.neutral.prefix(40).map(SIMD3<Double>.init)
    let slid = [0.0, 12, -9].map { way in
      points.enumerated().map { $0 < 10 ? $1 + SIMD3(0, 0, way) : $1 }
    }
    let aligned = RigidAlignment.align(slid, by: 10..<40, rounds: 3)
    for shape in aligned {
      for i in 10..<40 {
        #expect(((shape[i] - aligned[0][i]) * (shape[i] - aligned[0][i])).sum() < 1e-12)
      }
    }
    #expect(abs(aligned[1][3].z - aligned[0][3].z - 12) < 1e-6, "and go as they slid")
    let center = aligned.flatMap { $0 }.reduce(.zero, +) / 120
    #expect((center * center).sum() < 1e-12)
  }

  @Test func jawSlidesToTheOutlineOfATurnedHead() {
    let definition = LandmarkDefinition(vertices: head.landmarkVertices)
    let silhouette = JawSilhouette(head: head, definition: definition)
    let rest = definition.points(of: head.neutral, rest: head.neutral)
    var frontal = rest
    silhouette.slide(&frontal, mesh: { head.neutral[$0] }, seenWith: .identity)
    let line = rest[0...16].map { SIMD2($0.x, $0.y) }
    for i in 0..<17 {
      // In the picture: the strip of candidates reaches 1 mm outwards, and steps are made equal along it.
      let place = SIMD2(frontal[i].x, frontal[i].y)
      let away = zip(line, line.dropFirst()).map { Self.distance(of: place, from: $0, to: $1) }
      #expect((away.min() ?? .infinity) < 1.1, "landmark \(i)")
    }
    for i in 17..<68 { #expect(frontal[i] == rest[i]) }
    // Turned by 63 degrees, one side's landmarks are hidden behind the cheek.
    let rotation = RotationMatrix(EulerAngles(x: 0, y: 1.1, z: 0))
    var turned = rest
    silhouette.slide(&turned, mesh: { head.neutral[$0] }, seenWith: rotation)
    func column(_ p: SIMD3<Float>) -> Double { rotation.rotate(SIMD3<Double>(p)).x }
    let edge = head.neutral.filter { abs($0.y - rest[3].y) < 4 }.map(column)
    let (left, right) = (column(turned[3]), column(turned[13]))
    #expect(left >= (edge.min() ?? 0) - 0.5 && right <= (edge.max() ?? 0) + 0.5)
    let moved = [3, 13].contains { i in
      ((turned[i] - rest[i]) * (turned[i] - rest[i])).sum().squareRoot() > 5
    }
    #expect(moved, "one side slides over the cheek")
    for i in 17..<68 { #expect(turned[i] == rest[i]) }
    #expect(turned[8] == rest[8])
  }

  @Test func jawReachesToWhereTheFaceEndsOnTheNearSide() {
    let definition = LandmarkDefinition(vertices: head.landmarkVertices)
    let silhouette = JawSilhouette(head: head, definition: definition)
    let rest = definition.points(of: head.neutral, rest: head.neutral)
    for angle in [-0.6, 0.6] {
      let rotation = RotationMatrix(EulerAngles(x: 0, y: angle, z: 0))
      var turned = rest
      silhouette.slide(&turned, mesh: { head.neutral[$0] }, seenWith: rotation)
      func column(_ p: SIMD3<Float>) -> Float { Float(rotation.rotate(SIMD3<Double>(p)).x) }
      // The side whose landmarks lie further out than the middle's when turned is the near one.
      let isLeft = column(rest[27]) > 0
      for i in isLeft ? 1...3 : 13...15 {
        let outwards = (column(turned[i]) - column(rest[i])) * (isLeft ? -1 : 1)
        #expect(outwards > 3, "landmark \(i) at \(angle): \(outwards) mm")
        #expect(turned[i].z > rest[i].z + 5, "it lies further back on the head")
        let end = JawSilhouette.edgeDepth(at: turned[i].y)
        #expect(turned[i].z < end + 1, "and still on the face, which ends at \(end)")
      }
    }
  }

  @Test(arguments: [
    (Float(-100), Float(-20)), (-50, -19), (-40, -18), (0, -14.5), (44.5, -37.5), (80, -101),
    (200, -101),
  ])
  func faceEndsAtADepthOfItsHeight(_ height: Float, _ depth: Float) {
    #expect(abs(JawSilhouette.edgeDepth(at: height) - depth) < 0.001)
  }

  @Test func stepsFromTheEndsToTheChinAreEqualInThePicture() {
    let definition = LandmarkDefinition(vertices: head.landmarkVertices)
    let silhouette = JawSilhouette(head: head, definition: definition)
    for angles in [EulerAngles(x: 0, y: 0, z: 0), EulerAngles(x: 0.2, y: 0.5, z: 0)] {
      var points = definition.points(of: head.neutral, rest: head.neutral)
      let rotation = RotationMatrix(angles)
      silhouette.slide(&points, mesh: { head.neutral[$0] }, seenWith: rotation)
      let seen = points.map { point in
        let turned = rotation.rotate(SIMD3<Double>(point))
        return SIMD2(turned.x, turned.y)
      }
      for side in [0..<8, 8..<16] {
        let steps = side.map { i in
          ((seen[i + 1] - seen[i]) * (seen[i + 1] - seen[i])).sum().squareRoot()
        }
        let mean = steps.reduce(0, +) / 8
        // Chords of equal arcs; the steps of the line itself were up to twice as long as others.
        #expect(steps.allSatisfy { abs($0 - mean) < 0.15 * mean }, "\(steps)")
      }
    }
  }

  private static func centred(_ points: [SIMD3<Double>]) -> [SIMD3<Double>] {
    let center = points.reduce(.zero, +) / Double(points.count)
    return points.map { $0 - center }
  }

  private static func distance(
    of point: SIMD2<Float>, from a: SIMD2<Float>, to b: SIMD2<Float>
  ) -> Float {
    let way = b - a
    let share = ((point - a) * way).sum() / max(1e-6, (way * way).sum())
    let offset = point - (a + max(0, min(1, share)) * way)
    return (offset * offset).sum().squareRoot()
  }

  @Test func modesExplainTheSamples() throws {
    let definition = LandmarkDefinition(vertices: head.landmarkVertices)
    var settings = ShapeStatistics.Settings()
    settings.sampleCount = 300
    settings.modeCount = 6
    let statistics = try ShapeStatistics(
      head: head, definition: definition, faces: [], settings: settings)
    #expect(statistics.model.modeCount == 6)
    #expect(statistics.explained[5] > 0.9)
    let variances = statistics.model.variances
    #expect(variances == variances.sorted(by: >) && variances.allSatisfy { $0 > 0 })
    let again = try ShapeStatistics(
      head: head, definition: definition, faces: [], settings: settings)
    #expect(again.model.meanShape == statistics.model.meanShape, "the same seed, the same model")
  }

  @Test func residualsAddVariance() throws {
    let definition = LandmarkDefinition(vertices: head.landmarkVertices)
    var settings = ShapeStatistics.Settings()
    settings.sampleCount = 200
    settings.modeCount = 6
    var residual = [SIMD2<Double>](repeating: .zero, count: 68)
    residual[33] = [0, 40]
    let opposite = residual.map { -$0 }
    let statistics = try ShapeStatistics(
      head: head, definition: definition, faces: [residual, opposite].map(face), settings: settings)
    #expect(Self.variance(33, statistics.model) > 1000, "40 mm of one point on every sample")
  }

  /// Of a landmark's height, mm^2.
  private static func variance(_ landmark: Int, _ model: PointDistributionModel) -> Double {
    let size = 3 * model.landmarkCount
    return (0..<model.modeCount).reduce(0) { sum, mode in
      let way = model.modeVectors[mode * size + model.landmarkCount + landmark]
      return sum + model.variances[mode] * way * way
    }
  }

  /// With photos of expressions a share of the samples has theirs, and the offset that went with it.
  @Test func expressionsOfPhotosAreSampled() throws {
    let definition = LandmarkDefinition(vertices: head.landmarkVertices)
    var settings = ShapeStatistics.Settings()
    (settings.sampleCount, settings.modeCount, settings.observedShare) = (200, 6, 1)
    var offset = [SIMD2<Double>](repeating: .zero, count: 68)
    offset[33] = [0, 40]
    let faces = [offset, offset.map { -$0 }].map { offset in
      var face = face(offset)
      face.expression[0] = 0.5
      return face
    }
    let all = try ShapeStatistics(
      head: head, definition: definition, faces: faces, settings: settings)
    #expect(Self.variance(33, all.model) > 1000, "40 mm of one point on every sample")
    settings.observedShare = 0
    let none = try ShapeStatistics(
      head: head, definition: definition, faces: faces, settings: settings)
    #expect(Self.variance(33, none.model) < 100, "drawn expressions have no offsets here")
  }

  /// Fitted to a photo at rest, with these offsets, mm.
  private func face(_ residual: [SIMD2<Double>]) -> FittedFace {
    let view = WeakPerspective(scale: 1, rotation: .identity, translation: .zero)
    let places = head.neutral.prefix(68).map { view.project(SIMD3<Double>($0)) }
    let fit = IdentityFit(
      identity: head.identity.map { _ in 0 }, expression: head.expressions.map { _ in 0 },
      view: view, projected: places)
    return FittedFace(photo: "", person: 0, fit: fit, points: zip(places, residual).map { $0 + $1 })
  }
}
