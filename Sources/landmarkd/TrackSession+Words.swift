import Pictures
import Recording
import Session
import VideoInput

extension RunReport.Counts {
  /// What was met while reading.
  mutating func add(_ source: SourceReport) {
    decodeErrors = source.decodeErrors
    corruptPackets = source.corruptPackets
    damagedFrames = source.damagedFrames
    lostFrames = source.lostFrames
    missingTimestamps = source.missingTimestamps
    repeatedTimestamps = source.repeatedTimestamps
    disorderedTimestamps = source.disorderedTimestamps
    wildTimestamps = source.wildTimestamps
    resolutionChanges = source.resolutionChanges
    recordingsJoined = source.recordingsJoined
  }
}

/// Says that a recorded input ended before what it promised, where it did.
func sayEarlyEnd(of input: String, _ report: SourceReport) {
  guard report.endedEarly else { return }
  Terminal.complain(
    "\(input) ended early: \(report.endedEarlyReason ?? "data is missing at its end")")
}

/// Says where the rows of a run that failed are, and how many there were no room or no reader for.
func sayRows(_ writer: RowFile, _ origin: String, in place: String?) {
  if writer.rowsWritten > 0, place != nil || writer.rowsLost > 0 {
    let verb = place == nil ? "went to" : "are in"
    Terminal.complain("\(writer.rowsWritten) rows\(origin) \(verb) \(place ?? writer.name)")
  }
  if writer.rowsLost > 0 {
    Terminal.complain("\(writer.rowsLost) rows\(origin) are lost: they could not be written")
  }
}

extension Interruption {
  /// Whether an output failed because the run is to end and nobody reads it.
  func isBehind(_ error: any Error) -> Bool {
    guard isInterrupted else { return false }
    switch error {
    case RecordingError.notRead, PicturesError.file(.notRead): return true
    default: return false
    }
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
