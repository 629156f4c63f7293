import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Responses, Sigma and single iterations from identical state.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct ResponseParityTests {
  let model: FaceModel

  init() throws { model = try Golden.generalModel() }

  private func fitter() throws -> Fitter {
    try Fitter(model: model, settings: FitSettings.video.asReference)
  }

  @Test func viewsAndVisibilities() throws {
    let figures = try Golden.figures("responses")
    let scale = model.preparedScales[0]
    let centers = scale.viewCenters.flatMap { [$0.x, $0.y, $0.z] }
    let expected = try figures["view_centers_rad"].elements().flatMap { try $0.numbers() }
    #expect(largestDifference(centers, expected) < 1e-6)
    for (view, visible) in try figures["visibilities_scale0"].elements().enumerated() {
      #expect(try scale.views[view].visible == visible.numbers().map { $0 != 0 })
    }
  }

  @Test func responsesOfAllCases() throws {
    let cases = try Golden.figures("responses")["cases"].elements()
    #expect(cases.count == 15)
    for entry in cases {
      let number = try entry["case"].integer()
      let fitter = try fitter()
      fitter.global = try entry["params_global"].globalParameters()
      fitter.workspace.setLocal(try entry["params_local"].numbers())
      let window = try entry["window"].integer()
      let image = try Golden.image(try entry["image"].string())
      let pass = fitter.prepare(
        image, scaleIndex: try entry["scale_index"].integer(), windowSize: window)
      #expect(fitter.maps.view == (try entry["view"].integer()))
      let m = try entry["sim_img_to_ref_2x2"].numbers()
      let similarity = [
        pass.toReference.a, -pass.toReference.b, pass.toReference.b, pass.toReference.a,
      ]
      #expect(largestDifference(similarity, m) < 1e-6)
      for (landmark, expected) in try entry["responses"].elements().enumerated() {
        let values = try expected.numbers()
        #expect(fitter.maps.visible.pointer[landmark] == !values.isEmpty)
        guard !values.isEmpty else { continue }
        let actual = (0..<window * window).map {
          Double(fitter.maps.responses.pointer[landmark * window * window + $0])
        }
        #expect(
          largestDifference(actual, values) < 1e-3,
          "case \(number), landmark \(landmark)")
      }
    }
  }

  /// Mean shifts (px), right-hand sides and updates (relative) of every iteration, each from the
  /// reference's own state: 1e-3. The reference keeps q to itself after the first iteration; it
  /// is its start plus its updates.
  @Test func iterationsFromIdenticalState() throws {
    let cases = try Golden.figures("nu_rlms")["cases"].elements()
    #expect(cases.count == 15)
    var (compared, withShifts) = (0, 0)
    for entry in cases {
      let fitter = try fitter()
      fitter.global = try entry["params_global_start"].globalParameters()
      fitter.workspace.setLocal(try entry["params_local_start"].numbers())
      let image = try Golden.image(try entry["image"].string())
      let pass = fitter.prepare(
        image, scaleIndex: try entry["scale_index"].integer(),
        windowSize: try entry["window"].integer())
      #expect(abs(pass.settings.kernelWidth - (try entry["sigma"].number())) < 1e-6)
      #expect(abs(pass.settings.regularisation - (try entry["reg_factor"].number())) < 1e-4)
      for iteration in try entry["iterations"].elements() {
        var record: IterationRecord?
        fitter.observer = { record = $0 }
        fitter.global = try iteration["params_global"].globalParameters()
        if iteration["params_local"].exists {
          fitter.workspace.setLocal(try iteration["params_local"].numbers())
        }
        fitter.workspace.updateShape(model.shapeModel, fitter.global, kernels: fitter.kernels)
        #expect(fitter.iterate(pass, rigid: try iteration["rigid"].bool(), iteration: 0))
        let seen = try #require(record)
        compared += 1
        #expect(relativeDifference(seen.delta, try iteration["param_update"].numbers()) < 1e-3)
        guard iteration["dx"].exists else { continue }
        withShifts += 1
        #expect(largestDifference(seen.offsetX, try iteration["dx"].numbers()) < 1e-3)
        #expect(largestDifference(seen.offsetY, try iteration["dy"].numbers()) < 1e-3)
        let visible = (0..<68).map { fitter.maps.visible.pointer[$0] }
        let ms = try iteration["meanshift_ref"].numbers()
        let masked = ms.enumerated().map { visible[$0 % 68] ? $1 : 0 }
        #expect(largestDifference(seen.meanShiftReference, masked) < 1e-3)
        let image = try iteration["meanshift_img"].numbers()
        #expect(largestDifference(seen.meanShiftImage, image) < 1e-3)
        let gradient = try iteration["Jt_meanshift_minus_reg"].numbers()
        #expect(relativeDifference(seen.gradient, gradient) < 1e-3)
      }
    }
    #expect(compared == 150 && withShifts == 30)
  }

  @Test func sigmaMatrices() throws {
    let figures = try Golden.figures("sigma_landmark30")
    let entries = try figures["entries"].elements()
    #expect(entries.count == 16)
    for entry in entries {
      let window = try entry["window"].integer()
      let index = try entry["scale_index"].integer()
      let sigma = model.preparedScales[index].sigma(view: 0, windowSize: window)
      if entry["sigma"].exists {
        let expected = try entry["sigma"]["data"].numbers()
        #expect(sigma.kind == .edges && sigma.isFolded && sigma.order == window * window)
        #expect(largestDifference(sigma.matrix(of: 30), expected) < 1e-5)
      } else {
        #expect(sigma.kind == .edgeFree)
        let sum = try entry["sum_alphas"].number()
        #expect(abs(Double(sigma.scales.pointer[30]) - 1 / (2 * sum)) < 1e-5)
      }
    }
  }
}
