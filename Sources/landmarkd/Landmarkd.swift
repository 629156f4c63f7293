import ArgumentParser
import BuildInfo
import Session
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
      TrackCommand.self, FitCommand.self, DetectCommand.self, EvaluateCommand.self,
      InspectCommand.self, ServeCommand.self, ModelCommand.self, DevicesCommand.self,
      VersionCommand.self,
    ])

  static func main() {
    let arguments = ProcessArguments.takeHidingSecrets()
    Terminal.prepare()
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      if let renamed = Self.renamed(in: arguments), exitCode(for: error) == .validationFailure {
        Terminal.say("Error: \(renamed)")
        exit(withError: ExitCode.validationFailure)
      }
      let message = fullMessage(for: error)
      let shown = SystemName.shown(VideoInput.redacted(message: message))
      // What is said of a wrong argument cites it, an address with its password, too.
      guard exitCode(for: error) != .success, shown != message else { exit(withError: error) }
      Terminal.say(shown)
      exit(withError: exitCode(for: error))
    }
  }
}

extension Landmarkd {
  /// What to say where wrong usage is an option's name of earlier versions; nil where it is not.
  private static func renamed(in arguments: [String]) -> String? {
    guard let command = arguments.first else { return nil }
    for argument in arguments.dropFirst() {
      guard argument != "--" else { return nil }
      let option = String(argument.prefix { $0 != "=" })
      if let now = Settings.successor(of: option, in: command) {
        return "\(option) is \(now) now"
      }
    }
    return nil
  }
}

/// As `--version`.
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Say the version.", shouldDisplay: false)

  func run() throws { try Terminal.print(Landmarkd.version) }
}
