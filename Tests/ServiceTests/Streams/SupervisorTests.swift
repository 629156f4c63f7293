import Foundation
import TestSupport
import Testing

@testable import Service

/// Several streams beside each other, and changes of what they are.
@Suite struct SupervisorTests {
  private let world = FakeWorld()

  private func configuration(_ streams: StreamConfiguration...) -> ServiceConfiguration {
    ServiceConfiguration(streams: streams)
  }

  private func waitForCapture(_ address: String, _ count: Int = 1) throws -> FakeCapture {
    try waitUntil("a capture of \(address)") { world.captures(address).count >= count }
    return world.captures(address)[count - 1]
  }

  @Test("one stream's trouble is not another's")
  func apart() throws {
    let supervisor = world.supervisor()
    world.breakSinks(of: "bad", times: 1000)
    try supervisor.run(
      configuration(FakeWorld.stream("bad"), FakeWorld.stream("hung"), FakeWorld.stream("good")))
    let hung = try waitForCapture("fake://hung")
    hung.hang()
    try waitUntil("it hangs") { hung.isHanging }
    let good = try waitForCapture("fake://good")
    for _ in 0..<20 { good.deliver() }
    try waitUntil("rows") { world.sinks("good").first?.rows.count == 20 }
    try waitUntil("failed") { supervisor.streams[0].problem == "no output" }
    #expect(supervisor.streams.map(\.name) == ["bad", "hung", "good"])
    #expect(supervisor.hasSettled)
    // Nothing is known of the second.
    #expect(!supervisor.isReady)
    #expect(throws: ServiceError.self) { try supervisor.stop() }
    #expect(world.sinks("good")[0].closes >= 1)
    #expect(world.sinks("hung").allSatisfy { $0.closes >= 1 })
    hung.goOn()
  }

  @Test("streams share the model of a path")
  func sharedModel() throws {
    let models = ModelStore()
    let first = try models.model(at: SyntheticFixture.mainFile)
    #expect(try models.model(at: SyntheticFixture.mainFile) === first)
    #expect(try models.refresh(SyntheticFixture.mainFile) === first)
    #expect(try models.model(at: nil) === (try models.model(at: nil)))
  }

  @Test("a model whose file has changed is another; one that cannot be read is an error")
  func changedModel() throws {
    let folder = try ScratchModelFolder()
    let models = ModelStore()
    let first = try models.refresh(folder.mainFile)
    #expect(try models.refresh(folder.mainFile) === first)
    let file = folder.url("m.landmarkd")
    try Data(first.archive()).write(to: file)
    let archive = try models.refresh(file.path)
    #expect(archive !== first)
    #expect(try models.refresh(file.path) === archive)
    // The same bytes in a new file: the model stays.
    try Data(first.archive()).write(to: file, options: .atomic)
    #expect(try models.refresh(file.path) === archive)
    try Data([1, 2, 3]).write(to: file)
    #expect(throws: (any Error).self) { try models.refresh(file.path) }
    #expect(try models.model(at: file.path) === archive)
    models.keepOnly([])
    #expect(throws: (any Error).self) { try models.model(at: file.path) }
  }

  @Test("a change leaves the same streams undisturbed, restarts others, removes and adds")
  func change() throws {
    let supervisor = world.supervisor()
    let started = try supervisor.run(
      configuration(
        FakeWorld.stream("same"), FakeWorld.stream("other"), FakeWorld.stream("gone")))
    #expect(started.started == ["same", "other", "gone"])
    let same = try waitForCapture("fake://same")
    let other = try waitForCapture("fake://other")
    let gone = try waitForCapture("fake://gone")
    same.deliver()
    try waitUntil("a row") { world.sinks("same").first?.rows.count == 1 }
    try waitUntil("outputs") { !world.sinks("other").isEmpty && !world.sinks("gone").isEmpty }
    let feed = supervisor.pictures(of: "other")

    let change = try supervisor.run(
      configuration(
        FakeWorld.stream("new"), FakeWorld.stream("same"),
        FakeWorld.stream("other", source: "fake://elsewhere")))
    #expect(change.unchanged == ["same"])
    #expect(change.restarted == ["other"])
    #expect(change.removed == ["gone"])
    #expect(change.started == ["new"])
    #expect(supervisor.streams.map(\.name) == ["new", "same", "other"])
    #expect(other.stops >= 1 && gone.stops >= 1 && same.stops == 0)
    #expect(world.sinks("gone")[0].closes >= 1 && world.sinks("other")[0].closes >= 1)
    #expect(supervisor.pictures(of: "other") === feed)
    #expect(supervisor.pictures(of: "gone") == nil)

    same.deliver()
    try waitUntil("a row of the same output") { world.sinks("same")[0].rows.count == 2 }
    #expect(world.captures("fake://same").count == 1)
    _ = try waitForCapture("fake://elsewhere")
    #expect(supervisor.streams.first { $0.name == "same" }?.framesIn == 2)
    try supervisor.stop()
    // Nothing starts any more.
    #expect(try supervisor.run(configuration(FakeWorld.stream("late"))) == Supervisor.Change())
    #expect(world.captures("fake://late").isEmpty)
  }

  @Test("what is closed is closed before what takes its place begins")
  func order() throws {
    let supervisor = world.supervisor()
    try supervisor.run(configuration(FakeWorld.stream("a")))
    try waitUntil("an output") { !world.sinks("a").isEmpty }
    world.sinks("a")[0].closeSlowly(0.3)
    let taken = try seconds {
      try supervisor.run(configuration(FakeWorld.stream("a", source: "fake://b")))
    }
    #expect(taken >= 0.3)
    try waitUntil("a second output") { world.sinks("a").count == 2 }
    try supervisor.stop()
  }

  @Test("streams are closed beside each other")
  func parallel() throws {
    let supervisor = world.supervisor()
    let names = (0..<6).map { "s\($0)" }
    try supervisor.run(ServiceConfiguration(streams: names.map { FakeWorld.stream($0) }))
    for name in names {
      try waitUntil("an output") { !world.sinks(name).isEmpty }
      world.sinks(name)[0].closeSlowly(0.5)
    }
    #expect(try seconds { try supervisor.stop() } < 2)
    #expect(supervisor.streams.allSatisfy { $0.sourceState == .stopped })
  }

  @Test("a model that cannot be loaded changes nothing")
  func badModel() throws {
    let supervisor = world.supervisor()
    try supervisor.run(configuration(FakeWorld.stream("a")))
    let bad = StreamConfiguration(
      name: "b", source: SourceConfiguration(address: "fake://b"), model: "/nowhere")
    #expect(throws: ServiceError.self) { try supervisor.run(configuration(bad)) }
    #expect(supervisor.streams.map(\.name) == ["a"])
    try supervisor.stop()
  }
  @Test("streams that end without all of their rows are named, those that are no more too")
  func rowsThatWereLostAtTheEnd() throws {
    let supervisor = world.supervisor()
    let all = ["early", "late", "well"].map { FakeWorld.stream($0) }
    try supervisor.run(ServiceConfiguration(streams: all))
    try waitUntil("outputs") { all.allSatisfy { !world.sinks($0.name).isEmpty } }
    for name in ["early", "late"] { world.sinks(name)[0].loseAtEnd(1) }
    // What was lost while it ran was said, and went well again.
    world.sinks("well")[0].lose(5)
    try supervisor.run(ServiceConfiguration(streams: Array(all.dropFirst())))
    let error = #expect(throws: ServiceError.self) { try supervisor.stop() }
    #expect(
      error?.description
        == "all outputs are closed, but rows that waited to be written were lost: early, late")
  }
}
