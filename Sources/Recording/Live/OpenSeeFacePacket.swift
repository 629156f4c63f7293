import CLNF
import Measurement
import Tracking

/// A face as OpenSeeFace's tracker sends it to the programs that animate with it: one packet of
/// 1,785 bytes, little-endian, with no padding. docs/use/outputs.md says what each field is made
/// of.
///
/// The layout is that of facetracker.py and of its receiver, Unity/OpenSee.cs
/// (github.com/emilianavt/OpenSeeFace). Their solver takes (row, column) for (x, y) and puts the head
/// behind the camera; `Pose` turns ours into theirs, so that a receiver's own conversion gives the
/// true pose.
struct OpenSeeFacePacket: ~Copyable {
  /// Bytes of a packet.
  static let size = 1785
  /// Landmarks of a fit that can be sent.
  static let landmarkCount = 68

  private var packet = ByteWriter(capacity: size)

  /// Its 66 landmarks are the 68 without the outer mouth corners, 48 and 54.
  private static let markedCount = 66

  /// The packet, until the next `encode`.
  var bytes: UnsafeRawBufferPointer { packet.bytes }

  /// Encodes a face whose fit has 68 landmarks.
  mutating func encode(
    _ frame: TrackedFrame, _ head: HeadPose, _ landmarks3D: [Double], _ context: FrameContext,
    faceID: Int32, utcSeconds: Double
  ) {
    let shape = OpenSeeFaceShape(landmarks3D, rotation: RotationMatrix(head.rotation))
    let right = shape.openness(ofEyeAt: 36)
    let left = shape.openness(ofEyeAt: 42)
    let pose = OpenSeeFacePose(shape.rotation, noseTip: shape.noseTip)
    packet.clear()
    packet.append(bytesOf: utcSeconds.bitPattern.littleEndian)
    packet.append(bytesOf: faceID.littleEndian)
    packet.append(Float(context.width))
    packet.append(Float(context.height))
    packet.append(right)
    packet.append(left)
    // 3D points are there, and lie on their landmarks' rays: no error.
    packet.append(UInt8(1))
    packet.append(0 as Float)
    for index in 0..<4 { packet.append(Float(pose.quaternion[index])) }
    packet.append(point: pose.eulerDegrees)
    packet.append(point: pose.translation)
    appendLandmarks(frame)
    appendPoints(shape)
    appendFeatures(right: right, left: left, mouth: shape.mouthOpenness)
  }

  /// Confidences, then image points: the 66 landmarks and two pupils, which are the middles of the
  /// eyes with no confidence.
  private mutating func appendLandmarks(_ frame: TrackedFrame) {
    let confidence = frame.confidence.isFinite ? Float(frame.confidence) : 1
    for _ in 0..<Self.markedCount { packet.append(confidence) }
    for _ in 0..<2 { packet.append(0 as Float) }
    let x = frame.landmarks
    let n = Self.landmarkCount
    for index in 0..<Self.markedCount {
      let landmark = Self.landmark(index)
      packet.append(Float(x[landmark]))
      packet.append(Float(x[n + landmark]))
    }
    for corner in stride(from: 36, through: 42, by: 6) {
      packet.append(Float((x[corner] + x[corner + 3]) / 2))
      packet.append(Float((x[n + corner] + x[n + corner + 3]) / 2))
    }
  }

  /// The points in the face's frame: the landmarks, pupils that look straight ahead, and the eyeballs'
  /// centres behind them.
  private mutating func appendPoints(_ shape: OpenSeeFaceShape) {
    for index in 0..<Self.markedCount {
      packet.append(point: shape.facePoint(Self.landmark(index)))
    }
    packet.append(point: shape.middle(ofEyeAt: 36))
    packet.append(point: shape.middle(ofEyeAt: 42))
    packet.append(point: shape.ball(ofEyeAt: 36))
    packet.append(point: shape.ball(ofEyeAt: 42))
  }

  /// The features that need no neutral face to compare with; the others are 0, which is neutral.
  private mutating func appendFeatures(right: Float, left: Float, mouth: Float) {
    packet.append(left - 1)
    packet.append(right - 1)
    for _ in 0..<10 { packet.append(0 as Float) }
    packet.append(mouth)
    packet.append(0 as Float)
  }

  /// Which of the 68 landmarks is OpenSeeFace's `index`.
  static func landmark(_ index: Int) -> Int {
    index < 48 ? index : index < 53 ? index + 1 : index + 2
  }
}

extension ByteWriter {
  fileprivate mutating func append(_ value: Float) {
    append(bytesOf: value.bitPattern.littleEndian)
  }

  fileprivate mutating func append(point: SIMD3<Double>) {
    append(Float(point.x))
    append(Float(point.y))
    append(Float(point.z))
  }
}
