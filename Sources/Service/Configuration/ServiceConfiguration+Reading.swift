import FoundationEssentials
import Logging
import Session

extension ServiceConfiguration {
  /// Reads and checks a configuration file.
  ///
  /// Models are loaded through `models`, so that what this takes can be run. Relative paths are
  /// taken from the working folder; secrets from files and `environment`, each time anew. Blocks for
  /// as long as models take to load.
  ///
  /// - Throws: `ConfigurationError` with every mistake that was found.
  public static func load(
    _ path: String, models: ModelStore,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ConfigurationError) -> ServiceConfiguration {
    let list = MistakeList(file: path)
    let root = ConfigurationDocument.read(path, into: list)
    return try read(root, list, StreamReading(models: models, environment: environment))
  }

  /// As `load`, of a file's text; `name` is the file's in messages.
  static func parse(
    _ text: String, name: String, models: ModelStore, environment: [String: String] = [:]
  ) throws(ConfigurationError) -> ServiceConfiguration {
    let list = MistakeList(file: name)
    let root = ConfigurationDocument.parse(text, into: list)
    return try read(root, list, StreamReading(models: models, environment: environment))
  }

  private static func read(
    _ root: ConfigurationNode?, _ list: MistakeList, _ context: StreamReading
  ) throws(ConfigurationError) -> ServiceConfiguration {
    var configuration = ServiceConfiguration(streams: [])
    if let root {
      if root.isEmpty {
        list.add(nil, "", "is empty", expected: "at least one stream under \"streams\"")
      } else if let section = ConfigurationSection(
        root, path: "", keys: ["http", "log", "streams"], list: list)
      {
        configuration = ServiceConfiguration(
          http: HTTPConfiguration(reading: section.section(.http), context.secrets),
          logLevel: section.section(.log)?.read(ServiceSettings.logLevel) ?? .info,
          streams: readStreams(section, context), warnings: list.warnings)
      }
    }
    if let error = list.error { throw error }
    return configuration
  }

  private static func readStreams(
    _ root: ConfigurationSection, _ context: StreamReading
  ) -> [StreamConfiguration] {
    let expected = "a list of streams, each with at least name and source"
    let elements = root.elements("streams", expected: expected)
    if elements.isEmpty, root.node("streams").map({ $0.isEmpty || $0.isEmptyList }) ?? true {
      root.complain("streams", root.has("streams") ? "is empty" : "is missing", expected: expected)
    }
    return elements.compactMap { node, path in
      let section = ConfigurationSection(
        node, path: path, keys: ServiceSettings.table.keys(of: .stream),
        successors: Settings.successorsOfStreamKeys, list: root.list)
      return section.flatMap { StreamConfiguration(reading: $0, context) }
    }
  }
}

/// What streams have to do with each other while they are read.
final class StreamReading {
  let models: ModelStore
  let secrets: SecretSource
  /// What must be there once, with the key that has it first.
  private var owners: [String: String] = [:]

  init(models: ModelStore, environment: [String: String]) {
    self.models = models
    secrets = SecretSource(environment: environment)
  }

  /// Complains where another key has `value` already; `kind` keeps values of different kinds apart.
  func claim(
    _ value: String, as kind: String, _ section: ConfigurationSection, _ key: String,
    expected: String
  ) {
    guard let owner = owner(of: "\(kind) \(value)", section, key) else { return }
    section.complain(
      key, "is \(ConfigurationNode.quoted(value)) as \(owner) is", expected: expected)
  }

  /// Complains where another key leads to the same file or socket, however it is written.
  func claim(file path: String, _ section: ConfigurationSection, _ key: String, expected: String) {
    guard let owner = owner(of: "file \(FilePlace.canonical(path))", section, key) else { return }
    section.complain(
      key, "is \(ConfigurationNode.quoted(path)), the same as \(owner)", expected: expected)
  }

  /// The key that has `value` already; nil where it is this one's now.
  private func owner(
    of value: String, _ section: ConfigurationSection, _ key: String
  ) -> String? {
    if let owner = owners[value] { return owner }
    owners[value] = section.path(of: key)
    return nil
  }
}

extension HTTPConfiguration {
  /// The defaults without a section.
  init(reading section: ConfigurationSection?, _ secrets: SecretSource) {
    let standard = HTTPConfiguration.standard
    guard let section else {
      self = standard
      return
    }
    let address = section.read(ServiceSettings.address) ?? standard.address
    let port = section.read(ServiceSettings.port)
    let token = Self.readToken(section, secrets)
    self.init(
      address: address, port: port ?? standard.port, token: token,
      hosts: section.read(ServiceSettings.hosts) ?? standard.hosts)
    let isLoopback = address == "localhost" || NetworkAddress(address)?.isLoopback == true
    if !isLoopback, self.port != nil, !section.has("token"), !section.has("token-file") {
      section.complain(
        "address",
        "is \(ConfigurationNode.quoted(address)), which others can reach, without a token",
        expected: "a token (http.token), or a loopback address such as 127.0.0.1")
    }
  }

  private static func readToken(
    _ section: ConfigurationSection, _ secrets: SecretSource
  ) -> String? {
    let (token, file) = (ServiceSettings.token, ServiceSettings.tokenFile)
    guard section.has(file) else { return section.read(token) }
    if section.has(token) {
      section.complain(file.key, "is given beside \(token.key)", expected: "one of them")
    }
    guard let text = section.secret(inFileOf: file, secrets) else { return nil }
    if let right = token.format.parse(text) { return right }
    section.complain(
      file.key, "the file's token cannot be used", expected: token.format.expected)
    return nil
  }
}
