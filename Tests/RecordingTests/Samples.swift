import CLNF
import Foundation
import Measurement
import TestSupport
import Testing
import Tracking

@testable import Recording

func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

/// A frame with a fit of `n` landmarks and `m` modes whose values tell where they are.
func sampleFrame(_ number: Int = 7, landmarks n: Int = 2, modes m: Int = 2) -> TrackedFrame {
  var frame = TrackedFrame()
  frame.frameNumber = number
  frame.faceID = 1
  frame.timestampSeconds = 0.2002
  frame.presentationTimestamp = 2002
  frame.utcSeconds = 1_769_851_800.25
  frame.state = .tracking
  frame.success = true
  frame.confidence = 0.98765
  frame.hasFit = true
  frame.landmarks = (0..<2 * n).map { 100.5 + Double($0) }
  frame.global = GlobalParameters(
    scale: 1.25, rotation: EulerAngles(x: 0.1, y: -0.2, z: -1e-9), tx: 320.123456, ty: -4)
  frame.local = (0..<m).map { -2.5 + Double($0) }
  frame.meanShift = 0.71234
  frame.peakOffset = 1.5
  frame.likelihood = -0.40001
  frame.iterations = 30
  return frame
}

func sampleMeasurement(landmarks n: Int = 2) -> FaceMeasurement {
  var measurement = FaceMeasurement()
  measurement.headPose = HeadPose(
    translation: [-1.5, 20.255, 600], rotation: EulerAngles(x: 0.25, y: -0.125, z: 0))
  measurement.landmarks3D = (0..<3 * n).map { 10 * Double($0) }
  return measurement
}

func lostFrame(_ number: Int = 8) -> TrackedFrame {
  var frame = TrackedFrame()
  frame.frameNumber = number
  frame.timestampSeconds = 1
  frame.state = .lost
  frame.landmarks = [.nan]
  return frame
}

/// The row of a frame, without its newline.
func row(
  _ schema: ColumnSchema, _ frame: TrackedFrame, _ measurement: FaceMeasurement
) throws -> String {
  var bytes = ByteWriter(capacity: 16)
  try schema.append(frame, measurement, to: &bytes)
  let line = String(decoding: bytes.bytes, as: UTF8.self)
  try #require(line.last == "\n")
  return String(line.dropLast())
}
