import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The shape model against the oracle's figures. Both compute in double precision: 1e-9 px, mm or
/// rad is a thousand times the rounding of values up to some hundreds.
struct ExpectedShapeTests {
  let pdm: PointDistributionModel
  let figures: JSONValue

  init() throws {
    pdm = try SyntheticFixture.model().shapeModel
    figures = try SyntheticFixture.expected()["pdm"]
  }

  @Test func shapesAndRotations() throws {
    let sets = try figures["sets"].elements()
    #expect(sets.count == 4)
    for set in sets {
      let global = try set["params_global"].pose()
      let local = try set["params_local"].numbers()
      let shape = pdm.shape3D(local: local)
      #expect(largestDifference(shape, try set["shape3d"].numbers()) < 1e-9)
      let landmarks = pdm.landmarks(FaceParameters(global: global, local: local))
      #expect(largestDifference(landmarks, try set["shape2d"].numbers()) < 1e-9)
      let r = RotationMatrix(global.rotation)
      let rows = [r.row0, r.row1, r.row2].flatMap { [$0.x, $0.y, $0.z] }
      #expect(largestDifference(rows, try set["rotation"].rows()) < 1e-12)
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func jacobians(instructionSet: InstructionSet) throws {
    for set in try figures["sets"].elements() {
      let shape = pdm.shape3D(local: try set["params_local"].numbers())
      for (name, rigid) in [("jacobian", false), ("rigid_jacobian", true)] {
        let columns = rigid ? 6 : pdm.parameterCount
        let rowCount = 2 * pdm.landmarkCount
        let jacobian = pdm.jacobian(
          shape: shape, global: try set["params_global"].pose(), rigid: rigid, instructionSet)
        let byRow = (0..<rowCount).flatMap { row in
          (0..<columns).map { jacobian[$0 * rowCount + row] }
        }
        #expect(largestDifference(byRow, try set[name].rows()) < 1e-9)
      }
    }
  }

  @Test func updatesAndClamps() throws {
    for set in try figures["sets"].elements() {
      let start = try set["params_global"].pose()
      let delta = try set["delta"].numbers()
      var global = start
      var local = try set["params_local"].numbers()
      pdm.update(global: &global, local: &local, delta: delta)
      #expect(largestDifference(global.values, try set["updated_global"].numbers()) < 1e-9)
      #expect(largestDifference(local, try set["updated_local"].numbers()) < 1e-9)
      pdm.clamp(global: &global, local: &local)
      #expect(largestDifference(global.values, try set["clamped_global"].numbers()) < 1e-9)
      #expect(largestDifference(local, try set["clamped_local"].numbers()) < 1e-9)
      var rigid = start
      pdm.update(global: &rigid, local: nil, delta: delta)
      #expect(largestDifference(rigid.values, try set["rigid_updated_global"].numbers()) < 1e-9)
    }
  }

  @Test func posesFromBoxes() throws {
    let cases = try figures["from_box"].elements()
    #expect(cases.count == 3)
    for entry in cases {
      let global = pdm.globalParameters(
        box: try entry["box"].box(), local: try entry["params_local"].numbers(),
        rotation: try entry["rotation_euler"].angles())
      #expect(largestDifference(global.values, try entry["params_global"].numbers()) < 1e-9)
    }
  }

  /// 14 to 21 steps of damped Gauss-Newton, each of which loses a few digits: 1e-8.
  @Test func parametersFromLandmarks() throws {
    let cases = try figures["from_landmarks"].elements()
    #expect(cases.count == 6)
    for entry in cases {
      let box: PointDistributionModel.MissingLandmarkBox =
        try entry["reference_box"].bool() ? .reference : .visible
      let found = try #require(
        pdm.parameters(landmarks: try entry["landmarks"].numbers(), box: box))
      let name = try entry["name"].string()
      let expected = try entry["params_global"].numbers()
      #expect(largestDifference(found.global.values, expected) < 1e-8, "\(name)")
      #expect(largestDifference(found.local, try entry["params_local"].numbers()) < 1e-8, "\(name)")
      #expect(
        largestDifference(pdm.landmarks(found), try entry["shape2d"].numbers()) < 1e-8, "\(name)")
    }
  }

  @Test func viewsOfRotations() throws {
    let model = try SyntheticFixture.model()
    let validator = try #require(model.validator)
    let cases = try SyntheticFixture.expected()["views"].elements()
    #expect(cases.count == 7)
    for entry in cases {
      let rotation = try entry["rotation_euler"].angles()
      for scale in model.preparedScales {
        #expect(scale.viewCenters.nearestView(to: rotation) == (try entry["view"].integer()))
      }
      let centers = validator.views.map(\.center)
      #expect(centers.nearestView(to: rotation) == (try entry["validator_view"].integer()))
    }
  }

  @Test func theFirstOfEquallyNearViewsIsTaken() {
    let centers = [-0.5, 0.5, 0.5].map { EulerAngles(x: 0, y: $0, z: 0) }
    #expect(centers.nearestView(to: EulerAngles(x: 0, y: 0, z: 0)) == 0)
    #expect(centers.nearestView(to: EulerAngles(x: 0, y: 0.1, z: 0)) == 1)
  }
}
