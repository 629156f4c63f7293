import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The scaling trap of docs/reference/clnf.md section 3: without Sigma, responses are some 100
/// times too large where a window size has no components. They have to stay within 0 ... 1 at every
/// window size, and neighbouring sizes have to agree on how large a response is.
struct ResponseRangeTests {
  private func randomImage(_ seed: UInt64) -> GreyImage {
    var generator = SeededGenerator(seed: seed)
    var image = GreyImage(width: 120, height: 110, repeating: 0)
    image.withMutableSamples { samples in
      for i in samples.indices { samples[i] = UInt8.random(in: 0...255, using: &generator) }
    }
    return image
  }

  /// The synthetic experts with or without edges at every window size up to 31.
  ///
  /// Edges between neighbours, S = a graph Laplacian: positive semi-definite with row sums of 0, so
  /// that Sigma is an average of no more than the edge-free one.
  private func scale(
    _ original: ExpertScale, edges: [Int]
  ) -> ExpertScale {
    var scale = original
    scale.components = edges.map { window in
      let order = window * window
      var matrix = [Float](repeating: 0, count: order * order)
      func connect(_ i: Int, _ j: Int) {
        matrix[i * order + j] -= 1
        matrix[j * order + i] -= 1
        matrix[i * order + i] += 1
        matrix[j * order + j] += 1
      }
      for place in 0..<order {
        if place % window + 1 < window { connect(place, place + 1) }
        if place + window < order { connect(place, place + window) }
      }
      return SigmaComponents(windowSize: window, matrices: [matrix])
    }
    for view in scale.views.indices {
      for landmark in scale.views[view].experts.indices {
        guard var expert = scale.views[view].experts[landmark]?.field else { continue }
        expert.betas = edges.isEmpty ? [] : [0.8]
        // Sigmoids around a half: the synthetic biases answer random pixels with next to nothing.
        for neuron in expert.neurons.indices { expert.neurons[neuron].bias = 0 }
        scale.views[view].experts[landmark] = .field(expert)
      }
    }
    return scale
  }

  private struct Range {
    var window: Int
    var kind: SigmaMatrices.Kind
    var lowest: Float
    var highest: Float
    var mean: Double
  }

  private func ranges(
    _ image: borrowing GreyImage, _ scale: ExpertScale, windows: [Int]
  ) throws -> [Range] {
    let shape = try SyntheticFixture.model().shapeModel
    let model = try FaceModel(.init(name: "ranges", shapeModel: shape, scales: [scale]))
    let settings = FitSettings(
      firstFitWindows: [31], trackingWindows: [31], kernelWidth: 1.5, regularisation: 25,
      weightFactor: 0)
    let fitter = try Fitter(model: model, settings: settings)
    return windows.map { window in
      fitter.global = GlobalParameters(scale: 0.5, tx: 60, ty: 55)
      fitter.workspace.setLocal([Double](repeating: 0, count: shape.modeCount))
      _ = fitter.prepare(image, scaleIndex: 0, windowSize: window)
      let count = shape.landmarkCount * window * window
      let values = (0..<count).map { fitter.maps.responses.pointer[$0] }
      return Range(
        window: window, kind: fitter.maps.sigmaKind, lowest: values.min() ?? .nan,
        highest: values.max() ?? .nan,
        mean: values.reduce(0) { $0 + Double($1) } / Double(count))
    }
  }

  /// Edge-free responses are the alpha-weighted mean of sigmoids: within 0 ... 1 but for rounding.
  /// "No jump": the mean response over random pixels does not depend on the window, so it changes
  /// by less than a tenth of itself from one size to the next; the trap changes it 4 to 200 fold.
  @Test func withoutEdgesResponsesStayWithinOneAtEveryWindowSize() throws {
    for seed in TestSeed.of([501, 502]) {
      let image = randomImage(seed)
      let original = try SyntheticFixture.model().scales[2]
      let all = try ranges(
        image, scale(original, edges: []), windows: Array(stride(from: 3, through: 31, by: 2)))
      for range in all {
        #expect(range.kind == .edgeFree)
        #expect(range.lowest >= 0 && range.highest <= 1 + 1e-6, "seed \(seed), \(range)")
      }
      for (a, b) in zip(all, all.dropFirst()) {
        #expect(abs(a.mean - b.mean) < 0.1 * a.mean, "seed \(seed), \(a), \(b)")
      }
    }
  }

  /// A Laplacian's Sigma maps a constant to what the edge-free one does and is a non-negative
  /// average (the inverse of an M-matrix), so the range holds, and the mean is the edge-free mean.
  /// Up to 15: larger inverses take too long for a quick test and do nothing else.
  @Test func withEdgesResponsesStayWithinOneAndKeepTheirMean() throws {
    let seed = TestSeed.of(503)
    let image = randomImage(seed)
    let original = try SyntheticFixture.model().scales[2]
    let windows = [3, 5, 7, 9, 11]
    let edges = try ranges(image, scale(original, edges: windows), windows: windows)
    let free = try ranges(image, scale(original, edges: []), windows: windows)
    for (a, b) in zip(edges, free) {
      #expect(a.kind == .edges && b.kind == .edgeFree)
      #expect(a.lowest >= 0 && a.highest <= 1 + 1e-5, "seed \(seed), \(a)")
      #expect(abs(a.mean - b.mean) < 1e-4, "seed \(seed), \(a), \(b)")
      #expect(a.highest <= b.highest + 1e-5, "edges smooth")
    }
  }

  /// A scale with components at some sizes: those between use the edge-free Sigma, and no size
  /// stands out.
  @Test func sizesWithAndWithoutEdgesAgree() throws {
    let image = randomImage(504)
    let original = try SyntheticFixture.model().scales[2]
    let mixed = scale(original, edges: [7, 11])
    #expect(mixed.windowSizesWithEdges == [7, 11])
    let all = try ranges(image, mixed, windows: [3, 5, 7, 9, 11, 13])
    #expect(all.map(\.kind) == [.edgeFree, .edgeFree, .edges, .edgeFree, .edges, .edgeFree])
    for (a, b) in zip(all, all.dropFirst()) {
      #expect(abs(a.mean - b.mean) < 0.1 * a.mean, "\(a), \(b)")
    }
  }

  /// The synthetic model's own experts, whose components are no Laplacians and may undershoot: the
  /// lowest response is lifted to 0 and the highest stays about 1.
  @Test func theSyntheticExpertsStayInRange() throws {
    let image = randomImage(505)
    for scale in try SyntheticFixture.model().scales {
      let all = try ranges(
        image, scale, windows: Array(stride(from: 3, through: 31, by: 2)))
      for range in all {
        let limit: Float = range.kind == .edgeFree ? 1 + 1e-6 : 1.05
        #expect(range.lowest >= 0 && range.highest <= limit, "\(range)")
      }
    }
  }

  /// Components that do not belong to a positive definite matrix fall back to the edge-free Sigma.
  @Test func impossibleComponentsFallBackToEdgeFree() throws {
    let image = randomImage(506)
    var damaged = scale(try SyntheticFixture.model().scales[2], edges: [5])
    damaged.components[0].matrices[0] = damaged.components[0].matrices[0].map { -1000 * $0 }
    let a = try ranges(image, damaged, windows: [5])
    let b = try ranges(image, scale(damaged, edges: []), windows: [5])
    #expect(a[0].lowest >= 0 && a[0].highest <= 1 + 1e-6)
    #expect(abs(a[0].mean - b[0].mean) < 1e-6)
  }
}
