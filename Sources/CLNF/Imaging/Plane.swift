/// One channel of an image: `height` rows of `width` samples, row by row, without padding.
///
/// Coordinates: x to the right, y down, the centre of the top left sample at (0, 0). A plane owns
/// its memory; it can be reshaped in place, so that a source can reuse it for every frame.
public struct Plane<Sample: BitwiseCopyable & Sendable>: ~Copyable, Sendable {
  public private(set) var width: Int
  public private(set) var height: Int
  private var memory: Buffer<Sample>

  /// Makes a plane with every sample set to `value`. `width` and `height` may be 0.
  public init(width: Int, height: Int, repeating value: Sample) {
    precondition(width >= 0 && height >= 0, "a plane cannot be \(width) x \(height)")
    self.width = width
    self.height = height
    memory = Buffer(repeating: value, count: width * height)
  }

  /// Gives the plane another size. The samples are unspecified afterwards. Allocates only where
  /// the new size needs more memory than the plane has ever had.
  public mutating func resize(width: Int, height: Int, filler: Sample) {
    precondition(width >= 0 && height >= 0, "a plane cannot be \(width) x \(height)")
    if width * height > memory.count {
      memory = Buffer(repeating: filler, count: width * height)
    }
    self.width = width
    self.height = height
  }

  /// Number of samples.
  public var count: Int { width * height }

  /// The samples, row by row. The pointer is valid only inside `body`.
  public borrowing func withSamples<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Sample>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(start: memory.pointer, count: count))
  }

  /// The samples for writing, row by row. The pointer is valid only inside `body`.
  public mutating func withMutableSamples<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Sample>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeMutableBufferPointer(start: memory.pointer, count: count))
  }

  /// The sample in column `x` of row `y`; traps outside the plane.
  public subscript(x: Int, y: Int) -> Sample {
    get {
      precondition(x >= 0 && x < width && y >= 0 && y < height, "outside the plane")
      return memory[y * width + x]
    }
    set {
      precondition(x >= 0 && x < width && y >= 0 && y < height, "outside the plane")
      memory[y * width + x] = newValue
    }
  }

  /// A deep copy. Cost: one allocation.
  public borrowing func copy() -> Plane {
    guard count > 0 else { return Plane(width: width, height: height, memory: Buffer([])) }
    return Plane(
      width: width, height: height,
      memory: Buffer(UnsafeBufferPointer(start: memory.pointer, count: count)))
  }

  private init(width: Int, height: Int, memory: consuming Buffer<Sample>) {
    self.width = width
    self.height = height
    self.memory = memory
  }
}

/// A grey image of 8 bits, 0 (black) to 255.
public typealias GreyImage = Plane<UInt8>
