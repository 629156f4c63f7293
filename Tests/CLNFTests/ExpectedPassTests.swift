import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Single iterations of the rigid and the full pass against the oracle, each from the oracle's own
/// state: both kernels, weights, offsets outside the window, hidden and silent landmarks.
struct ExpectedPassTests {
  let model: FaceModel
  let figures: JSONValue

  init() throws {
    model = try SyntheticFixture.model()
    figures = try SyntheticFixture.expected()
  }

  /// A fitter whose maps are those of the response case of the same name.
  private func prepared(
    _ entry: JSONValue, windows: Int
  ) throws -> (fitter: Fitter, pass: Fitter.ScalePass) {
    let name = try entry["name"].string()
    let maps = try #require(
      figures["responses"].elements().first { try $0["name"].string() == name })
    // The figures of a case are those after refinement.
    let settings = try entry.fitSettings(windows: [windows], refines: false)
    let fitter = try Fitter(model: model, settings: settings)
    fitter.global = try maps["params_global"].pose()
    fitter.workspace.setLocal(try maps["params_local"].numbers())
    let pass = fitter.prepare(
      try SyntheticFixture.image(try maps["image"].string()),
      scaleIndex: try maps["scale_index"].integer(), windowSize: windows)
    return (fitter, pass)
  }

  /// Responses differ by 1e-5 from the oracle's; mean shifts are ratios of their sums, px: 1e-4.
  /// Right-hand sides and updates follow relatively, 2e-4 of the pass's first iteration: near rest
  /// they are differences of much larger sums.
  @Test func iterationsFromIdenticalState() throws {
    let cases = try figures["passes"].elements()
    #expect(cases.count == 8)
    var compared = 0
    for entry in cases {
      let name = try entry["name"].string()
      let window = try self.window(of: name)
      let (fitter, pass) = try prepared(entry, windows: window)
      for passEntry in try entry["passes"].elements() {
        let rigid = try passEntry["rigid"].bool()
        let first = passEntry["iterations"][0]
        let sizes = (try largest(first["rhs"].numbers()), try largest(first["update"].numbers()))
        var last: IterationRecord?
        for (index, iteration) in try passEntry["iterations"].elements().enumerated() {
          var record: IterationRecord?
          fitter.observer = { record = $0 }
          fitter.global = try iteration["params_global"].pose()
          fitter.workspace.setLocal(try iteration["params_local"].numbers())
          fitter.workspace.updateShape(model.shapeModel, fitter.global, kernels: fitter.kernels)
          #expect(fitter.iterate(pass, rigid: rigid, iteration: index))
          let seen = try #require(record)
          try compare(seen, iteration, sizes, "\(name), rigid \(rigid), iteration \(index)")
          let after = fitter.global.values
          #expect(largestDifference(after, try iteration["params_global_after"].numbers()) < 1e-3)
          let local = fitter.workspace.local.array
          #expect(largestDifference(local, try iteration["params_local_after"].numbers()) < 1e-3)
          compared += 1
          last = seen
        }
        try compareLikelihoods(fitter, pass, try #require(last), passEntry, name)
      }
    }
    #expect(compared == 58)
  }

  private func largest(_ values: [Double]) -> Double { values.map(abs).max() ?? 0 }

  private func window(of name: String) throws -> Int {
    let maps = try figures["responses"].elements().first { try $0["name"].string() == name }
    return try #require(maps)["window"].integer()
  }

  private func compare(
    _ seen: IterationRecord, _ iteration: JSONValue, _ sizes: (rhs: Double, update: Double),
    _ comment: String
  ) throws {
    let offsets = try iteration["offsets"].numbers()
    #expect(largestDifference(seen.offsetX + seen.offsetY, offsets) < 1e-9, "\(comment)")
    let shift = try iteration["mean_shift"].numbers()
    #expect(largestDifference(seen.meanShiftReference, shift) < 1e-4, "\(comment)")
    let image = try iteration["mean_shift_image"].numbers()
    #expect(largestDifference(seen.meanShiftImage, image) < 4e-4, "\(comment)")
    let rhs = largestDifference(seen.gradient, try iteration["rhs"].numbers())
    #expect(rhs < 2e-4 * sizes.rhs, "\(comment)")
    let update = largestDifference(seen.delta, try iteration["update"].numbers())
    #expect(update < 2e-4 * sizes.update, "\(comment)")
    let columns = seen.delta.count
    let hessian = try iteration["hessian"].rows()
    var (lower, expected): ([Double], [Double]) = ([], [])
    for row in 0..<columns {
      for column in 0...row {
        lower.append(seen.hessian[row * columns + column])
        expected.append(hessian[row * columns + column])
      }
    }
    // No response enters the Hessian: double precision throughout.
    #expect(relativeDifference(lower, expected) < 1e-11, "\(comment)")
  }

  /// Sums of up to w^2 responses of 1e-5 each: 1e-4 relative, at the last iteration's offsets.
  private func compareLikelihoods(
    _ fitter: Fitter, _ pass: Fitter.ScalePass, _ last: IterationRecord, _ entry: JSONValue,
    _ name: String
  ) throws {
    let expected = try entry["landmark_likelihoods"].numbers()
    let area = pass.meanShift.windowSize * pass.meanShift.windowSize
    var (sum, count) = (0.0, 0.0)
    for (landmark, figure) in expected.enumerated() {
      guard fitter.maps.visible.pointer[landmark] else {
        #expect(figure == -1e8)
        continue
      }
      let density = pass.meanShift.density(
        fitter.maps.responses.pointer + landmark * area, x: last.offsetX[landmark],
        y: last.offsetY[landmark])
      #expect(abs(density - figure) <= 1e-4 * max(1, figure), "\(name), landmark \(landmark)")
      sum += log(density + 1e-8)
      count += 1
    }
    #expect(abs(sum / count - (try entry["likelihood"].number())) < 1e-4, "\(name)")
  }

  /// The clamp of offsets is only tested where offsets leave the window.
  @Test func theCasesReachOutsideTheWindow() throws {
    let outside = try figures["passes"].elements().map {
      try $0["offsets_outside_window"].integer()
    }
    #expect(outside.contains { $0 > 0 })
    #expect(outside.contains(0))
  }
}
