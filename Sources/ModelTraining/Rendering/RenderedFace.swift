import CLNF

/// A drawn face with what is known about it.
public final class RenderedFace: Sendable {
  public let image: GreyImage
  /// 68 points in px.
  public let landmarks: [SIMD2<Float>]
  /// Which of them the head itself does not hide. Hair, glasses and hands do not count.
  public let visible: [Bool]
  /// Which of them a hand or another thing before the face covers.
  public let covered: [Bool]
  /// Radians; R = Rx Ry Rz.
  public let rotation: EulerAngles
  /// In the plane of the landmarks' mean.
  public let pixelsPerMillimetre: Float
  /// 68 points in the head's own axes, mm, jaw points slid to the silhouette as they are drawn.
  public let shape: [SIMD3<Float>]
  /// Of the texture; 0 without one.
  public let person: Int

  init(
    image: consuming GreyImage, landmarks: [SIMD2<Float>], visible: [Bool],
    covered: [Bool]? = nil, rotation: EulerAngles, pixelsPerMillimetre: Float,
    shape: [SIMD3<Float>], person: Int = 0
  ) {
    self.image = image
    self.landmarks = landmarks
    self.visible = visible
    self.covered = covered ?? landmarks.map { _ in false }
    self.rotation = rotation
    self.pixelsPerMillimetre = pixelsPerMillimetre
    self.shape = shape
    self.person = person
  }
}
