import CLAPACK

/// A matrix in someone else's memory, row by row.
struct MatrixView {
  var base: UnsafeMutablePointer<Float>
  /// Rows and columns as they lie in memory.
  var rows: Int
  var columns: Int
  /// Floats from row to row.
  var stride: Int
  /// Whether the transposed matrix is meant.
  var isTransposed = false

  init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
  }

  var transposed: MatrixView {
    var result = self
    result.isTransposed.toggle()
    return result
  }

  fileprivate var height: Int { isTransposed ? columns : rows }
  fileprivate var width: Int { isTransposed ? rows : columns }
  fileprivate var order: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
}

extension DenseAlgebra {
  /// product = a b. The memory of `product` must not be that of `a` or `b`.
  static func multiply(_ a: MatrixView, _ b: MatrixView, into product: MatrixView) {
    precondition(
      a.width == b.height && product.rows == a.height && product.columns == b.width
        && !product.isTransposed, "the matrices' sizes do not fit")
    prepare()
    cblas_sgemm(
      CblasRowMajor, a.order, b.order, Int32(product.rows), Int32(product.columns),
      Int32(a.width), 1, a.base, Int32(a.stride), b.base, Int32(b.stride), 0, product.base,
      Int32(product.stride))
  }
}
