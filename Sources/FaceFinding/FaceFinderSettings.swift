/// How a `FaceFinder` searches.
public struct FaceFinderSettings: Sendable, Equatable {
  public typealias Body = FaceDetectorSettings.Body

  /// Width in image pixels from which on faces are wanted, 0...100,000; 0: all that can be found.
  ///
  /// Time is inversely as its square. Somewhat smaller faces may be found as well.
  public let smallestFaceWidth: Double
  /// The largest factor by which the image is enlarged before the search, 0.1...8; below 1 it is
  /// reduced. It decides how small faces can be found at all: those of `FinderNet.widths.lowerBound`
  /// px in the enlarged image. Where `smallestFaceWidth` needs less, less is done.
  public let enlargement: Double
  /// Score from which on a face is shown, 0...1; nil: the net's own.
  public let threshold: Double?
  /// Levels of more pixels are left out, 6,400...1e9, which bounds time and memory. A level needs about
  /// 1.3 bytes a pixel, and its rows at most 64 bytes for each pixel of this limit.
  public let maximumSearchedPixels: Double
  /// Whether coarse levels are searched first, up to the first at which a face of `sureScore` is found:
  /// a large face then costs a fraction of the time. Smaller faces beside it are not reported.
  public let searchesReducedFirst: Bool
  /// The score of a face that ends such a search, 0...1.
  public let sureScore: Double
  /// Which machine code runs. What the two say of a cell agrees to 1e-4 of its size.
  public let body: Body

  /// - Throws: `FaceDetectionError.invalidSetting`.
  public init(
    smallestFaceWidth: Double = 0, enlargement: Double = 1, threshold: Double? = nil,
    maximumSearchedPixels: Double = 16_777_216, searchesReducedFirst: Bool = false,
    sureScore: Double = 0.9, body: Body = .best
  ) throws(FaceDetectionError) {
    try FaceDetectionError.check("smallestFaceWidth", smallestFaceWidth, 0...100_000)
    try FaceDetectionError.check("enlargement", enlargement, 0.1...8)
    if let threshold { try FaceDetectionError.check("threshold", threshold, 0...1) }
    try FaceDetectionError.check("maximumSearchedPixels", maximumSearchedPixels, 6_400...1e9)
    try FaceDetectionError.check("sureScore", sureScore, 0...1)
    self.init(
      unchecked: smallestFaceWidth, enlargement, threshold, maximumSearchedPixels,
      searchesReducedFirst, sureScore, body)
  }

  /// The defaults of `init`.
  public static let standard = FaceFinderSettings(
    unchecked: 0, 1, nil, 16_777_216, false, 0.9, .best)

  private init(
    unchecked smallestFaceWidth: Double, _ enlargement: Double, _ threshold: Double?,
    _ maximumSearchedPixels: Double, _ searchesReducedFirst: Bool, _ sureScore: Double, _ body: Body
  ) {
    self.smallestFaceWidth = smallestFaceWidth
    self.enlargement = enlargement
    self.threshold = threshold
    self.maximumSearchedPixels = maximumSearchedPixels
    self.searchesReducedFirst = searchesReducedFirst
    self.sureScore = sureScore
    self.body = body
  }
}
