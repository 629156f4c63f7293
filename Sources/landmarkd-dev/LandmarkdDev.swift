import ArgumentParser

/// The developers' program: what landmarkd ships is learned and measured with it.
@main
struct LandmarkdDev: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "landmarkd-dev",
    abstract: "Learns what landmarkd ships, and measures how well and how fast it works.",
    discussion: """
      Exit status: 0 done; 1 something cannot be read, written or used; 64 wrong usage.
      """,
    subcommands: [Train.self, Measure.self, Bench.self, SettingsCommand.self])
}
