import Recording

extension OutputConfiguration {
  /// The output of a node; nil where it is wrong, with the reason in `list`. `stream` is nil where
  /// the stream has no right name, `landmarkCount` where it has the model that is part of the program
  /// or one that cannot be used.
  static func read(
    _ node: ConfigurationNode, _ path: String, _ list: MistakeList, stream: String?,
    landmarkCount: Int?, _ context: StreamReading
  ) -> OutputConfiguration? {
    // The keys that are known depend on the type.
    guard let type = type(of: node, path, list),
      let section = ConfigurationSection(
        node, path: path, keys: ["type"] + keys(of: type), list: list)
    else { return nil }
    switch type {
    case .csv:
      let columns = readColumns(section)
      return LogFileSettings(reading: section, stream, context).map { .csv($0, columns: columns) }
    case .ndjson:
      let columns = readColumns(section)
      return readTarget(section, stream, context).map { .ndjson($0, columns: columns) }
    case .osc: return readOSC(section)
    case .openSeeFace:
      if let landmarkCount, landmarkCount != OpenSeeFaceSender.landmarkCount {
        section.complain(
          "type", "is \(type.rawValue), and the stream's model has \(landmarkCount) landmarks",
          expected: "a model of \(OpenSeeFaceSender.landmarkCount) landmarks, or another output")
      }
      return .openSeeFace(
        host: section.read("host", .host) ?? "127.0.0.1",
        port: section.read("port", .integer(1...65535, "a port"))
          ?? OpenSeeFaceSender.defaultPort,
        faceID: section.read("face-id", .integer(0...Int(Int32.max))) ?? 0)
    }
  }

  private static func readOSC(_ section: ConfigurationSection) -> OutputConfiguration? {
    let host = section.require("host", .host)
    let port = section.read("port", .integer(1...65535, "a port")) ?? 9000
    let prefix = section.read("prefix", addressPrefix) ?? "/landmarkd"
    let groups = readColumns(section, unlessGiven: [.pose, .landmarks, .fit])
    guard let host else { return nil }
    do {
      return .osc(try OSCSettings(host: host, port: port, prefix: prefix, groups: groups))
    } catch {
      // All was read within its range.
      section.complain("type", "cannot be used: \(error)", expected: "settings that go together")
      return nil
    }
  }

  private enum Kind: String, CaseIterable {
    case csv, ndjson, osc
    case openSeeFace = "openseeface"
  }

  private static func keys(of kind: Kind) -> [String] {
    switch kind {
    case .csv: LogFileSettings.keys + ["columns"]
    case .ndjson: LogFileSettings.keys + ["socket", "stdout", "columns"]
    case .osc: ["host", "port", "prefix", "columns"]
    case .openSeeFace: ["host", "port", "face-id"]
    }
  }

  private static func type(
    of node: ConfigurationNode, _ path: String, _ list: MistakeList
  ) -> Kind? {
    let format = ValueFormat<Kind>.choice([
      "csv": .csv, "ndjson": .ndjson, "osc": .osc, "openseeface": .openSeeFace,
    ])
    let typePath = ConfigurationSection.join(path, "type")
    switch node.value {
    case .unusable: return nil
    case .mapping(let entries):
      guard let entry = entries.last(where: { $0.key == "type" }) else {
        list.add(node.place, typePath, "is missing", expected: format.expected)
        return nil
      }
      return ConfigurationSection.value(of: entry.value, typePath, format, list)
    case .scalar, .sequence:
      list.add(node.place, path, node.kind, expected: "an output with a type: \(format.expected)")
      return nil
    }
  }

  private static func readTarget(
    _ section: ConfigurationSection, _ stream: String?, _ context: StreamReading
  ) -> NDJSONLog.Target? {
    let places = ["path", "socket", "stdout"].filter { section.has($0) }
    guard places.count == 1 else {
      section.complain(
        places.last ?? "path", places.isEmpty ? "is missing" : "goes to more than one place",
        expected: "one of path, socket and stdout")
      return nil
    }
    if places == ["path"] {
      return LogFileSettings(reading: section, stream, context).map { .files($0) }
    }
    for key in LogFileSettings.keys where key != "path" && section.has(key) {
      section.complain(key, "is about files", expected: "it only beside path")
    }
    if places == ["stdout"] {
      let isTrue = ValueFormat<Bool>("true") { $0 == "true" ? true : nil }
      guard section.read("stdout", isTrue) != nil else { return nil }
      context.claim(
        "stdout", as: "target", section, "stdout", expected: "one output to standard output")
      return .standardOutput
    }
    guard let path = section.read("socket", socketPath) else { return nil }
    context.claim(file: path, section, "socket", expected: "a socket of its own")
    return .socket(path: path)
  }

  /// sun_path has 108 bytes, a zero at its end.
  private static var socketPath: ValueFormat<String> {
    ValueFormat("the path of a Unix socket, at most 107 bytes") { text in
      ValueFormat<String>.isPlainText(text) && text.utf8.count <= 107 ? text : nil
    }
  }

  private static var addressPrefix: ValueFormat<String> {
    ValueFormat("an OSC address such as /landmarkd, of ASCII without spaces and # * , ? [ ] { }") {
      text in
      let isGood = (try? OSCSettings(host: "127.0.0.1", port: 1, prefix: text)) != nil
      return isGood && text.utf8.count <= 128 ? text : nil
    }
  }

  /// `all`, or a list of groups.
  private static func readColumns(
    _ section: ConfigurationSection, unlessGiven: Set<ColumnGroup> = Set(ColumnGroup.allCases)
  ) -> Set<ColumnGroup> {
    let all = Set(ColumnGroup.allCases)
    let names = ColumnGroup.allCases.map(\.rawValue).joined(separator: ", ")
    guard let node = section.node("columns") else { return unlessGiven }
    guard case .sequence(let nodes) = node.value, !nodes.isEmpty else {
      _ = section.read(
        "columns", ValueFormat<Bool>("all, or a list of \(names)") { $0 == "all" ? true : nil })
      return all
    }
    return Set(
      nodes.enumerated().compactMap { index, node in
        ConfigurationSection.value(
          of: node, "\(section.path(of: "columns"))[\(index)]",
          ValueFormat("one of \(names)", ColumnGroup.init(rawValue:)), section.list)
      })
  }
}

extension LogFileSettings {
  static let keys = ["path", "rotate-every", "rotate-size", "flush-every", "fsync"]

  /// nil where the path is missing or anything is wrong with it.
  init?(
    reading section: ConfigurationSection, _ stream: String?, _ context: StreamReading
  ) {
    let pattern = section.require("path", Self.pattern)
    let every = section.read("rotate-every", Self.period.orOff())
    let size = section.read(
      "rotate-size", ValueFormat.size(4096...1_000_000_000_000).orOff())
    let flush = section.read("flush-every", .duration(0...1))
    let fsync = section.read("fsync", Self.policy)
    guard let pattern else { return nil }
    // Without a name of its own the stream cannot be said to share a file.
    if let stream {
      context.claim(
        file: pattern.replacing("{stream}", with: stream), section, "path",
        expected: "files of its own; {stream} stands for the stream's name")
    }
    do {
      // A day a file unless it is said otherwise; nil where it was wrong, which is not said twice.
      let period = section.has("rotate-every") ? every ?? nil : 86_400
      try self.init(
        pattern: pattern, rotateSeconds: period, rotateBytes: size ?? nil,
        flushSeconds: flush ?? 0.5, fsync: fsync ?? .onRotation)
    } catch {
      guard case .invalidSetting(_, _, let expected) = error else {
        section.complain("path", "cannot be used: \(error)", expected: Self.pattern.expected)
        return nil
      }
      // The other settings were read within their ranges.
      section.complain(
        "path", "is \(ConfigurationNode.quoted(pattern))", expected: expected)
      return nil
    }
  }

  private static var pattern: ValueFormat<String> {
    ValueFormat("a file's path, such as rows/{stream}-%Y%m%dT%H%M%SZ.csv") { text in
      ValueFormat<String>.isPlainText(text) && !text.hasSuffix("/") ? text : nil
    }
  }

  private static var period: ValueFormat<Int> {
    let format = ValueFormat.duration(1...31_622_400)
    return ValueFormat(format.expected + ", in whole seconds") { text in
      format.parse(text).flatMap { $0 == $0.rounded() ? Int($0) : nil }
    }
  }

  private static var policy: ValueFormat<FsyncPolicy> {
    let interval = ValueFormat.duration(0.1...3600)
    return ValueFormat("never, on-rotation, always, or \(interval.expected)") { text in
      switch text {
      case "never": .never
      case "on-rotation": .onRotation
      case "always": .always
      default: interval.parse(text).map { .interval(seconds: $0) }
      }
    }
  }
}
