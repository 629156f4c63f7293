import Foundation

/// Figures of one run of the benchmarks, as a file and as tables.
struct BenchReport: Codable {
  struct Entry: Codable {
    var group: String
    var name: String
    var value: Double
    var unit: String
  }

  var date: String
  var machine: String
  var instructionSet: String
  var entries: [Entry] = []

  init(instructionSet: String) {
    date = ISO8601DateFormatter().string(from: Date())
    machine = Self.machine
    self.instructionSet = instructionSet
  }

  mutating func add(_ group: String, _ name: String, _ value: Double, _ unit: String) {
    entries.append(Entry(group: group, name: name, value: value, unit: unit))
  }

  /// The processor's name and the number of cores.
  private static var machine: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    return "\(name ?? "unknown processor"), \(ProcessInfo.processInfo.activeProcessorCount) cores"
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(self).write(to: URL(fileURLWithPath: path))
  }

  static func read(_ path: String) throws -> BenchReport {
    try JSONDecoder().decode(
      BenchReport.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Markdown, a table a group; with an older report, its figures and the ratio beside them.
  func tables(against old: BenchReport? = nil) -> String {
    var lines = ["\(machine); \(instructionSet); \(date)"]
    if let old { lines.append("before: \(old.machine); \(old.instructionSet); \(old.date)") }
    var group = ""
    for entry in entries {
      if entry.group != group {
        group = entry.group
        lines.append("\n| \(group) | |" + (old == nil ? "" : " before | now / before |"))
        lines.append("| --- | --- |" + (old == nil ? "" : " --- | --- |"))
      }
      var line = "| \(entry.name) | \(Self.text(entry.value)) \(entry.unit) |"
      if let old {
        let before = old.entries.first { $0.group == entry.group && $0.name == entry.name }
        line += before.map { " \(Self.text($0.value)) \($0.unit) |" } ?? " |"
        let ratio = before.flatMap { $0.value > 0 ? entry.value / $0.value : nil }
        line += ratio.map { String(format: " %.2f |", $0) } ?? " |"
      }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }

  private static func text(_ value: Double) -> String {
    value == 0 ? "0" : String(format: abs(value) >= 100 ? "%.0f" : "%.3g", value)
  }
}

extension [Double] {
  /// The middle value, the upper of the two of an even number; nan without values.
  var median: Double { isEmpty ? .nan : sorted()[count / 2] }
}

/// Times of work that is done over and over.
enum Timing {
  static let clock = ContinuousClock()

  static func milliseconds<Failure: Error>(
    _ work: () throws(Failure) -> Void
  ) throws(Failure) -> Double {
    let start = clock.now
    try work()
    return (clock.now - start) / .milliseconds(1)
  }

  /// The median of `runs` runs of `work`, ms.
  static func median<Failure: Error>(
    runs: Int, _ work: () throws(Failure) -> Void
  ) throws(Failure) -> Double {
    var times: [Double] = []
    for _ in 0..<runs { times.append(try milliseconds(work)) }
    return times.median
  }
}
