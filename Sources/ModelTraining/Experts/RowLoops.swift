/// Loops over a row of units, eight at a time: the compiler does not find the vectors by itself
/// where a comparison decides, and a branch a unit costs more than the products.
enum RowLoops {
  typealias Row = UnsafeMutablePointer<Float>

  @inline(__always)
  static func load(_ pointer: UnsafePointer<Float>) -> SIMD8<Float> {
    UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
  }

  @inline(__always)
  static func store(_ values: SIMD8<Float>, _ pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: values, as: SIMD8<Float>.self)
  }

  /// units = max(units + biases, 0).
  static func rectify(_ units: Row, biases: Row, count: Int) {
    for j in stride(from: 0, to: count & ~7, by: 8) {
      let values = load(units + j) + load(biases + j)
      store(values.replacing(with: 0, where: values .<= 0), units + j)
    }
    for j in count & ~7..<count { units[j] = max(units[j] + biases[j], 0) }
  }

  /// units = max(units + biases, 0) mask.
  static func rectify(_ units: Row, biases: Row, mask: UnsafePointer<Float>, count: Int) {
    for j in stride(from: 0, to: count & ~7, by: 8) {
      let values = load(units + j) + load(biases + j)
      store(values.replacing(with: 0, where: values .<= 0) * load(mask + j), units + j)
    }
    for j in count & ~7..<count { units[j] = max(units[j] + biases[j], 0) * mask[j] }
  }

  /// back = gain back where units > 0, else 0; sums += back.
  static func passBack(_ back: Row, units: Row, gain: Float, sums: Row, count: Int) {
    for j in stride(from: 0, to: count & ~7, by: 8) {
      let values = (gain * load(back + j)).replacing(with: 0, where: load(units + j) .<= 0)
      store(values, back + j)
      store(load(sums + j) + values, sums + j)
    }
    for j in count & ~7..<count {
      back[j] = units[j] > 0 ? gain * back[j] : 0
      sums[j] += back[j]
    }
  }

  /// back = error weights.
  static func scale(_ weights: Row, by error: Float, into back: Row, count: Int) {
    for j in stride(from: 0, to: count & ~7, by: 8) { store(error * load(weights + j), back + j) }
    for j in count & ~7..<count { back[j] = error * weights[j] }
  }
}
