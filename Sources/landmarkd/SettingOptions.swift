import ArgumentParser
import Session

extension SettingDescription {
  fileprivate var names: NameSpecification {
    var names: [NameSpecification.Element] = [.customLong(key)]
    if let short { names.insert(.customShort(short), at: 0) }
    return NameSpecification(names)
  }

  /// - Parameter words: what a command says in the place of the table's sentences.
  fileprivate func argumentHelp(_ words: String?) -> ArgumentHelp {
    ArgumentHelp(words ?? help, valueName: valueName)
  }
}

extension Option {
  /// The option of a setting; nil where it is not given.
  /// - Parameter help: what a command says of it where that differs from the table's words.
  init<Given>(setting: Setting<Given>, help: String? = nil) where Value == Given? {
    self.init(
      name: setting.description.names, parsing: .unconditional,
      help: setting.description.argumentHelp(help)
    ) { text in try setting.parse(text) }
  }

  /// The option of a setting that must be given.
  init(required setting: Setting<Value>) where Value: Sendable {
    self.init(
      name: setting.description.names, parsing: .unconditional,
      help: setting.description.argumentHelp(nil)
    ) { text in try setting.parse(text) }
  }
}

extension Flag where Value == Bool {
  /// The flag of a setting that is off unless it is given.
  init(wrappedValue: Bool, setting: Setting<Bool>) {
    self.init(
      wrappedValue: wrappedValue, name: setting.description.names,
      help: setting.description.argumentHelp(nil))
  }
}
