import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The shape model against the reference's figures: 1e-4, relative for Jacobians, mm or px else.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct ShapeModelParityTests {
  let pdm: PointDistributionModel
  let figures: JSONValue

  init() throws {
    pdm = try Golden.generalModel().shapeModel
    figures = try Golden.figures("pdm")
  }

  @Test func shapesAndJacobians() throws {
    for set in try figures["sets"].elements() {
      let global = try set["params_global"].globalParameters()
      let local = try set["params_local"].numbers()
      let shape = pdm.shape3D(local: local)
      #expect(largestDifference(shape, try set["shape3d"].numbers()) < 1e-4)
      let landmarks = pdm.landmarks(FaceParameters(global: global, local: local))
      #expect(largestDifference(landmarks, try set["shape2d"].numbers()) < 1e-4)
      let rotation = RotationMatrix(global.rotation)
      let rows = [rotation.row0, rotation.row1, rotation.row2].flatMap { [$0.x, $0.y, $0.z] }
      #expect(largestDifference(rows, try set["rotation"].numbers()) < 1e-6)
      for (name, rigid) in [("jacobian", false), ("rigid_jacobian", true)] {
        let columns = rigid ? 6 : pdm.parameterCount
        let jacobian = pdm.jacobian(shape: shape, global: global, rigid: rigid, .best)
        let byRow = (0..<136).flatMap { row in (0..<columns).map { jacobian[$0 * 136 + row] } }
        #expect(relativeDifference(byRow, try set[name]["data"].numbers()) < 1e-6)
      }
    }
  }

  @Test func updatesAndClamps() throws {
    for set in try figures["sets"].elements() {
      var global = try set["params_global"].globalParameters()
      var local = try set["params_local"].numbers()
      pdm.update(global: &global, local: &local, delta: try set["update_delta"].numbers())
      #expect(largestDifference(global.list, try set["update_global"].numbers()) < 1e-5)
      #expect(largestDifference(local, try set["update_local"].numbers()) < 1e-4)
      pdm.clamp(global: &global, local: &local)
      #expect(largestDifference(global.list, try set["clamped_global"].numbers()) < 1e-5)
      #expect(largestDifference(local, try set["clamped_local"].numbers()) < 1e-4)
    }
  }

  @Test func poseFromBox() throws {
    for entry in try figures["calc_params_bbox"].elements() {
      let b = try entry["bbox_xywh"].numbers()
      let r = try entry["rotation_euler"].numbers()
      let global = pdm.globalParameters(
        box: FaceBox(x: b[0], y: b[1], width: b[2], height: b[3]),
        local: try entry["params_local"].numbers(),
        rotation: EulerAngles(x: r[0], y: r[1], z: r[2]))
      #expect(largestDifference(global.list, try entry["params_global"].numbers()) < 1e-4)
    }
  }

  @Test func parametersFromLandmarks() throws {
    for entry in try figures["calc_params_landmarks"].elements() {
      let landmarks = try entry["landmarks2d"].numbers()
      let found = try #require(pdm.parameters(landmarks: landmarks, box: .reference))
      #expect(relativeDifference(found.global.list, try entry["params_global"].numbers()) < 1e-4)
      #expect(relativeDifference(found.local, try entry["params_local"].numbers()) < 1e-4)
      #expect(largestDifference(pdm.landmarks(found), try entry["shape2d"].numbers()) < 1e-3)
    }
  }
}
