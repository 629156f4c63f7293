import Foundation
import Service
import Session
import Testing

/// Commands have the options that the table of settings says, and no others.
@Suite struct SettingOptionTests {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  @Test(arguments: SettingPlace.allCases.filter(\.isCommand))
  func optionsAreTheTable(place: SettingPlace) throws {
    let dump = try Command.run([place.rawValue, "--experimental-dump-help"], in: folder)
    #expect(dump.status == 0)
    let description = try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8))
    let options = (description.command.arguments ?? []).filter { $0.kind != "positional" }
    var names: [String: Set<String>] = [:]
    for option in options {
      let long = try #require(option.names?.first { $0.kind == "long" }?.name)
      names[long] = Set((option.names ?? []).filter { $0.kind == "short" }.map(\.name))
      #expect(option.shouldDisplay, "\(long) is hidden")
    }
    names["help"] = nil
    names["version"] = nil
    let table = ServiceSettings.table.settings.filter { $0.places.contains(place) }
    #expect(Set(names.keys) == Set(table.map(\.key)))
    for setting in table {
      #expect(names[setting.key] == Set(setting.short.map { [String($0)] } ?? []))
    }
  }

  /// What people need first stands first; limits that experts set stand last.
  @Test func whatPeopleNeedStandsFirst() throws {
    let help = try Command.run(["track", "--help"], in: folder).output
    let sections = help.split(separator: "\n").filter { line in
      line.hasSuffix(":") && line.first?.isLetter == true && line == line.uppercased()
    }
    #expect(
      sections == [
        "ARGUMENTS:", "OUTPUT:", "MANY INPUTS:", "FACE:", "TIME:", "SMOOTHING:", "CAMERA:",
        "INPUT:",
        "LIVE SOURCES:", "MODEL:", "SPEED:", "LIMITS OF BELIEF, FOR EXPERTS:", "OPTIONS:",
      ])
  }

  private struct Dump: Decodable {
    let command: CommandDump

    struct CommandDump: Decodable { let arguments: [ArgumentDump]? }

    struct ArgumentDump: Decodable {
      let kind: String
      let shouldDisplay: Bool
      let names: [Name]?
    }

    struct Name: Decodable {
      let kind: String
      let name: String
    }
  }
}
