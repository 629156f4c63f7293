import Foundation

/// The kernel density estimate over one response map and its mean shift (docs/clnf.md section 5;
/// Saragih et al. 2011, equation 15).
///
/// The Gaussian is separable, so a map of w x w costs 2 w exponentials.
struct MeanShift {
  /// w.
  let windowSize: Int
  /// -1 / (2 sigma^2), px^-2.
  private let exponent: Double
  private let kernel: FitSettings.DensityKernel
  private let column: UnsafeMutablePointer<Double>
  private let row: UnsafeMutablePointer<Double>

  /// Steps of the reference's table, per px.
  private static let nodesPerPixel = 10.0
  /// Places are kept below w by this much, px: the last node of the reference's table.
  private static let margin = 0.1

  /// - Parameter scratch: memory for 2 w values that outlives this value.
  init(
    windowSize: Int, kernelWidth: Double, kernel: FitSettings.DensityKernel,
    scratch: UnsafeMutablePointer<Double>
  ) {
    self.windowSize = windowSize
    self.kernel = kernel
    exponent = -0.5 / (kernelWidth * kernelWidth)
    column = scratch
    row = scratch + windowSize
  }

  /// The shift from (x, y), window px, to the weighted mean of the map; 0 where no response has
  /// weight. A place outside the window counts as its nearest place within.
  func shift(
    _ map: UnsafePointer<Float>, x: Double, y: Double
  ) -> (x: Double, y: Double) {
    let limit = Double(windowSize) - Self.margin
    let (x, y) = (max(0, min(limit, x)), max(0, min(limit, y)))
    switch kernel {
    case .exact: fill(x, y)
    case .tabulated: fill(Self.node(x), Self.node(y))
    }
    var (total, meanX, meanY) = (0.0, 0.0, 0.0)
    for i in 0..<windowSize {
      let line = map + i * windowSize
      var (sum, moment) = (0.0, 0.0)
      for j in 0..<windowSize {
        let weight = Double(line[j]) * column[j]
        sum += weight
        moment += weight * Double(j)
      }
      total += row[i] * sum
      meanX += row[i] * moment
      meanY += row[i] * sum * Double(i)
    }
    guard total > 0 else { return (0, 0) }
    return (meanX / total - x, meanY / total - y)
  }

  /// The density at (x, y): the sum of responses weighted by the exact kernel.
  func density(_ map: UnsafePointer<Float>, x: Double, y: Double) -> Double {
    fill(x, y)
    var total = 0.0
    for i in 0..<windowSize {
      let line = map + i * windowSize
      var sum = 0.0
      for j in 0..<windowSize { sum += Double(line[j]) * column[j] }
      total += row[i] * sum
    }
    return total
  }

  private func fill(_ x: Double, _ y: Double) {
    for i in 0..<windowSize {
      let (dx, dy) = (x - Double(i), y - Double(i))
      column[i] = exp(exponent * dx * dx)
      row[i] = exp(exponent * dy * dy)
    }
  }

  private static func node(_ place: Double) -> Double {
    (nodesPerPixel * place + 0.5).rounded(.down) / nodesPerPixel
  }
}
