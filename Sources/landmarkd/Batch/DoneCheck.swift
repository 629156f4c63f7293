import FoundationEssentials
import Glibc
import Recording
import Session
import SystemNames
import VideoInput

/// Whether an input's table is there, whole, and what would be made now.
///
/// The report is the witness. A table without one, or with one that is about something else, is
/// somebody's: it is replaced with --force alone.
struct DoneCheck {
  enum Verdict {
    /// To be tracked. `replaces`: what is there is known not to be done, and is made anew.
    case make(replaces: Bool)
    case done(Witness)
    /// Another run is writing it.
    case elsewhere
    /// Something else is there: why, in words.
    case refused(String)
  }

  /// What is needed of a report.
  struct Witness: Decodable {
    var source: RunReport.Source?
    var output: RunReport.Output?
    var madeWith: String?
    var counts: RunReport.Counts
    var times: RunReport.Times
    var identities: [RunReport.Identity]
    var endedEarly: Bool
    var endReason: String?

    /// Whether anything of the input was lost, damaged or out of order, as `SourceReport.isDamaged`.
    var isDamaged: Bool {
      endedEarly
        || [
          counts.corruptPackets, counts.decodeErrors, counts.lostFrames, counts.damagedFrames,
          counts.missingTimestamps, counts.repeatedTimestamps, counts.disorderedTimestamps,
          counts.wildTimestamps, counts.resolutionChanges,
        ].contains { $0 > 0 }
    }
  }

  let outputs: TrackOutputs
  /// Of the input as it is now; nil for what cannot be looked at again.
  let input: InputWitness?
  /// A report of the run that would make the table now: settings, model, version.
  let wanted: RunReport
  /// `wanted.recipe`.
  let recipe: String

  private var reportPath: String { RunReport.path(besides: outputs.rows) }

  func look() -> Verdict {
    let rows = outputs.rows
    guard !OutputCheck.isStream(rows) else { return .make(replaces: false) }
    guard let length = Self.length(of: rows) else {
      guard !OutputCheck.isBeingWritten(rows) else { return .elsewhere }
      // The report of a table that was taken away.
      return .make(replaces: Self.witness(SystemName.contents(ofFile: reportPath)) != nil)
    }
    var bytes = SystemName.contents(ofFile: reportPath)
    if bytes == nil {
      // A run that was killed when the table had its name and the report had not.
      switch SettledFile.adopt(
        reportPath, where: { Self.witness($0)?.output?.bytes == length })
      {
      case .published(let adopted): bytes = adopted
      case .inUse: return .elsewhere
      case .none:
        // It may have been published just now.
        bytes = SystemName.contents(ofFile: reportPath)
      }
    }
    guard let bytes else {
      return held ?? .refused("\(rows) is there without \(reportPath), which says how it was made")
    }
    guard let witness = Self.witness(bytes) else {
      return held ?? .refused("\(reportPath) is no report of landmarkd's")
    }
    return held(judge(witness, length, bytes))
  }

  /// What is being replaced is not judged.
  private var held: Verdict? { OutputCheck.isBeingWritten(outputs.rows) ? .elsewhere : nil }

  private func held(_ verdict: Verdict) -> Verdict {
    if case .done = verdict {
      removeSecondName()
      return verdict
    }
    return held ?? verdict
  }

  private func judge(_ witness: Witness, _ length: Int64, _ report: [UInt8]) -> Verdict {
    let rows = outputs.rows
    guard let output = witness.output, let madeWith = witness.madeWith else {
      return .refused("\(rows) was made by an earlier version, which did not say of which bytes")
    }
    guard output.bytes == length else {
      return .refused(
        "\(rows) has \(length) bytes, \(output.bytes) in \(reportPath): it was changed since")
    }
    if witness.source?.changed == true { return .make(replaces: true) }
    // The file may be whole, and its disk or network was not.
    if witness.endedEarly, let reason = witness.endReason, PassingTrouble.isSaid(in: reason) {
      return .make(replaces: true)
    }
    if madeWith != recipe {
      let made = try? JSONDecoder().decode(RunReport.self, from: Data(report))
      return .refused("\(rows) was " + (made?.difference(from: wanted) ?? "made in another way"))
    }
    guard let input, let source = witness.source else {
      return .refused("\(rows) is there, and its input cannot be looked at again")
    }
    if let difference = input.difference(from: source) {
      return .refused("\(rows) was made of another input (\(difference))")
    }
    return hasPictures(witness) ? .done(witness) : .make(replaces: true)
  }

  /// Whether what is drawn is there, too: it is published after the rows.
  private func hasPictures(_ witness: Witness) -> Bool {
    if let overlay = outputs.overlay, Self.length(of: overlay) == nil { return false }
    guard let stem = outputs.thumbnails else { return true }
    return witness.identities.allSatisfy { Self.length(of: "\(stem)-\($0.faceID).png") != nil }
  }

  /// A run that was killed between giving the table its name and taking the partial's away left both.
  private func removeSecondName() {
    let partial = NameBeside.path(of: outputs.rows, ending: ".partial")
    var (one, other) = (stat(), stat())
    guard lstat(partial, &one) == 0, lstat(outputs.rows, &other) == 0, one.st_ino == other.st_ino,
      one.st_dev == other.st_dev
    else { return }
    unlink(partial)
  }

  private static func witness(_ bytes: [UInt8]?) -> Witness? {
    bytes.flatMap { try? JSONDecoder().decode(Witness.self, from: Data($0)) }
  }

  private static func length(of path: String) -> Int64? {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : nil
  }
}
