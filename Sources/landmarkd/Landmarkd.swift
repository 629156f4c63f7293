import ArgumentParser
import BuildInfo
import SystemNames
import VideoInput

@main
struct Landmarkd: ParsableCommand {
  /// As people and reports are told it.
  static let version = BuildInfo.text

  static let configuration = CommandConfiguration(
    commandName: "landmarkd",
    abstract:
      "Follows faces through video: 68 landmarks, head pose and confidence for every frame.",
    discussion: """
      Exit status: 0 done; 1 an input, a model or an output cannot be used; 2 an input ended \
      before what it promised; 64 wrong usage; 78 a configuration cannot be \
      used; 130 interrupted (live: 0).
      """,
    version: version,
    subcommands: [
      TrackCommand.self, FitCommand.self, EvaluateCommand.self, InspectCommand.self,
      ServeCommand.self, ModelCommand.self, DevicesCommand.self, VersionCommand.self,
    ])

  static func main() {
    let arguments = ProcessArguments.takeHidingSecrets()
    Terminal.prepare()
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      let message = fullMessage(for: error)
      let shown = SystemName.shown(VideoInput.redacted(message: message))
      // What is said of a wrong argument cites it, an address with its password, too.
      guard exitCode(for: error) != .success, shown != message else { exit(withError: error) }
      Terminal.say(shown)
      exit(withError: exitCode(for: error))
    }
  }
}

/// As `--version`.
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Say the version.", shouldDisplay: false)

  func run() throws { try Terminal.print(Landmarkd.version) }
}
