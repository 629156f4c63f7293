import CLNF
import FaceFinding
import SystemSupport

/// A face detector that a thread makes while other things begin: the first of a process takes longer
/// than to open a file and to decode its first frame.
///
/// One thread at a time, as every detector.
public final class PendingDetector: FaceDetector {
  private let place: Place

  public init(_ settings: FaceDetectorSettings) {
    place = Place()
    SystemThread.start("detector") { [place] in place.fill(settings) }
  }

  /// A process that ends must not do so in the middle of the making.
  deinit { _ = place.made() }

  /// Waits until searches can be made. Throws why none can.
  public func ready() throws(FaceDetectionError) { _ = try place.made().get() }

  public var lastError: FaceDetectionError? {
    switch place.made() {
    case .success(let detector): detector.lastError
    case .failure(let error): error
    }
  }

  /// Every face found, as `FrontalFaceDetector`; waits for it. None where there is no detector, which
  /// `ready` tells.
  public func detectFaces(in image: borrowing GreyImage) -> [DetectedFace] {
    switch place.made() {
    case .success(let detector): detector.detectFaces(in: image)
    case .failure: []
    }
  }
}

/// Where the detector lies. The thread that made it has no more to do with it once it lies here.
private final class Place: @unchecked Sendable {
  private let condition = Condition()
  private var detector: Result<FrontalFaceDetector, FaceDetectionError>?

  func fill(_ settings: FaceDetectorSettings) {
    let result: Result<FrontalFaceDetector, FaceDetectionError>
    do throws(FaceDetectionError) {
      result = .success(try FrontalFaceDetector(settings))
    } catch {
      result = .failure(error)
    }
    condition.withLock {
      detector = result
      condition.broadcast()
    }
  }

  func made() -> Result<FrontalFaceDetector, FaceDetectionError> {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let detector { return detector }
      condition.wait()
    }
  }
}
