import CLNF
import FaceFinding
import Foundation
import Glibc
import Session
import TestSupport
@testable import VideoInput

/// Says where the face of image_frontal.pgm is, wherever it is asked.
final class FrontalBox: FaceDetector {
  static let box = FaceBox(x: 23.4, y: 19.9, width: 94.4, height: 93.5)
  private(set) var searches = 0
  /// From which search on none can be run.
  var failsFrom = Int.max
  private(set) var lastError: FaceDetectionError?

  func detectFaces(in image: borrowing GreyImage) -> [DetectedFace] {
    searches += 1
    guard searches < failsFrom else {
      lastError = .outOfMemory(width: image.width, height: image.height)
      return []
    }
    return [DetectedFace(box: Self.box, confidence: 5)]
  }
}

/// Some frames of the synthetic face, which moves a little; each with its pixels.
enum FaceFrames {
  static let rate = 10
  static let count = 6

  static func all() throws -> (width: Int, height: Int, pixels: [[UInt8]]) {
    let image = try SyntheticFixture.image("image_frontal.pgm")
    let (width, height) = (image.width, image.height)
    let original = image.withSamples { Array($0) }
    let frames = (0..<count).map { number -> [UInt8] in
      // One pixel to the right and back.
      guard number % 2 == 1 else { return original }
      var moved = original
      for y in 0..<height {
        for x in 1..<width { moved[y * width + x] = original[y * width + x - 1] }
      }
      return moved
    }
    return (width, height, frames)
  }

  /// As YUV4MPEG, grey of full range.
  static func video() throws -> [UInt8] {
    let (width, height, frames) = try all()
    var bytes = Array(
      "YUV4MPEG2 W\(width) H\(height) F\(rate):1 Ip A1:1 Cmono XCOLORRANGE=FULL\n".utf8)
    for frame in frames { bytes += Array("FRAME\n".utf8) + frame }
    return bytes
  }

  /// As images of a folder.
  static func write(to folder: ScratchFolder) throws {
    let (width, height, frames) = try all()
    for (number, frame) in frames.enumerated() {
      let bytes = Array("P5\n\(width) \(height)\n255\n".utf8) + frame
      try Data(bytes).write(to: URL(fileURLWithPath: folder.file("shot\(number).pgm")))
    }
  }
}

/// A camera that gives `FaceFrames`, and between them what a test puts there.
final class ScriptedCapture: FrameCapture {
  enum Turn: Sendable {
    case frame(Int, startsAnew: Bool)
    case nothing
  }

  private let turns: [Turn]
  private let material: (width: Int, height: Int, pixels: [[UInt8]])
  // Of the one thread that calls `next`.
  nonisolated(unsafe) private var next = 0
  nonisolated(unsafe) var usualStepSeconds: Double?

  init(_ turns: [Turn]? = nil) throws {
    self.turns =
      turns ?? (0..<FaceFrames.count).map { .frame($0, startsAnew: $0 == 0) }
    material = try FaceFrames.all()
  }

  func start() {}
  func stop() {}
  var snapshot: LiveSnapshot { LiveSnapshot() }

  func next(into frame: inout VideoFrame, waitingAtMost seconds: Double) -> Arrival {
    guard next < turns.count else { return .stopped }
    defer { next += 1 }
    guard case .frame(let number, let startsAnew) = turns[next] else { return .nothing }
    frame.grey = GreyImage(width: material.width, height: material.height, repeating: 0)
    frame.grey.withMutableSamples { samples in
      for index in samples.indices { samples[index] = material.pixels[number][index] }
    }
    frame.number = number + 1
    frame.usualStepSeconds = usualStepSeconds
    frame.timestampSeconds = Double(number) / Double(FaceFrames.rate)
    return .frame(startsAnew: startsAnew)
  }
}
