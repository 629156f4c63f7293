import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Views, identities and landmark definitions on a small head whose truth is known.
struct HeadFittingTests {
  private let head = TestHead.make()
  private let rotation = RotationMatrix(EulerAngles(x: 0.1, y: -0.15, z: 0.2))

  private func view(_ points: [SIMD3<Double>]) -> [SIMD2<Double>] {
    WeakPerspective(scale: 2.5, rotation: rotation, translation: [300, 200])
      .project(points)
  }

  @Test func landmarkPlacesAreInOrder() {
    #expect(TestHead.landmarkPlaces.count == 68)
    let definition = LandmarkDefinition(vertices: head.landmarkVertices)
    let points = definition.points(of: head.neutral, rest: head.neutral)
    for i in 0..<68 {
      let mirrored = points[LandmarkMirror.map[i]]
      #expect(abs(points[i].x + mirrored.x) < 0.01 && abs(points[i].y - mirrored.y) < 0.01)
    }
  }

  @Test func weakPerspectiveFindsTheViewThatWasUsed() throws {
    let points = head.neutral.map(SIMD3<Double>.init)
    let found = try #require(
      WeakPerspective(
        from: points, to: view(points), weights: [Double](repeating: 1, count: points.count)))
    #expect(abs(found.scale - 2.5) < 1e-9)
    for axis in [SIMD3<Double>(1, 0, 0), [0, 1, 0], [0, 0, 1]] {
      let difference = found.rotation.rotate(axis) - rotation.rotate(axis)
      #expect((difference * difference).sum() < 1e-18)
    }
    let offset = found.translation - SIMD2(300, 200)
    #expect((offset * offset).sum() < 1e-12)
  }

  @Test func pointsOnALineHaveNoView() {
    let points = (0..<10).map { SIMD3(Double($0), 2 * Double($0), 1) }
    #expect(
      WeakPerspective(
        from: points, to: points.map { SIMD2($0.x, $0.y) },
        weights: [Double](repeating: 1, count: 10)) == nil)
  }

  @Test func offsetsGoToTheFacePlaneAndBack() {
    let view = WeakPerspective(
      scale: 3, rotation: RotationMatrix(EulerAngles(x: 0, y: 0, z: 0.4)), translation: .zero)
    let offset = view.inFacePlane(view.inImage([1.5, -0.5])) - SIMD2(1.5, -0.5)
    #expect((offset * offset).sum() < 1e-20)
  }

  @Test func identityAndExpressionAreRecovered() throws {
    let basis = LandmarkBasis(
      head: head, definition: LandmarkDefinition(vertices: head.landmarkVertices))
    let (b, e) = ([1.2, -0.8, 0.5], [0.6, 0.0])
    let points = view(basis.points(identity: b, expression: e))
    var settings = IdentityFit.Settings()
    settings.noise = 0.02
    settings.fitsExpression = true
    settings.iterations = 200
    let fit = try #require(IdentityFit(points: points, basis: basis, settings: settings))
    // Size and depth are told by the view only in part, so the projection counts.
    let distances = zip(fit.projected, points).map { (($0 - $1) * ($0 - $1)).sum().squareRoot() }
    #expect((distances.max() ?? 1) < 0.3)
    #expect(abs(fit.expression[0] - 0.6) < 0.05)
    #expect(fit.expression[1] < 0.05)
  }

  @Test func definitionMovesToWhereHandsPutThePoints() {
    // Truth: places 4 mm beside the mesh's vertices at the nose's wings and brows' ends.
    var definition = LandmarkDefinition(vertices: head.landmarkVertices)
    let basis = LandmarkBasis(head: head, definition: definition)
    var truth = basis.points(identity: [0, 0, 0], expression: [0, 0])
    for (landmark, x) in [(31, -4.0), (35, 4), (17, -3), (26, 3)] { truth[landmark].x += x }
    var generator = SeededGenerator(seed: 5)
    let photos = (0..<12).map { _ in
      let turn = EulerAngles(x: 0, y: 0, z: 0.1 * generator.normal())
      return truth.map {
        WeakPerspective(scale: 3, rotation: RotationMatrix(turn), translation: [200, 200])
          .project($0)
      }
    }
    let history = definition.learn(from: photos, head: head, rounds: 4)
    #expect(history.count == 5)
    #expect(history[0].mean[31].x < -3)
    #expect(abs(history[4].mean[31].x) < 0.3)
    #expect(history[4].relativeError < history[0].relativeError / 3)
  }

  @Test func edgePointsStayOnTheirEdge() {
    let surface = HeadSurface(head)
    let stops = [60, 61, 62, 63, 64].map { head.landmarkVertices[$0] }
    let way = surface.path(through: stops)
    #expect(way.first == stops.first && way.last == stops.last)
    let place = surface.place(on: way, x: 3, y: 500, byColumn: true)
    #expect(place.vertices.allSatisfy(way.contains))
    #expect(abs(place.point(of: head.neutral).x - 3) < 0.01, "the height plays no part")
  }

  @Test func correctionMovesSuppliedPoints() {
    let basis = LandmarkBasis(
      head: head, definition: LandmarkDefinition(vertices: head.landmarkVertices))
    let placed = view(basis.points(identity: [0, 0, 0], expression: [0, 0]))
    let found = WeakPerspective(scale: 2.5, rotation: rotation, translation: .zero)
    let shift = found.inImage([0, 2])
    let supplied = placed.indices.map { $0 == 57 ? placed[$0] - shift : placed[$0] }
    let correction = PointCorrection(from: [(supplied, placed)], basis: basis)
    #expect(abs(correction.offsets[57].y - 2) < 0.1)
    let moved = correction.apply(to: supplied)[57] - placed[57]
    #expect((moved * moved).sum().squareRoot() < 0.5)
  }

  /// Another markup's lip lies lower the wider its mouth is: that is learned from faces beside, and told
  /// of a face between them; the mean alone would be off.
  @Test func correctionDependsOnTheFace() throws {
    let basis = LandmarkBasis(
      head: head, definition: LandmarkDefinition(vertices: head.landmarkVertices))
    let view = WeakPerspective(scale: 2.5, rotation: .identity, translation: SIMD2(300, 200))
    func pair(wider: Double) -> (supplied: [SIMD2<Double>], placed: [SIMD2<Double>]) {
      var points = view.project(basis.points(identity: [0, 0, 0], expression: [0, 0]))
      for i in 48..<68 { points[i].x += (points[i].x - 300) * wider }
      var placed = points
      placed[57].y += 2.5 * 10 * wider
      return (points, placed)
    }
    let known = [-0.2, -0.1, 0.1, 0.2].map(pair)
    let correction = PointCorrection(from: known, basis: basis)
    #expect(abs(correction.offsets[57].y) < 0.1, "on average they agree")
    for wider in [-0.15, 0.15] {
      let (supplied, placed) = pair(wider: wider)
      let moved = correction.apply(to: supplied)
      #expect(abs(moved[57].y - placed[57].y) < 0.5 * abs(supplied[57].y - placed[57].y))
      #expect(abs(moved[30].y - placed[30].y) < 0.3, "others stay")
    }
  }
}

extension WeakPerspective {
  fileprivate func project(_ points: [SIMD3<Double>]) -> [SIMD2<Double>] { points.map(project) }
}
