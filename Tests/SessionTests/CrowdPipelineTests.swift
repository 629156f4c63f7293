import CAllocationCount
import CLNF
import FaceFinding
import Foundation
import Session
import TestSupport
import Testing
import Tracking

@testable import VideoInput

/// Several faces, and several people one after another, with the default model and the program's own nets.
@Suite struct CrowdPipelineTests {
  private func pipeline(
    _ change: (inout TrackingConfiguration) -> Void, threads: Int = 1
  ) throws -> FacePipeline {
    var configuration = TrackingConfiguration()
    change(&configuration)
    var plan = TrackingPlan(try FaceModel.default(), configuration)
    plan.threads = threads
    return try FacePipeline(plan, .onPath(try configuration.makeDetector()))
  }

  /// The portrait twice, the right one smaller.
  private func two() throws -> VideoFrame {
    let portrait = try PortableGreyMap.portrait()
    var frame = VideoFrame()
    let (width, height) = (portrait.width + 200, portrait.height)
    frame.grey = GreyImage(width: width, height: height, repeating: 100)
    portrait.withSamples { from in
      frame.grey.withMutableSamples { to in
        for y in 0..<height {
          for x in 0..<portrait.width { to[y * width + x] = from[y * portrait.width + x] }
        }
        for y in 0..<200 {
          for x in 0..<200 {
            let (u, v) = (x * portrait.width / 200, y * height / 200)
            to[y * width + portrait.width + x] = from[v * portrait.width + u]
          }
        }
      }
    }
    return frame
  }

  @Test func eachFaceIsFittedMeasuredAndSmoothed() throws {
    let pipeline = try pipeline {
      $0.faceLimit = 5; $0.smoothing = .standard
    }
    var frame = try two()
    for number in 0..<4 {
      frame.timestampSeconds = Double(number) / 30
      try pipeline.follow(frame)
    }
    let faces = pipeline.record.faces
    #expect(faces.count == 2 && faces.map(\.fit.faceID) == [0, 1])
    for face in faces {
      #expect(face.fit.success && face.measured.headPose != nil)
      #expect(face.fit.timestampSeconds == 0.1 && face.shown.frame.success)
      #expect(face.shown.measurement.landmarks3D.count == 3 * 68)
    }
    // One is nearer to the camera by what it is larger.
    let far = faces.map { $0.measured.headPose?.translation.z ?? 0 }
    #expect(abs(max(far[0], far[1]) / min(far[0], far[1]) - 256.0 / 200) < 0.08, "\(far)")
    pipeline.reset()
    frame.grey = GreyImage(width: 64, height: 48, repeating: 7)
    try pipeline.follow(frame)
    #expect(pipeline.record.faces.count == 1 && !pipeline.record.fit.hasFit)
    #expect(pipeline.record.fit.state == .searching && pipeline.record.fit.confidence == 0)
  }

  @Test func followingSeveralAllocatesNothing() throws {
    let pipeline = try pipeline(
      {
        $0.faceLimit = 2; $0.smoothing = .standard
      }, threads: 2)
    var frame = try two()
    func follow(_ numbers: Range<Int>) throws {
      for number in numbers {
        frame.timestampSeconds = Double(number) / 30
        try pipeline.follow(frame)
      }
    }
    try follow(0..<35)
    let before = allocation_count()
    try follow(35..<75)
    let after = allocation_count()
    #expect(after == before, "\(after - before) allocations in 40 frames")
    #expect(pipeline.record.faces.count == 2)
  }

  @Test func rowsDoNotDependOnTheNumberOfThreads() throws {
    let one = try pipeline { $0.faceLimit = 5 }
    let three = try pipeline({ $0.faceLimit = 5 }, threads: 3)
    let frame = try two()
    for _ in 0..<6 {
      try one.follow(frame)
      try three.follow(frame)
      #expect(one.record.faces.map(\.fit.landmarks) == three.record.faces.map(\.fit.landmarks))
    }
  }

  private static let samples = SyntheticFixture.folder.deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Samples")

  /// Frames of the sample clips: of two people.
  private static func feed(
    _ names: [String], _ pipeline: FacePipeline, frames: Int
  ) throws -> [[(id: Int?, success: Bool)]] {
    var seconds = 0.0
    return try names.map { name in
      let source = try VideoInput.open(
        Self.samples.appending(path: "\(name).mp4").path)
      var frame = VideoFrame()
      return try (0..<frames).map { _ in
        let isRead = try source.read(into: &frame)
        #expect(isRead)
        frame.timestampSeconds = seconds
        seconds += 1 / 30
        try pipeline.follow(frame)
        let fit = pipeline.record.fit
        return (fit.hasFit ? fit.faceID : nil, fit.success)
      }
    }
  }

  @Test func whoTakesAnothersPlaceGetsANumberOfHerOwn() throws {
    let clips = try Self.feed(
      ["portrait", "talking", "portrait"], try pipeline { _ in }, frames: 25)
    for (clip, expected) in zip(clips, [0, 1, 0]) {
      #expect(clip.last?.id == expected && clip.last?.success == true)
      // A cut is noticed with the first fit that is believed after it; who seems new then is looked at again on
      // the third frame.
      #expect(clip.filter { $0.success && $0.id != expected }.count <= 4, "\(clip)")
    }
  }

  @Test func somebodyElseIsNotFollowedWhereOnePersonIsAskedFor() throws {
    let clips = try Self.feed(
      ["portrait", "talking", "portrait"], try pipeline { $0.keepsPerson = true }, frames: 25)
    #expect(clips[0].allSatisfy { $0.id == 0 })
    #expect(clips[1].filter(\.success).count <= 2)
    #expect(clips[2].last?.id == 0 && clips[2].last?.success == true)
  }
}
