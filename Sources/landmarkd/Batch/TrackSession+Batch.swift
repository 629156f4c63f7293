import ArgumentParser
import Glibc
import Recording
import Session
import SystemNames
import VideoInput

/// An input that a batch leaves out.
struct LeftOut: Error {
  let outcome: TrackSession.Outcome
}

/// A table that is there and is something else than what would be made.
private struct OtherTable: Error, CustomStringConvertible {
  let input: String
  let reason: String
  var description: String {
    "\(input): \(reason); it is replaced only when that is asked for (--force)"
  }
}

extension TrackSession {
  /// What comes before an input is opened: its look, its folders, and with --skip-done whether there
  /// is anything to do. Gives the outcome of one that is left out; nil: it is to be tracked.
  func lookAround(
    _ input: String, _ run: TrackRun, _ outputs: TrackOutputs
  ) throws -> Outcome? {
    let isWitnessed = !OutputCheck.isStream(outputs.rows)
    if isWitnessed { run.witness = InputWitness(of: input) }
    if command.batch.skipDone, let outcome = try leaveOut(run, outputs) { return outcome }
    if isWitnessed { run.sourceFacts = run.witness?.source() }
    if outputs.mirrorsFolders {
      for path in [outputs.rows, outputs.overlay, outputs.thumbnails].compactMap(\.self) {
        try makeFolder(above: path)
      }
    }
    return nil
  }

  private func leaveOut(_ run: TrackRun, _ outputs: TrackOutputs) throws -> Outcome? {
    switch check(run, outputs).look() {
    case .make(let replaces):
      run.force = command.force || replaces
      return nil
    case .done(let witness):
      if let picture = command.picture, access(picture, F_OK) != 0 {
        run.force = true
        return nil
      }
      return done(run, witness)
    case .elsewhere: return elsewhere(run)
    case .refused(let reason):
      guard command.force else { throw OtherTable(input: run.input, reason: reason) }
      return nil
    }
  }

  private func check(_ run: TrackRun, _ outputs: TrackOutputs) -> DoneCheck {
    DoneCheck(outputs: outputs, input: run.witness, wanted: wanted, recipe: recipe)
  }

  private func done(_ run: TrackRun, _ witness: DoneCheck.Witness) -> Outcome {
    if command.input.count == 1, !command.quiet {
      Terminal.say("\(run.input): done before, \(run.path) is left as it is")
    }
    // What was wrong with the input is wrong with it still.
    let isUnsound = command.damage.strict ? witness.isDamaged : witness.endedEarly
    return Outcome(
      status: isUnsound ? Terminal.endedEarly : .success, kind: .done,
      rows: witness.counts.rowsWritten, frames: witness.counts.framesRead,
      mediaSeconds: witness.times.mediaSeconds, endedEarly: witness.endedEarly)
  }

  private func elsewhere(_ run: TrackRun) -> Outcome {
    if command.input.count == 1, !command.quiet {
      Terminal.say("\(run.input): another run is working on it (\(run.path))")
    }
    return Outcome(status: .success, kind: .elsewhere)
  }

  /// Opens the rows' writer, and with --skip-done looks again when nobody else can come between:
  /// another run may have made the table since the first look.
  func claim(_ run: TrackRun, of input: String, _ open: () throws -> CSVWriter) throws {
    guard command.batch.skipDone, !OutputCheck.isStream(run.path) else {
      run.writer = try open()
      return
    }
    let outputs = run.outputs
    do {
      let writer = try open()
      if run.force, command.picture == nil, case .done(let witness) = check(run, outputs).look() {
        writer.discard()
        throw LeftOut(outcome: done(run, witness))
      }
      run.writer = writer
    } catch RecordingError.inUse {
      throw LeftOut(outcome: elsewhere(run))
    } catch RecordingError.alreadyExists {
      guard let outcome = try leaveOut(run, outputs) else {
        // Made, and taken away again or changed meanwhile.
        run.writer = try open()
        return
      }
      throw LeftOut(outcome: outcome)
    }
  }

  /// Says where an input was replaced or changed while it was read, and notes it for the report.
  func sayChange(of run: TrackRun) -> Bool {
    guard let witness = run.witness, InputWitness(of: run.name) != witness else { return false }
    run.sourceFacts?.changed = true
    Terminal.complain(
      "\(run.input) was replaced or changed while it was read: its rows may be of either, "
        + "and it does not count as done")
    return true
  }

  private func makeFolder(above path: String) throws {
    let bytes = SystemName.bytes(path)
    guard let end = bytes.lastIndex(of: slash) else { return }
    let folder = SystemName.text(bytes[..<end])
    guard SystemName.makeFolders(folder) else {
      throw RecordingError.system(operation: "make the folder", path: folder, code: errno)
    }
  }
}
