/// Rows of samples that somebody else owns: a decoder's frame, a `PaddedPicture`.
struct PictureRows {
  /// The first sample of the top row; valid as long as its owner says.
  var start: UnsafePointer<UInt8>
  /// Bytes from one row to the next; negative where rows lie bottom up.
  var stride: Int
  /// In pixels.
  var width: Int
  var height: Int

  /// The first sample of row `y`.
  func row(_ y: Int) -> UnsafePointer<UInt8> {
    precondition(y >= 0 && y < height, "row outside the picture")
    return start + y * stride
  }
}
