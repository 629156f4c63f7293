import Testing

@testable import VideoInput

/// Stamps that do not run as time does, and bursts of honest ones.
@Suite struct StampTrustTests {
  /// A stream on two clocks, fed frame by frame.
  private struct Stream {
    var clock = StreamClock()
    var jumps = 0
    /// Capture times minus the truth.
    var errors: [Double] = []
    /// When stamps were first not believed, seconds after the begin; nil: always.
    var doubtedAt: Double?

    mutating func feed(
      truth: Double, stamp: Double, arrival: Double, waited: Double? = nil
    ) {
      if clock.note(stamp: stamp, arrival: arrival, waited: waited) { jumps += 1 }
      let capture = clock.captureSeconds(stamp: stamp, arrival: arrival)
      #expect(capture <= arrival)
      errors.append(capture - truth)
      if doubtedAt == nil, clock.doubt != nil { doubtedAt = arrival - 500 }
    }

    /// Frames that arrive as they are taken, with stamps of a speed.
    mutating func run(seconds: Double, from start: Double, speed: Double, rate: Double = 30) {
      for index in 0..<Int(seconds * rate) {
        let time = start + Double(index) / rate
        feed(truth: 500 + time, stamp: 90 + time * speed, arrival: 500 + time + 0.02)
      }
    }
  }

  @Test(arguments: [0, 0.5, 0.8, 1.25, 2])
  func stampsOfAnotherSpeedAreNotBelieved(speed: Double) throws {
    var stream = Stream()
    stream.run(seconds: 60, from: 0, speed: speed)
    #expect(try #require(stream.doubtedAt) < 10)
    let doubt = stream.clock.doubt
    guard case .speed(let measured) = try #require(doubt) else {
      Issue.record("\(String(describing: doubt))")
      return
    }
    #expect(abs(measured - speed) < 0.05)
    // Once that is known, frames have the times of their arrival: the error does not grow.
    #expect(stream.errors.suffix(1000).allSatisfy { abs($0 - 0.02) < 1e-6 })
    #expect(stream.jumps == 0)
  }

  /// A slow source is measured over longer windows.
  @Test func aSlowSourceOfStillStamps() {
    var stream = Stream()
    stream.run(seconds: 600, from: 0, speed: 0, rate: 0.2)
    #expect(stream.clock.doubt?.words == "its time stamps stand still")
  }

  @Test func stampsThatBecomeRightAreBelievedAgain() {
    var stream = Stream()
    stream.run(seconds: 20, from: 0, speed: 0)
    #expect(stream.clock.doubt?.words == "its time stamps stand still")
    // The camera has found the time.
    for index in 0..<600 {
      let time = 20 + Double(index) / 30
      stream.feed(truth: 500 + time, stamp: 90 + time, arrival: 500 + time + 0.02)
    }
    #expect(stream.clock.doubt == nil)
    #expect(stream.errors.suffix(100).allSatisfy { abs($0 - 0.02) < 1e-3 })
  }

  @Test func stampsThatJumpAgainAndAgain() {
    var stream = Stream()
    // They begin again with every second.
    for index in 0..<1800 {
      let time = Double(index) / 30
      stream.feed(
        truth: 500 + time, stamp: 90 + Double(index % 30) / 30, arrival: 500 + time + 0.02)
    }
    #expect(stream.clock.doubt == .jumps)
    #expect(stream.jumps <= 2)
  }

  /// Segments of a playlist: all pictures of some seconds at once, then nothing. With the last three
  /// to begin with, and some that come late.
  @Test(arguments: [1.0, 2, 4, 6, 10])
  func burstsAreHonest(segment: Double) {
    var stream = Stream()
    let rate = 25.0
    for number in 0..<60 {
      let late = number % 7 == 3 ? 0.3 * segment : 0
      let due = 500 + max(0, Double(number - 2)) * segment + late
      let count = Int(segment * rate)
      for index in 0..<count {
        let media = Double(number) * segment + Double(index) / rate
        let place = number < 3 ? number * count + index : index
        let isFirst = index == 0 && number > 2
        stream.feed(
          truth: 0, stamp: 7000 + media, arrival: due + Double(place) * 0.004,
          waited: isFirst ? segment - 0.2 : 0.001)
      }
    }
    #expect(stream.doubtedAt == nil && stream.jumps == 0)
  }

  /// Delay that grows while the network is busy and falls afterwards, and a step that stays.
  @Test func networksAreNotStamps() {
    var stream = Stream()
    for index in 0..<3600 {
      let time = Double(index) / 30
      let step = time > 60 ? 0.8 : 0
      let busy = max(0, 0.3 - abs(time - 30) * 0.2)
      stream.feed(truth: 500 + time, stamp: 90 + time, arrival: 500 + time + 0.02 + step + busy)
    }
    #expect(stream.doubtedAt == nil)
  }

  /// A reader that is too slow finds all there when it comes: that says nothing of the stamps.
  @Test func aSlowReaderIsNotTheStampsFault() {
    var stream = Stream()
    for index in 0..<1800 {
      let time = Double(index) / 30
      stream.feed(
        truth: 500 + time, stamp: 90 + time, arrival: 500 + 2 * time, waited: 0.0001)
    }
    #expect(stream.doubtedAt == nil)
  }

  /// Frames of a burst that begins a stream keep the distances at which they were taken.
  @Test func aFirstBurstIsSpread() {
    var clock = StreamClock()
    var times = CaptureTimes()
    var frame = VideoFrame()
    var seconds: [Double] = []
    for index in 0..<250 {
      let stamp = 33 + Double(index) / 25
      // Four seconds at once, then as they are taken.
      let arrival = 500 + max(Double(index) * 0.004, Double(index) / 25 - 4)
      _ = clock.note(stamp: stamp, arrival: arrival)
      let capture = clock.captureSeconds(stamp: stamp, arrival: arrival)
      times.stamp(
        &frame,
        LiveConnection.Times(
          captureSeconds: capture, presentationTimestamp: nil,
          timeBase: TimeBase(numerator: 1, denominator: 25), isJump: false,
          correctionSeconds: clock.correction))
      seconds.append(frame.timestampSeconds)
    }
    for index in seconds.indices {
      #expect(abs(seconds[index] - Double(index) / 25) < 1e-3)
    }
  }
}

/// When frames are due, on scripted arrivals.
@Suite struct FrameScheduleTests {
  @Test func aSteadySourceWaitsForNothing() {
    var schedule = FrameSchedule(bufferSeconds: 10)
    for index in 0..<1000 {
      // Up to 30 ms late.
      let arrival = 500 + Double(index) / 30 + Double(index % 4) * 0.01
      let place = schedule.place(arrival: arrival, step: 1.0 / 30, startsAnew: index == 0)
      #expect(place.release == arrival)
      // How long a machine that is too slow may wait with it.
      #expect(place.due - arrival < 0.035)
    }
  }

  /// Segments of four seconds: from the second one on they are given as evenly as they were taken.
  @Test func burstsAreSpread() {
    var schedule = FrameSchedule(bufferSeconds: 10)
    var releases: [Double] = []
    for segment in 0..<20 {
      for index in 0..<100 {
        let arrival = 500 + 4 * Double(segment) + Double(index) * 0.003
        let place = schedule.place(
          arrival: arrival, step: 0.04, startsAnew: segment == 0 && index == 0)
        #expect(place.release >= arrival && place.due - arrival <= 4)
        releases.append(place.release)
      }
    }
    let steps = zip(releases.dropFirst(), releases).map { $0 - $1 }.dropFirst(200)
    #expect(steps.allSatisfy { $0 > 0.03 && $0 < 0.3 })
  }

  /// What one stall held up is given at once, and the delay does not stay.
  @Test func aStallIsNoHabit() {
    var schedule = FrameSchedule(bufferSeconds: 10)
    for index in 0..<3000 {
      let taken = 500 + Double(index) / 30
      let arrival = taken > 520 && taken < 523 ? 523 : taken
      let place = schedule.place(arrival: arrival, step: 1.0 / 30, startsAnew: index == 0)
      #expect(place.release == arrival)
      if index == 2999 { #expect(place.due - arrival < 1e-6) }
    }
  }

  @Test func theBufferIsTheBound() {
    var schedule = FrameSchedule(bufferSeconds: 3)
    for index in 0..<1000 {
      let place = schedule.place(arrival: 500, step: 0.04, startsAnew: index == 0)
      #expect(place.due <= 503)
    }
    #expect(schedule.place(arrival: 500, step: 0.04, startsAnew: true).due == 500)
  }
}
