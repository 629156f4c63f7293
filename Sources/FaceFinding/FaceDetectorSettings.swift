/// How a `FrontalFaceDetector` searches.
public struct FaceDetectorSettings: Sendable, Equatable {
  /// Which machine code runs. Confidences of the two agree to about 1e-5; boxes are equal.
  public enum Body: Sendable, Equatable {
    /// The fastest that the processor can run.
    case best
    /// What every processor of the architecture can run: the same figures on all of them.
    case portable
  }

  /// Factor by which the image is enlarged before the search, 0.1...8.
  ///
  /// Time and memory grow with its square. dlib's filters need faces of about 70 px in the enlarged
  /// image, so the default of 1 finds faces from there on; smaller ones must be asked for
  /// (docs/results/2026-11-27-default-model.md has the shares found by width).
  public let enlargement: Double
  /// Added to dlib's own decision threshold, -10...10: lower finds more faces, and more of what is
  /// none. The default -0.2 is the reference toolkit's, with which section 9's boxes were calibrated.
  public let threshold: Double
  /// Width in image pixels from which on faces are wanted, 0...100,000; 0: all that can be found.
  ///
  /// A larger width makes the search faster, because the image can be searched at a smaller scale.
  public let minimumFaceWidth: Double
  /// Largest number of pixels that are searched, 6,400...1e9. A larger image (after enlargement) is
  /// searched at a smaller scale, which bounds time and memory: about 20 bytes and 0.07 us a pixel.
  public let maximumSearchedPixels: Double
  /// Whether the image is searched at reduced scales first, coarse to fine, up to the first at which a
  /// face is found: a large face then costs a fraction of the time, a picture without one a third more.
  /// Faces that only the finer scales show are then not reported beside a larger one.
  public let searchesReducedFirst: Bool
  public let body: Body

  /// - Throws: `FaceDetectionError.invalidSetting`.
  public init(
    enlargement: Double = 1, threshold: Double = -0.2, minimumFaceWidth: Double = 0,
    maximumSearchedPixels: Double = 16_777_216, searchesReducedFirst: Bool = false,
    body: Body = .best
  ) throws(FaceDetectionError) {
    try FaceDetectionError.check("enlargement", enlargement, 0.1...8)
    try FaceDetectionError.check("threshold", threshold, -10...10)
    try FaceDetectionError.check("minimumFaceWidth", minimumFaceWidth, 0...100_000)
    try FaceDetectionError.check("maximumSearchedPixels", maximumSearchedPixels, 6_400...1e9)
    self.init(
      uncheckedEnlargement: enlargement, threshold: threshold, minimumFaceWidth: minimumFaceWidth,
      maximumSearchedPixels: maximumSearchedPixels, searchesReducedFirst: searchesReducedFirst,
      body: body)
  }

  /// The defaults of `init`.
  public static let standard = FaceDetectorSettings(uncheckedEnlargement: 1, threshold: -0.2)
  /// What the reference toolkit uses: enlarged 1.3 times, threshold -0.2 (docs/reference/clnf.md
  /// section 9).
  public static let reference = FaceDetectorSettings(uncheckedEnlargement: 1.3, threshold: -0.2)

  private init(
    uncheckedEnlargement enlargement: Double, threshold: Double, minimumFaceWidth: Double = 0,
    maximumSearchedPixels: Double = 16_777_216, searchesReducedFirst: Bool = false,
    body: Body = .best
  ) {
    self.enlargement = enlargement
    self.threshold = threshold
    self.minimumFaceWidth = minimumFaceWidth
    self.maximumSearchedPixels = maximumSearchedPixels
    self.searchesReducedFirst = searchesReducedFirst
    self.body = body
  }
}
