/// Who has a setting: a command as an option, a part of the service's configuration as a key.
public enum SettingPlace: String, Sendable, CaseIterable {
  case track, fit, detect, evaluate, inspect, serve
  case http, log
  case stream
  case csv, ndjson, osc, openseeface

  /// Whether it has options; else it has keys.
  public var isCommand: Bool {
    switch self {
    case .track, .fit, .detect, .evaluate, .inspect, .serve: true
    default: false
    }
  }
}

extension Set<SettingPlace> {
  /// The commands that fit faces.
  static let fits: Self = [.track, .fit, .evaluate, .inspect]
  static let fitsAndStream: Self = fits.union([.stream])
  /// The commands that search pictures for faces.
  static let searches: Self = fits.union([.detect])
  static let searchesAndStream: Self = searches.union([.stream])
  static let trackAndStream: Self = [.track, .stream]
  /// What reads recordings from anywhere, and streams.
  static let readsAndStream: Self = [.track, .detect, .stream]
}

/// What people are told of a setting: the help of an option, a row of the reference page.
public struct SettingDescription: Sendable {
  /// The option is `--key`; the configuration's key is the same word.
  public let key: String
  public let short: Character?
  /// What stands for the value in a help: "px"; empty for flags.
  public let valueName: String
  /// "0 to 1"; empty where there is nothing to say.
  public let range: String
  /// What applies without it, in words; nil where nothing does.
  public let standard: String?
  /// Sentences.
  public let summary: String
  public let places: Set<SettingPlace>

  /// The sentences with range and default, as a help shows them.
  public var help: String {
    let facts = [
      range.isEmpty || valueName.isEmpty ? nil : range,
      valueName.isEmpty ? nil : standard.map { "default: \($0)" },
    ].compactMap(\.self)
    return facts.isEmpty ? summary : "\(summary) (\(facts.joined(separator: "; ")))"
  }
}

/// One setting, declared once: options, keys of the configuration, what is said of wrong values and
/// the reference page follow from it.
public struct Setting<Value: Sendable>: Sendable {
  public let description: SettingDescription
  public let format: ValueFormat<Value>
  /// What applies without it, where that is a value.
  public let standard: Value?
  /// What applies for live sources, where that is another one.
  public let liveStandard: Value?

  public var key: String { description.key }

  /// - Parameters:
  ///   - valueName: what stands for the value in a help.
  ///   - words: the default in words, where `standard` does not say it.
  ///   - live: the default of live sources, where it is another one.
  public init(
    _ key: String, _ format: ValueFormat<Value>, _ valueName: String, short: Character? = nil,
    default standard: Value? = nil, live: Value? = nil, words: String? = nil,
    in places: Set<SettingPlace>, _ summary: String
  ) {
    self.format = format
    self.standard = standard
    liveStandard = live
    let told = [standard.map(format.text), live.map { "live \(format.text($0))" }]
      .compactMap(\.self)
    description = SettingDescription(
      key: key, short: short, valueName: valueName, range: format.range,
      standard: words ?? (told.isEmpty ? nil : told.joined(separator: "; ")), summary: summary,
      places: places)
  }

  /// What was given, or the default, which the setting must have.
  public func value(_ given: Value?) -> Value {
    guard let value = given ?? standard else {
      preconditionFailure("\(key) is declared without a default")
    }
    return value
  }

  /// As `value`, for live sources.
  public func liveValue(_ given: Value?) -> Value { given ?? liveStandard ?? value(nil) }

  /// The value that `text` stands for.
  public func parse(_ text: String) throws(WrongValue) -> Value {
    guard let value = format.parse(text) else { throw WrongValue(expected: format.expected) }
    return value
  }
}

extension Setting where Value == Bool {
  /// What is off unless it is said: an option without a value, a key with true or false.
  public init(
    flag key: String, short: Character? = nil, in places: Set<SettingPlace>, _ summary: String
  ) {
    format = .flag
    standard = false
    liveStandard = nil
    description = SettingDescription(
      key: key, short: short, valueName: "", range: format.range, standard: "false",
      summary: summary, places: places)
  }
}

/// A text that is no value of its setting.
public struct WrongValue: Error, Sendable, Equatable, CustomStringConvertible {
  public let expected: String

  public var description: String { "expected \(expected)" }
}

/// Settings that belong together, under one heading of the reference page.
public struct SettingTopic: Sendable {
  public let title: String
  public let settings: [SettingDescription]

  public init(_ title: String, _ settings: [SettingDescription]) {
    self.title = title
    self.settings = settings
  }
}
