import CLNF

/// A face that a detector found.
public struct DetectedFace: Sendable, Equatable {
  /// The outline-to-outline, brows-to-chin box in pixels of the image searched
  /// (docs/reference/clnf.md section 9).
  public var box: FaceBox
  /// The detector's own score; higher is surer. Comparable only within one detector.
  public var confidence: Double
  /// Nil where the detector does not tell.
  public var points: FacePoints?

  public init(box: FaceBox, confidence: Double, points: FacePoints? = nil) {
    self.box = box
    self.confidence = confidence
    self.points = points
  }
}

/// Finds faces in a grey image.
///
/// A detector keeps state (pyramids, scratch memory) and is used by one thread at a time.
public protocol FaceDetector: AnyObject {
  /// Every face found, the most confident first; none is an empty array, not an error.
  func detectFaces(in image: borrowing GreyImage) -> [DetectedFace]

  /// The same of a picture in which a face was in `place` shortly before, of about that size: detectors
  /// that can search there first, and all of the picture only where nothing is there.
  func detectFaces(in image: borrowing GreyImage, lastAt place: FaceBox) -> [DetectedFace]

  /// Why the last search could not be run; nil where it was. It found no faces then, which says nothing.
  var lastError: FaceDetectionError? { get }
}

extension FaceDetector {
  public func detectFaces(
    in image: borrowing GreyImage, lastAt place: FaceBox
  ) -> [DetectedFace] {
    detectFaces(in: image)
  }

  public var lastError: FaceDetectionError? { nil }
}
