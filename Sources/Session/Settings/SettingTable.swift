/// Settings by topic: who has which, and the reference page.
public struct SettingTable: Sendable {
  public let topics: [SettingTopic]

  public init(_ topics: [SettingTopic]) { self.topics = topics }

  public var settings: [SettingDescription] { topics.flatMap(\.settings) }

  /// The keys that a place has: those of the last topic, which is most its own, first.
  public func keys(of place: SettingPlace) -> [String] {
    topics.reversed().flatMap(\.settings).filter { $0.places.contains(place) }.map(\.key)
  }

  /// docs/reference/settings.md, whole.
  public var page: String {
    var lines = [
      "# Settings", "", "Written by `make settings` from the table that the program reads.", "",
      "A command has a setting as the option `--name`; a configuration of `landmarkd serve` has it "
        + "as the key",
      "`name`. Names, ranges and defaults are the same in both.", "",
      "- Times: `500ms`, `30s`, `15m`, `1h`, `7d` or a number of seconds.",
      "- Sizes: `100kB`, `100MB`, `64MiB`, `2GB` or a number of bytes.",
      "- Lists: with commas; in a configuration also as a list, `[320, 240]`.",
      "- An option without a range is a flag; its key is `true` or `false`.", "",
    ]
    for topic in topics {
      lines += ["## \(topic.title)", "", "| name | value | default | of | what |"]
      lines.append("| --- | --- | --- | --- | --- |")
      lines += topic.settings.map(Self.row)
      lines.append("")
    }
    return lines.dropLast().joined(separator: "\n") + "\n"
  }

  private static func row(_ setting: SettingDescription) -> String {
    let short = setting.short.map { ", `-\($0)`" } ?? ""
    let value =
      setting.valueName.isEmpty
      ? "flag" : setting.range.isEmpty ? setting.valueName : unit(setting)
    let standard = setting.valueName.isEmpty ? "off" : setting.standard ?? ""
    let cells = [
      "`\(setting.key)`\(short)", value, standard, places(setting.places), setting.summary,
    ]
    return "| " + cells.map(escaped).joined(separator: " | ") + " |"
  }

  /// The range with the unit where the value's name is one.
  private static func unit(_ setting: SettingDescription) -> String {
    let units = ["px", "Hz", "megapixels"]
    return units.contains(setting.valueName)
      ? "\(setting.range) \(setting.valueName)" : setting.range
  }

  private static func places(_ places: Set<SettingPlace>) -> String {
    let ordered = SettingPlace.allCases.filter(places.contains)
    let commands = ordered.filter(\.isCommand).map { "`\($0.rawValue)`" }
    let keys = ordered.filter { !$0.isCommand }.map { "\($0.rawValue):" }
    return (commands + keys).joined(separator: " ")
  }

  private static func escaped(_ cell: String) -> String {
    cell.replacing("|", with: "\\|").replacing("*", with: "\\*")
  }
}
