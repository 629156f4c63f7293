import Testing

/// landmarkd-train: what is asked for, and what is typed wrong.
@Suite struct TrainUsageTests {
  private let train: Program

  init() throws { train = try Program("landmarkd-train") }

  static let subcommands = [
    "all", "experts", "fit-identities", "fit-smiles", "shape", "render", "render-sequence", "pack",
    "verdict",
  ]

  @Test func helpListsEverySubcommand() throws {
    let help = try train("--help")
    #expect(help.status == 0 && help.errors == "")
    let listed = try #require(help.output.split(separator: "SUBCOMMANDS:\n").last)
      .split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
      .filter { !$0.hasPrefix("   ") }.compactMap { $0.split(separator: " ").first }
    #expect(listed.map(String.init) == Self.subcommands)
  }

  @Test(arguments: subcommands)
  func everySubcommandHasHelpAndRefusesWhatItDoesNotKnow(name: String) throws {
    let help = try train(name, "--help")
    #expect(help.status == 0 && help.errors == "")
    #expect(help.output.contains("USAGE: landmarkd-train \(name) "))
    for arguments in [[name], [name, "--nonsense"]] {
      let wrong = try train.run(arguments)
      #expect(wrong.status == 64 && wrong.output == "", "\(wrong)")
      #expect(wrong.errorLines.first?.hasPrefix("Error: ") == true, "\(wrong)")
      #expect(wrong.errors.contains("landmarkd-train \(name) --help"), "\(wrong)")
    }
  }
}
