import ArgumentParser
import Recording
import Service

/// Writes docs/reference/settings.md (`make settings`).
struct SettingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings",
    abstract: "Write the reference page of all settings, from the table that the program reads.")

  @Argument(help: "The page to write, over one that is there.")
  var page: String

  func run() throws {
    try WholeFile.write(Array(ServiceSettings.table.page.utf8), to: page, force: true)
  }
}
