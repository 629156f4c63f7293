import TestSupport
import Testing

@testable import VideoInput

/// How stamps become capture times.
@Suite struct LiveClockTests {
  // MARK: Cameras

  @Test func aMonotonicStampIsTakenAsItIs() {
    var clock = CameraClock()
    #expect(clock.captureSeconds(stamp: 999.96, now: 1000, realtime: 1.7e9) == 999.96)
    // Never after now, however the driver rounds.
    #expect(clock.captureSeconds(stamp: 1000.05, now: 1000, realtime: 1.7e9) == 1000)
  }

  @Test func aWallClockStampIsMoved() {
    var clock = CameraClock()
    let capture = clock.captureSeconds(stamp: 1.7e9 - 0.25, now: 1000, realtime: 1.7e9)
    #expect(abs(capture - 999.75) < 1e-6)
  }

  @Test func whatIsNoStampIsArrival() {
    var clock = CameraClock()
    #expect(clock.captureSeconds(stamp: nil, now: 1000, realtime: 1.7e9) == 1000)
    #expect(clock.captureSeconds(stamp: 0, now: 1000, realtime: 1.7e9) == 1000)
    #expect(clock.captureSeconds(stamp: 55.5, now: 1000, realtime: 1.7e9) == 1000)
    #expect(clock.captureSeconds(stamp: .nan, now: 1000, realtime: 1.7e9) == 1000)
  }

  // MARK: Streams

  /// A stream of 25 frames/s whose clock is `stampOffset` off and runs fast by `drift`; the network
  /// takes `delay` and up to `jitter` more. Returns capture minus truth for every frame.
  private func errors(
    frames: Int, delay: Double, jitter: Double, drift: Double = 0, seed: UInt64 = 7
  ) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    var clock = StreamClock()
    return (0..<frames).map { index in
      let truth = 500 + Double(index) / 25
      let stamp = 1234 + (truth - 500) * (1 + drift)
      let arrival = truth + delay + jitter * Double.random(in: 0...1, using: &generator)
      #expect(clock.note(stamp: stamp, arrival: arrival) == false)
      return clock.captureSeconds(stamp: stamp, arrival: arrival) - truth
    }
  }

  @Test func theSmallestDelayIsTheConstantPart() {
    let errors = errors(frames: 500, delay: 0.02, jitter: 0.1)
    // Late by what the network needs at least, and never early.
    for error in errors.dropFirst(200) { #expect(error > 0.0199 && error < 0.026) }
    for error in errors { #expect(error > 0.0199 && error < 0.121) }
  }

  /// 100 ppm over an hour are 0.36 s, in either direction.
  @Test(arguments: [1e-4, -1e-4])
  func aClockThatDriftsIsFollowed(drift: Double) {
    let errors = errors(frames: 90_000, delay: 0.02, jitter: 0.05, drift: drift)
    for error in errors.dropFirst(1000) { #expect(error > 0.01 && error < 0.04) }
  }

  @Test func whatTheSenderSaysIsBelieved() {
    var clock = StreamClock()
    var last = 0.0
    for index in 0..<400 {
      let truth = 500 + Double(index) / 25
      // The sender speaks up after 4 s.
      let stated = index >= 100 ? truth : nil
      _ = clock.note(stamp: truth - 400, arrival: truth + 0.2, statedCapture: stated)
      let capture = clock.captureSeconds(stamp: truth - 400, arrival: truth + 0.2)
      #expect(index == 0 || capture > last + 0.03, "distances are kept")
      last = capture
      if index == 99 { #expect(abs(capture - truth - 0.2) < 1e-6) }
      if index >= 200 { #expect(abs(capture - truth) < 1e-6) }
    }
  }

  @Test func aSenderWhoseClockIsWrongIsNot() {
    var clock = StreamClock()
    for index in 0..<50 {
      let truth = 500 + Double(index) / 25
      _ = clock.note(stamp: truth, arrival: truth + 0.2, statedCapture: truth + 3600)
      #expect(abs(clock.captureSeconds(stamp: truth, arrival: truth + 0.2) - truth - 0.2) < 1e-6)
    }
  }

  @Test func aFrameWithoutAStampIsContinued() {
    var clock = StreamClock()
    for index in 0..<20 {
      let truth = 500 + Double(index) / 25
      let stamp: Double? = index == 15 ? nil : truth - 300
      if let stamp { _ = clock.note(stamp: stamp, arrival: truth + 0.1) }
      let late = index == 15 ? 0.03 : 0
      let capture = clock.captureSeconds(stamp: stamp, arrival: truth + 0.1 + late)
      #expect(abs(capture - truth - 0.1) < 1e-6)
    }
  }

  @Test(arguments: [(3600.0, true), (-3600, true), (-0.2, false), (0.5, false)])
  func jumpsOfTheStream(step: Double, isJump: Bool) {
    var clock = StreamClock()
    for index in 0..<50 {
      let truth = 500 + Double(index) / 25
      let stamp = truth + (index >= 25 ? step : 0)
      let jumped = clock.note(stamp: stamp, arrival: truth + 0.1)
      #expect(jumped == (isJump && index == 25))
      let capture = clock.captureSeconds(stamp: stamp, arrival: truth + 0.1)
      #expect(capture <= truth + 0.1)
      if isJump { #expect(abs(capture - truth - 0.1) < 1e-6) }
    }
  }

  /// A gap of the network, or of the source, is no jump of the stream's time.
  @Test func aGapIsNoJump() {
    var clock = StreamClock()
    #expect(clock.note(stamp: 10, arrival: 500) == false)
    #expect(clock.note(stamp: 15, arrival: 505) == false)
    #expect(clock.note(stamp: 15.04, arrival: 508) == false)
  }

  // MARK: Stamps that wrap around

  @Test func wrapping() {
    var unwrapper = StampUnwrapper(bits: 33)
    let top: Int64 = 1 << 33
    #expect(unwrapper.unwrap(top - 100) == top - 100)
    #expect(unwrapper.unwrap(200) == top + 200)
    #expect(unwrapper.unwrap(top - 50) == top - 50)
    #expect(unwrapper.unwrap(300) == top + 300)
    // libavformat itself adds one round, once.
    #expect(unwrapper.unwrap(top + 400) == top + 400)
    var plain = StampUnwrapper(bits: 64)
    #expect(plain.unwrap(.max) == .max)
    #expect(plain.unwrap(5) == 5)
  }

  // MARK: Retrying

  @Test func waits() throws {
    let lost = VideoInputError(.lost, operation: "read", source: "x", problem: "gone")
    let refused = VideoInputError(
      .credentialsRefused, operation: "open", source: "x", problem: "no")
    var camera = RetryPolicy(.standard, isCamera: true)
    var network = RetryPolicy(
      .standard, isCamera: false, generator: SeededGenerator(seed: 3))
    var waits: Set<Double> = []
    for _ in 0..<100 {
      #expect(camera.delay(after: lost) <= 1)
      let wait = network.delay(after: lost)
      #expect(wait >= 0.6 && wait <= 1.2)
      waits.insert(wait)
    }
    #expect(waits.count > 90)
    let refusals = (0..<8).map { _ in network.delay(after: refused) }
    for (index, wait) in refusals.enumerated() {
      let most = min(30, 4 * Double(1 << index))
      #expect(wait >= most / 2 && wait <= most)
    }
    #expect(network.delay(after: lost) <= 1.2)
  }
}
