import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Sigma and response maps against the oracle, which computes in double precision; ours keep areas,
/// neurons and Sigma in single precision.
struct ExpectedResponseTests {
  let model: FaceModel
  let figures: JSONValue

  init() throws {
    model = try SyntheticFixture.model()
    figures = try SyntheticFixture.expected()
  }

  /// Sigma is inverted in double precision and rounded to float once: 1e-7 of values up to 0.1.
  @Test func sigmaMatrices() throws {
    let cases = try figures["sigmas"].elements()
    #expect(cases.count == 7)
    for entry in cases {
      let window = try entry["window"].integer()
      let landmark = try entry["landmark"].integer()
      let sigma = model.preparedScales[try entry["scale_index"].integer()].sigma(
        view: try entry["view"].integer(), windowSize: window)
      let order = window * window
      #expect(sigma.order == order)
      let rows = try entry["rows"].numbers().map { Int($0) }
      let diagonal = try entry["diagonal"].number()
      if try entry["component_count"].integer() > 0 {
        #expect(sigma.kind == .edges)
        let matrix = sigma.matrix(of: landmark)
        let actual = rows.flatMap { matrix[$0 * order..<($0 + 1) * order] }
        #expect(largestDifference(actual, try entry["values"].rows()) < 1e-7)
        #expect(abs(matrix[0] - diagonal) < 1e-7)
      } else {
        #expect(sigma.kind == .edgeFree)
        #expect(abs(Double(sigma.scales.pointer[landmark]) - diagonal) < 1e-7)
      }
    }
  }

  /// Responses lie in 0 ... 1 and come from 121 single-precision products a neuron: 1e-5. Areas are
  /// sampled at single-precision coordinates: 1e-5 px times a slope of up to 255 levels a pixel.
  @Test(arguments: InstructionSet.allCases)
  func responsesOfAllCases(instructionSet: InstructionSet) throws {
    let cases = try figures["responses"].elements()
    #expect(cases.count == 10)
    for entry in cases {
      let name = try entry["name"].string()
      let window = try entry["window"].integer()
      let image = try SyntheticFixture.image(try entry["image"].string())
      let fitter = try Fitter(
        model: model, settings: .video, instructionSet: instructionSet)
      fitter.global = try entry["params_global"].pose()
      fitter.workspace.setLocal(try entry["params_local"].numbers())
      let pass = fitter.prepare(
        image, scaleIndex: try entry["scale_index"].integer(), windowSize: window)
      #expect(fitter.maps.view == (try entry["view"].integer()), "\(name)")
      let hasEdges = try entry["component_count"].integer() > 0
      #expect(fitter.maps.sigmaKind == (hasEdges ? .edges : .edgeFree), "\(name)")
      #expect(
        largestDifference(fitter.workspace.base.array, try entry["base"].numbers()) < 1e-9)
      #expect(largestDifference(rows(pass.toReference), try entry["to_reference"].rows()) < 1e-12)
      #expect(largestDifference(rows(pass.toImage), try entry["to_image"].rows()) < 1e-12)
      let visible = try entry["visible"].numbers().map { $0 != 0 }
      #expect(fitter.maps.visible.array == visible, "\(name)")
      for (landmark, expected) in try entry["responses"].elements().enumerated() {
        let map = (0..<window * window).map {
          Double(fitter.maps.responses.pointer[landmark * window * window + $0])
        }
        guard visible[landmark] else {
          #expect(map.allSatisfy { $0 == 0 })
          continue
        }
        let difference = largestDifference(map, try expected.rows())
        #expect(difference < 1e-5, "\(name), landmark \(landmark)")
      }
      try compareAreas(entry, pass, instructionSet)
    }
  }

  private func fields(_ view: PreparedView) throws -> PreparedFields {
    var fields: PreparedFields?
    if case .fields(let found) = view.experts { fields = found }
    return try #require(fields)
  }

  private func rows(_ s: Similarity) -> [Double] { [s.a, -s.b, s.b, s.a] }

  /// The areas of interest and the neurons' sums before Sigma, which only show up inside a map.
  private func compareAreas(
    _ entry: JSONValue, _ pass: Fitter.ScalePass, _ instructionSet: InstructionSet
  ) throws {
    let name = try entry["name"].string()
    let window = try entry["window"].integer()
    let image = try SyntheticFixture.image(try entry["image"].string())
    let base = try entry["base"].numbers()
    let scale = model.preparedScales[pass.scaleIndex]
    let view = try fields(scale.views[try entry["view"].integer()])
    let kernels = instructionSet.kernels.pointee
    let size = window + scale.kernelSize - 1
    let lanes = Int(clnf_lane_count)
    for areaEntry in try entry["areas"].elements() {
      let landmark = try areaEntry["landmark"].integer()
      var area = [Float](repeating: .nan, count: size * size)
      image.withSamples { samples in
        guard let pixels = samples.baseAddress else { return }
        kernels.sample_area(
          pixels, Int32(image.width), Int32(image.height), Float(base[landmark]),
          Float(base[model.landmarkCount + landmark]), Float(pass.toImage.a),
          Float(pass.toImage.b), Int32(size), &area)
      }
      let areaDifference = largestDifference(
        area.map(Double.init), try areaEntry["area"].rows())
      #expect(areaDifference < 5e-3, "\(name), landmark \(landmark)")
      var y = [Float](repeating: .nan, count: window * window)
      var scratch = [Float](
        repeating: 0, count: clnf_response_scratch(Int32(window), Int32(scale.kernelSize)))
      let first = view.firstGroups[landmark]
      kernels.neuron_sum(
        area, Int32(window), Int32(scale.kernelSize), Int32(view.groupCounts[landmark]),
        view.weights.pointer + first * scale.kernelSize * scale.kernelSize * lanes,
        view.gains.pointer + first * lanes, view.slopes.pointer + first * lanes,
        view.biases.pointer + first * lanes, &scratch, &y)
      let expected = try areaEntry["neuron_sum"].rows()
      let alphas = model.scales[pass.scaleIndex].views[try entry["view"].integer()]
        .experts[landmark]?.field?.alphaSum
      // y is up to 2 sum(alpha); responses are y over that.
      let difference = largestDifference(y.map(Double.init), expected)
      #expect(difference < 1e-5 * 2 * (alphas ?? 0), "\(name), landmark \(landmark)")
    }
  }

  /// Experts without a neuron of alpha above 1e-4 respond 0 everywhere and are still visible.
  @Test func silentExpertsRespondZero() throws {
    for (view, landmark) in [(0, 11), (2, 14)] {
      let expert = try #require(model.scales[1].views[view].experts[landmark]?.field)
      #expect(expert.neurons.allSatisfy { $0.alpha <= PreparedFields.smallestAlpha })
      #expect(try fields(model.preparedScales[1].views[view]).groupCounts[landmark] == 0)
    }
    let entry = try #require(
      figures["responses"].elements().first { try $0["name"].string() == "silent_expert_w7_edges" })
    let silent = try entry["responses"].elements().filter { map in
      let values = try map.exists ? map.elements() : []
      return try !values.isEmpty && map.rows().allSatisfy { $0 == 0 }
    }
    #expect(!silent.isEmpty)
  }
}
