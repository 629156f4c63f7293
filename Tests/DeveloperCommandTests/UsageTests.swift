import Testing

/// landmarkd-dev: what is asked for, and what is typed wrong.
@Suite struct UsageTests {
  private let program: Program

  init() throws { program = try Program() }

  static let groups = [
    "train": [
      "all", "experts", "fit-identities", "fit-portraits", "shape", "render", "render-sequence",
      "pack", "verdict",
    ],
    "measure": [
      "detector", "verdict", "convergence", "jitter", "losses", "settings", "cost", "compare",
      "sequence", "returns",
    ],
    "bench": ["run", "frames", "finder"],
  ]
  /// Those that can do without any argument are left out.
  static let wrong =
    groups.filter { $0.key != "bench" }.flatMap { group, names in names.map { [group, $0] } }
    + [["bench", "frames"]]
  static let commands = groups.flatMap { group, names in names.map { [group, $0] } }

  /// The names of a help's list of subcommands.
  private func listed(_ help: Program.Result) throws -> [String] {
    try #require(help.output.split(separator: "SUBCOMMANDS:\n").last)
      .split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
      .filter { !$0.hasPrefix("   ") }.compactMap { $0.split(separator: " ").first }
      .map(String.init)
  }

  private func expectWrongUsage(_ arguments: [String], of command: [String]) throws {
    let run = try program.run(arguments)
    #expect(run.status == 64 && run.output == "", "\(run)")
    #expect(run.errorLines.first?.hasPrefix("Error: ") == true, "\(run)")
    let help = (["landmarkd-dev"] + command + ["--help"]).joined(separator: " ")
    #expect(run.errors.contains("See '\(help)'"), "\(run)")
  }

  @Test func helpListsEveryGroup() throws {
    for arguments in [[], ["--help"], ["-h"], ["help"]] {
      let help = try program.run(arguments)
      #expect(help.status == 0 && help.errors == "")
      #expect(try listed(help) == ["train", "measure", "bench", "settings"])
    }
    for arguments in [["nonsense"], ["--nonsense"]] {
      try expectWrongUsage(arguments, of: [])
    }
  }

  @Test func aVerdictOnLandmarksAloneNeedsScenes() throws {
    let pack = ["train", "pack", "--material", "m", "--definition", "d", "--faces", "f"]
    try expectWrongUsage(
      pack + ["--model", "m", "-o", "o", "--landmarks-only"], of: ["train", "pack"])
  }

  @Test(arguments: groups.keys) func helpListsEverySubcommand(group: String) throws {
    for arguments in [[group, "--help"], [group, "-h"], ["help", group]] {
      let help = try program.run(arguments)
      #expect(help.status == 0 && help.errors == "")
      #expect(help.output.contains("USAGE: landmarkd-dev \(group) <subcommand>"))
      let names = try listed(help).filter { $0 != "(default)" }
      #expect(names == Self.groups[group])
    }
    // What bench does not know are arguments of its default subcommand.
    let command = group == "bench" ? ["bench", "run"] : [group]
    try expectWrongUsage([group, "nonsense"], of: command)
    try expectWrongUsage([group, "--nonsense"], of: command)
  }

  @Test(arguments: commands) func everySubcommandHasHelp(command: [String]) throws {
    let help = try program.run(command + ["--help"])
    #expect(help.status == 0 && help.errors == "")
    #expect(help.output.contains("USAGE: landmarkd-dev \(command.joined(separator: " ")) "))
    #expect(help.output.hasPrefix("OVERVIEW: "))
    try expectWrongUsage(command + ["--nonsense"], of: command)
  }

  @Test(arguments: wrong) func everySubcommandSaysWhatIsMissing(command: [String]) throws {
    try expectWrongUsage(command, of: command)
  }

  @Test(arguments: [
    ["measure", "detector", "folder", "nothing"], ["measure", "detector", "folder", "0"],
    ["measure", "convergence", "folder", "default", "11,x"], ["measure", "compare", "a", "b", "c"],
    ["measure", "settings", "default", "landmarkd"], ["bench", "run", "--runs", "0"],
    ["train", "render", "--material", "m", "--count", "0"],
    ["train", "render", "--material", "m", "--farthest-yaw", "30"],
    ["train", "render", "--material", "m", "--far-share", "2"],
  ])
  func argumentsThatCannotBe(arguments: [String]) throws {
    try expectWrongUsage(arguments, of: Array(arguments.prefix(2)))
  }
}
