/// One of the eight ways a picture can lie: what has to be done to it to stand upright.
///
/// Destination pixel (x, y) of a picture of `width` x `height` source pixels is the source pixel
/// that `source` tells; quarter turns swap the sides.
struct Orientation: Equatable {
  /// Whether rows become columns.
  var swapsAxes: Bool
  /// Whether the source's x runs against the destination axis it becomes.
  var reversesX: Bool
  /// The same for y.
  var reversesY: Bool

  static let upright = Orientation(swapsAxes: false, reversesX: false, reversesY: false)

  /// The orientation that a display matrix states, or nil for any other angle or a shear.
  ///
  /// `matrix` is FFmpeg's, 9 numbers in 3 rows: destination x = m0 x + m3 y, y = m1 x + m4 y
  /// (libavutil/display.h). Lengths do not matter: only multiples of a quarter turn and flips are
  /// taken, within half a degree.
  init?(displayMatrix matrix: UnsafePointer<Int32>) {
    let xx = Double(matrix[0])
    let yx = Double(matrix[1])
    let xy = Double(matrix[3])
    let yy = Double(matrix[4])
    // 0.0087 is the sine of half a degree.
    func isSmall(_ value: Double, beside other: Double) -> Bool {
      abs(value) <= 0.0087 * abs(other)
    }
    if xx != 0, yy != 0, isSmall(yx, beside: xx), isSmall(xy, beside: yy) {
      self.init(swapsAxes: false, reversesX: xx < 0, reversesY: yy < 0)
    } else if yx != 0, xy != 0, isSmall(xx, beside: yx), isSmall(yy, beside: xy) {
      self.init(swapsAxes: true, reversesX: yx < 0, reversesY: xy < 0)
    } else {
      return nil
    }
  }

  init(swapsAxes: Bool, reversesX: Bool, reversesY: Bool) {
    self.swapsAxes = swapsAxes
    self.reversesX = reversesX
    self.reversesY = reversesY
  }

  /// The size of a picture of `width` x `height` when it stands upright.
  func size(width: Int, height: Int) -> (width: Int, height: Int) {
    swapsAxes ? (height, width) : (width, height)
  }

  /// Copies `picture` upright into `destination`, whose rows are packed. `channels` bytes belong
  /// together. Cost: one pass; straight pictures are copied row by row.
  func copy(
    _ picture: PictureRows, channels: Int,
    to destination: UnsafeMutableBufferPointer<UInt8>
  ) {
    let width = picture.width
    let height = picture.height
    precondition(destination.count >= width * height * channels, "the plane is too small")
    guard let target = destination.baseAddress else { return }
    if !swapsAxes && !reversesX {
      for y in 0..<height {
        let row = reversesY ? height - 1 - y : y
        (target + y * width * channels).update(from: picture.row(row), count: width * channels)
      }
      return
    }
    let (targetWidth, targetHeight) = size(width: width, height: height)
    // How far the source moves, in bytes, for a step to the right in the destination.
    let along = swapsAxes ? picture.stride : channels
    let step = (swapsAxes ? reversesY : reversesX) ? -along : along
    for y in 0..<targetHeight {
      let sourceX = swapsAxes ? (reversesX ? width - 1 - y : y) : (reversesX ? width - 1 : 0)
      let sourceY = swapsAxes ? (reversesY ? height - 1 : 0) : (reversesY ? height - 1 - y : y)
      var source = picture.row(sourceY) + sourceX * channels
      var written = target + y * targetWidth * channels
      for _ in 0..<targetWidth {
        for channel in 0..<channels { written[channel] = source[channel] }
        source += step
        written += channels
      }
    }
  }
}
