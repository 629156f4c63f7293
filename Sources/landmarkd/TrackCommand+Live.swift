import ArgumentParser
import CLNF
import FoundationEssentials
import Glibc
import Session
import SystemNames
import VideoInput

extension TrackCommand {
  /// The live source, where the input is one whatever it answers.
  var liveInput: String? {
    input.first { VideoInput.isLive($0) && !VideoInput.isHTTP($0) }
  }

  /// The one input, where it is by HTTP and answers as live sources do, or not yet.
  func liveByHTTP(_ interruption: Interruption) throws -> String? {
    guard input.count == 1, VideoInput.isHTTP(input[0]) else { return nil }
    do {
      let answer = try VideoInput.answer(
        of: input[0], allowsRedirects: live.allowRedirects,
        deadlineSeconds: Settings.openDeadline.liveValue(reading.openDeadline),
        interruption: interruption)
      guard answer == .live else { return nil }
    } catch let error where error.kind == .interrupted {
      throw Terminal.interrupted
    } catch {
      // A camera may come; a file that is not there is a mistake.
      guard !Self.namesRecording(input[0]) else {
        Terminal.complain(error)
        throw Terminal.unusable
      }
    }
    try checkLiveOptions()
    return input[0]
  }

  private static let recordedExtensions: Set<Substring> = [
    "mp4", "m4v", "mov", "mkv", "avi", "webm", "wmv", "mpg", "mpeg", "mts", "m2ts", "3gp",
  ]

  /// Whether an address ends with a recording's extension.
  static func namesRecording(_ input: String) -> Bool {
    let place = input.prefix { $0 != "?" && $0 != "#" }
    guard let dot = place.lastIndex(of: ".") else { return false }
    return recordedExtensions.contains(place[place.index(after: dot)...].lowercased()[...])
  }

  /// A usage error for what does not go together with a live source, or only with one.
  func checkLive() throws {
    guard let liveInput else {
      // What an address by HTTP is, its answer tells.
      if let option = live.given, let first = input.first,
        !input.contains(where: VideoInput.isHTTP)
      {
        throw ValidationError(
          "\(option) is for live sources; \(VideoInput.redacted(first)) is none")
      }
      return
    }
    guard input.count == 1 else {
      throw ValidationError(
        "\(VideoInput.redacted(liveInput)) is a live source and does not end; track it alone")
    }
    try checkLiveOptions()
  }

  private func checkLiveOptions() throws {
    let unfit = [
      (Settings.start.key, range.start != 0), (Settings.every.key, range.every != 1),
      (Settings.picture.key, picture != nil), (Settings.overlay.key, overlay.overlay != nil),
      (Settings.overlayDir.key, overlay.overlayDir != nil),
      (Settings.thumbnails.key, written.thumbnails != nil),
      (Settings.strict.key, damage.strict),
      (Settings.decoderThreads.key, speed.decoderThreads != nil),
      (Settings.jobs.key, speed.jobs != nil),
      (Settings.allowPlaylists.key, stream.allowPlaylists),
      (Settings.videoStream.key, stream.videoStream != nil),
    ]
    if let option = batch.given {
      throw ValidationError("--\(option) is for recorded inputs, not for live sources")
    }
    for (option, isGiven) in unfit where isGiven {
      throw ValidationError("--\(option) is for recorded inputs, not for live sources")
    }
    _ = try live.settings(
      model.greyConversion, reading, largest: try pictures.largest(.live))
  }

  func follow(
    _ source: String, to path: String, _ faceModel: FaceModel, _ interruption: Interruption
  ) throws -> ExitCode {
    let track: LiveTrack
    do {
      track = try LiveTrack(
        self, input: source, output: path, model: faceModel, interruption: interruption)
    } catch let status as ExitCode {
      throw status
    } catch {
      Terminal.complain(error)
      throw Terminal.unusable
    }
    return track.follow()
  }

  /// The last part of a live source's address that may be shown: "video0", "stream"; its host where
  /// that is all.
  static func liveStem(of input: String) -> String {
    let address = VideoInput.redacted(input).prefix { $0 != "?" && $0 != "#" }
    let place = address.firstRange(of: "://").map { address[$0.upperBound...] } ?? address
    let parts = place.split(separator: "/").filter { $0 != "..." }
    let name = parts.count > 1 ? parts.last : parts.first?.split(separator: ":").first
    return name.map(String.init) ?? "track"
  }

  /// An address with the values of the variables that it names (`${NAME}`), percent-encoded, so that
  /// a password need not stand in the command's line.
  static func withVariables(_ input: String) throws -> String {
    guard input.contains("${"), access(input, F_OK) != 0 else { return input }
    do throws(AddressSecretError) {
      return try SourceAddress.expanding(
        input, environment: ProcessInfo.processInfo.environment
      ).secretText
    } catch {
      throw ValidationError("cannot use \(VideoInput.redacted(input)): \(error)")
    }
  }
}
