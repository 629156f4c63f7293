import CLNF

/// Packed pixels with the room behind each row that swscale's vector code needs.
///
/// swscale may write past the end of a row, so it never gets a `Plane`, which has no padding.
struct PaddedPicture: ~Copyable {
  private(set) var width = 0
  private(set) var height = 0
  /// Bytes from one row to the next; a multiple of 64.
  private(set) var stride = 0
  private var memory = Buffer<UInt8>(repeating: 0, count: 0)

  /// Gives the picture a size. The contents are unspecified afterwards. Allocates only where it
  /// has never been as large.
  mutating func resize(width: Int, height: Int, channels: Int) {
    self.width = width
    self.height = height
    // One vector register of 64 bytes as room behind the last sample of every row.
    stride = (width * channels + 63) / 64 * 64 + 64
    if stride * height > memory.count {
      memory = Buffer(repeating: 0, count: stride * height)
    }
  }

  /// The first sample. Valid until the next `resize`.
  var pixels: UnsafeMutablePointer<UInt8> { memory.pointer }

  /// All rows. Valid until the next `resize`.
  var rows: PictureRows {
    PictureRows(start: UnsafePointer(memory.pointer), stride: stride, width: width, height: height)
  }

  /// The first sample of row `y`.
  func row(_ y: Int) -> UnsafePointer<UInt8> {
    precondition(y >= 0 && y < height, "row outside the picture")
    return UnsafePointer(memory.pointer + y * stride)
  }
}
