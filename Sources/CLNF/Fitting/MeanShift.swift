import CLNFKernels

/// The kernel density estimate over one response map and its mean shift (docs/reference/clnf.md
/// section 5; Saragih et al. 2011, equation 15).
///
/// The Gaussian is separable, so a map of w x w costs 2 w exponentials.
struct MeanShift {
  /// w.
  let windowSize: Int
  /// -1 / (2 sigma^2), px^-2.
  private let exponent: Double
  private let kernel: FitSettings.DensityKernel
  private let kernels: UnsafePointer<clnf_kernels>

  /// Steps of the reference's table, per px.
  private static let nodesPerPixel = 10.0
  /// Places are kept below w by this much, px: the last node of the reference's table.
  private static let margin = 0.1

  init(
    windowSize: Int, kernelWidth: Double, kernel: FitSettings.DensityKernel,
    kernels: UnsafePointer<clnf_kernels>
  ) {
    self.windowSize = windowSize
    self.kernel = kernel
    self.kernels = kernels
    exponent = -0.5 / (kernelWidth * kernelWidth)
  }

  /// The shift from (x, y), window px, to the weighted mean of the map; 0 where no response has
  /// weight. A place outside the window counts as its nearest place within.
  func shift(
    _ map: UnsafePointer<Float>, x: Double, y: Double
  ) -> (x: Double, y: Double) {
    let limit = Double(windowSize) - Self.margin
    let (x, y) = (max(0, min(limit, x)), max(0, min(limit, y)))
    let sums =
      switch kernel {
      case .exact: sums(map, x, y)
      case .tabulated: sums(map, Self.node(x), Self.node(y))
      }
    guard sums.total > 0 else { return (0, 0) }
    return (sums.x / sums.total - x, sums.y / sums.total - y)
  }

  /// The density at (x, y): the sum of responses weighted by the exact kernel.
  func density(_ map: UnsafePointer<Float>, x: Double, y: Double) -> Double {
    sums(map, x, y).total
  }

  /// The weighted sum of the responses, and those of responses times their column and their row.
  private func sums(
    _ map: UnsafePointer<Float>, _ x: Double, _ y: Double
  ) -> (total: Double, x: Double, y: Double) {
    var sums = (0.0, 0.0, 0.0)
    withUnsafeMutableBytes(of: &sums) { bytes in
      guard let out = bytes.bindMemory(to: Double.self).baseAddress else { return }
      kernels.pointee.mean_shift(map, Int32(windowSize), x, y, exponent, out)
    }
    return (sums.0, sums.1, sums.2)
  }

  private static func node(_ place: Double) -> Double {
    (nodesPerPixel * place + 0.5).rounded(.down) / nodesPerPixel
  }
}
