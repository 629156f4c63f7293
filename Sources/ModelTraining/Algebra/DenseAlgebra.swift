import CLAPACK

/// Dense linear algebra of training: BLAS and LAPACK, called with one thread of their own.
///
/// With several threads of its own the library splits sums by their number, and results would depend
/// on the machine's cores. Whoever wants more speed runs several calls side by side.
public enum DenseAlgebra {
  private static let oneThread: Void = openblas_set_num_threads(1)

  /// Keeps the library to one thread; to be called before its functions are used directly. Cheap.
  public static func prepare() { oneThread }

  /// The eigenvalues and eigenvectors of a symmetric matrix.
  public struct SymmetricEigen: Sendable {
    /// Largest first.
    public var values: [Double]
    /// `vectors[i]` belongs to `values[i]`; unit length.
    public var vectors: [[Double]]
  }

  /// Eigenvalues and eigenvectors of the symmetric matrix of `order` x `order`, row by row; only
  /// its upper triangle is read.
  ///
  /// Cost: O(order^3), about a second at 1,000.
  /// - Returns: nil where the values are not finite or the iteration does not converge.
  public static func symmetricEigen(_ matrix: [Double], order: Int) -> SymmetricEigen? {
    precondition(matrix.count == order * order, "a matrix of order \(order) expected")
    guard order > 0, matrix.allSatisfy(\.isFinite) else { return nil }
    prepare()
    var columns = matrix
    var values = [Double](repeating: 0, count: order)
    let size = Int32(order)
    // Column-major "lower" is the upper triangle of rows, and column i then holds vector i.
    let status = LAPACKE_dsyevd(
      LAPACK_COL_MAJOR, Int8(UInt8(ascii: "V")), Int8(UInt8(ascii: "L")), size, &columns, size,
      &values)
    guard status == 0 else { return nil }
    return SymmetricEigen(
      values: values.reversed(),
      vectors: (0..<order).reversed().map { Array(columns[$0 * order..<($0 + 1) * order]) })
  }
}
