import Testing

@testable import Tracking

/// The rules of following one face, without images (docs/reference/clnf.md section 6).
struct TrackingStateMachineTests {
  private func following(_ settings: TrackingSettings = .reference) -> TrackingStateMachine {
    var machine = TrackingStateMachine(settings)
    machine.searched(success: true)
    return machine
  }

  @Test func theDetectorRunsOnTheFirstFrameAndEvery24th() {
    var machine = TrackingStateMachine(.reference)
    var ran: [Int] = []
    for frame in 0..<60 {
      if machine.begin() == .search(detect: true) { ran.append(frame) }
      machine.searched(success: nil)
      let givenUp = machine.end()
      #expect(!givenUp)
    }
    #expect(ran == [0, 24, 48])
  }

  @Test(arguments: [true, false])
  func aFirstFitIsKeptWhateverIsThoughtOfIt(success: Bool) {
    var machine = TrackingStateMachine(.reference)
    machine.searched(success: success)
    #expect(machine.isFollowing)
    #expect(machine.failures == 0)
    #expect(machine.begin() == .follow(wide: !success))
  }

  @Test func windowsFollowTheLastFrame() {
    var machine = following()
    #expect(machine.begin() == .follow(wide: false))
    _ = machine.followed(success: false)
    #expect(machine.begin() == .follow(wide: true))
    _ = machine.followed(success: true)
    #expect(machine.begin() == .follow(wide: false))
  }

  @Test func theDetectorRunsOnAFailureAndThenEveryFourth() {
    var machine = following()
    var ran: [Int] = []
    for failure in 1...13 {
      if machine.followed(success: false) { ran.append(failure) }
      machine.redetected(success: false)
      _ = machine.end()
    }
    #expect(ran == [1, 5, 9, 13])
    #expect(machine.failures == 13)
  }

  @Test func aSuccessStartsTheCountAnew() {
    var machine = following()
    for _ in 0..<3 { _ = machine.followed(success: false) }
    let detectsOnSuccess = machine.followed(success: true)
    #expect(!detectsOnSuccess)
    #expect(machine.failures == 0)
    let detects = machine.followed(success: false)
    #expect(detects, "the first failure after a success")
  }

  @Test func aBelievedRedetectionEndsTheFailures() {
    var machine = following()
    _ = machine.followed(success: false)
    machine.redetected(success: false)
    #expect(machine.failures == 1)
    #expect(machine.begin() == .follow(wide: true))
    for _ in 0..<4 { _ = machine.followed(success: false) }
    machine.redetected(success: true)
    #expect(machine.failures == 0)
    #expect(machine.begin() == .follow(wide: false))
  }

  @Test func theFaceIsGivenUpAfterMoreThan100Failures() {
    var machine = following()
    for failure in 1...101 {
      _ = machine.followed(success: false)
      let givenUp = machine.end()
      #expect(givenUp == (failure == 101))
    }
    #expect(!machine.isFollowing)
    #expect(machine.failures == 0)
    #expect(machine.begin() == .search(detect: true), "the detector runs on the next frame")
  }

  @Test func settingsAreObeyed() {
    var settings = TrackingSettings()
    settings.searchInterval = 3
    settings.redetectionInterval = 1
    settings.failureLimit = 0
    var machine = TrackingStateMachine(settings)
    #expect(machine.begin() == .search(detect: true))
    machine.searched(success: nil)
    #expect(machine.begin() == .search(detect: false))
    machine = following(settings)
    let detects = machine.followed(success: false)
    #expect(detects)
    let givenUp = machine.end()
    #expect(givenUp, "no failure is borne")
  }

  @Test func settingsThatCannotBeUsedAreRefused() throws {
    try TrackingSettings.reference.validate()
    let damage: [(inout TrackingSettings) -> Void] = [
      { $0.belief.validationBoundary = .nan }, { $0.searchInterval = 0 },
      { $0.redetectionInterval = 0 },
      { $0.failureLimit = -1 }, { $0.preferredPoint = .init(x: .infinity, y: 0) },
    ]
    for change in damage {
      var settings = TrackingSettings()
      change(&settings)
      #expect(throws: (any Error).self) { try settings.validate() }
    }
  }
}
