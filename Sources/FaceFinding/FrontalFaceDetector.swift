import CFaceDetector
import CLNF

/// dlib's frontal HOG face detector: upright faces up to about 40 degrees off the front.
///
/// Sources: N. Dalal and B. Triggs, "Histograms of oriented gradients for human detection" (2005);
/// D. E. King, "Max-margin object detection" (2015). It needs no model file.
///
/// Same image and settings, same body: the same faces to the bit, on any number of threads. A
/// detector keeps its filters and scratch memory and is used by one thread at a time; different
/// detectors are independent of each other.
public final class FrontalFaceDetector: FaceDetector {
  public let settings: FaceDetectorSettings
  /// What stopped the last search, which then found nothing; nil after a search that ran.
  public private(set) var lastError: FaceDetectionError?
  private let detector: OpaquePointer

  /// Makes a detector ready for its first image. Cost: 0.3 to 0.7 s for the first of a process,
  /// about 6 ms for the others; so make it once, before the frames come.
  ///
  /// - Throws: `FaceDetectionError.detectorFailed` or `.outOfMemory`.
  public init(_ settings: FaceDetectorSettings = .standard) throws(FaceDetectionError) {
    self.settings = settings
    var made: OpaquePointer?
    let status = landmarkd_face_detector_create(
      settings.body == .best ? LANDMARKD_BODY_BEST : LANDMARKD_BODY_PORTABLE, &made)
    guard let made else {
      throw status == LANDMARKD_DETECTOR_OUT_OF_MEMORY
        ? .outOfMemory(width: 0, height: 0) : .detectorFailed
    }
    detector = made
  }

  deinit { landmarkd_face_detector_destroy(detector) }

  /// The instruction set of the body that runs: "avx2" or "portable".
  public var bodyName: String { String(cString: landmarkd_face_detector_body_name(detector)) }

  /// Every face found, the most confident first.
  ///
  /// Boxes are in pixels of `image` and may reach beyond its edges. Cost: about 20 ms for 640 x 480
  /// at enlargement 1, and memory only where `image` is larger than those before it, except what
  /// dlib allocates for itself.
  public func detectFaces(in image: borrowing GreyImage) -> [DetectedFace] {
    guard settings.searchesReducedFirst else {
      return search(image, enlargement: settings.enlargement)
    }
    let side = settings.enlargement * Double(min(image.width, image.height))
    // Each scale is twice the one before; the search ends with the first that shows a face.
    var reduction = 1.0
    while reduction < Self.largestReduction, side / (2 * reduction) >= Self.smallestSide {
      reduction *= 2
    }
    while reduction > 1 {
      let faces = search(image, enlargement: settings.enlargement / reduction)
      if lastError != nil || (faces.first.map { $0.confidence >= Self.sureConfidence } ?? false) {
        return faces
      }
      reduction /= 2
    }
    return search(image, enlargement: settings.enlargement)
  }

  /// A reduced image has at least this many rows and columns: two of dlib's windows.
  private static let smallestSide = 160.0
  private static let largestReduction = 16.0
  /// A face that ends the search at a reduced scale: dlib's own threshold.
  private static let sureConfidence = 0.0

  private func search(_ image: borrowing GreyImage, enlargement: Double) -> [DetectedFace] {
    var search = landmarkd_search_settings(
      enlargement: enlargement, threshold: settings.threshold,
      minimum_face_width: settings.minimumFaceWidth / BoxCalibration.frontalHOG.width,
      maximum_pixels: settings.maximumSearchedPixels)
    let width = image.width
    let height = image.height
    var found: UnsafePointer<landmarkd_found_face>?
    var count = 0
    let status = image.withSamples { samples in
      landmarkd_face_detector_search(
        detector, samples.baseAddress, width, height, width, &search, &found, &count)
    }
    switch status {
    case LANDMARKD_DETECTOR_OK: lastError = nil
    case LANDMARKD_DETECTOR_OUT_OF_MEMORY: lastError = .outOfMemory(width: width, height: height)
    default: lastError = .detectorFailed
    }
    return UnsafeBufferPointer(start: found, count: count).map { face in
      DetectedFace(
        box: BoxCalibration.frontalHOG.apply(
          to: FaceBox(x: face.x, y: face.y, width: face.width, height: face.height)),
        confidence: face.confidence)
    }
  }
}
