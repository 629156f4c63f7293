import Recording
import Session

extension OutputConfiguration {
  private typealias Own = ServiceSettings

  /// The output of a node; nil where it is wrong, with the reason in `list`. `stream` is nil where
  /// the stream has no right name, `landmarkCount` where it has the model that is part of the program
  /// or one that cannot be used.
  static func read(
    _ node: ConfigurationNode, _ path: String, _ list: MistakeList, stream: String?,
    landmarkCount: Int?, _ context: StreamReading
  ) -> OutputConfiguration? {
    // The keys that are known depend on the kind.
    guard let kind = kind(of: node, path, list),
      let section = ConfigurationSection(
        node, path: path, keys: Own.table.keys(of: kind.place), list: list)
    else { return nil }
    let columns = section.read(Settings.columns)
    switch kind {
    case .csv:
      return LogFileSettings(reading: section, stream, context)
        .map { .csv($0, columns: columns ?? ColumnGroup.standard) }
    case .ndjson:
      return readTarget(section, stream, context)
        .map { .ndjson($0, columns: columns ?? ColumnGroup.standard) }
    case .osc: return readOSC(section, columns)
    case .openSeeFace:
      if let landmarkCount, landmarkCount != OpenSeeFaceSender.landmarkCount {
        section.complain(
          Own.type.key,
          "is \(kind.rawValue), and the stream's model has \(landmarkCount) landmarks",
          expected: "a model of \(OpenSeeFaceSender.landmarkCount) landmarks, or another output")
      }
      return .openSeeFace(
        host: section.value(Own.openSeeFaceHost),
        port: section.value(Own.openSeeFacePort),
        faceID: section.value(Own.faceID))
    }
  }

  private static func readOSC(
    _ section: ConfigurationSection, _ columns: Set<ColumnGroup>?
  ) -> OutputConfiguration? {
    let host = section.require(Own.host)
    let port = section.value(Own.oscPort)
    let prefix = section.value(Own.prefix)
    guard let host else { return nil }
    do {
      return .osc(
        try OSCSettings(
          host: host, port: port, prefix: prefix, groups: columns ?? OSCSettings.standardGroups))
    } catch {
      // All was read within its range.
      section.complain(
        Own.type.key, "cannot be used: \(error)", expected: "settings that go together")
      return nil
    }
  }

  private static func kind(
    of node: ConfigurationNode, _ path: String, _ list: MistakeList
  ) -> OutputKind? {
    let format = Own.type.format
    let typePath = ConfigurationSection.join(path, Own.type.key)
    switch node.value {
    case .unusable: return nil
    case .mapping(let entries):
      guard let entry = entries.last(where: { $0.key == Own.type.key }) else {
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
    let (path, socket, stdout) = (Own.path.key, Own.socket.key, Own.stdout.key)
    let places = [path, socket, stdout].filter { section.has($0) }
    guard places.count == 1 else {
      section.complain(
        places.last ?? path, places.isEmpty ? "is missing" : "goes to more than one place",
        expected: "one of \(path), \(socket) and \(stdout)")
      return nil
    }
    if places == [path] {
      return LogFileSettings(reading: section, stream, context).map { .files($0) }
    }
    for key in [Own.rotateEvery.key, Own.rotateSize.key, Own.flushEvery.key, Own.fsync.key]
    where section.has(key) {
      section.complain(key, "is about files", expected: "it only beside \(path)")
    }
    if places == [stdout] {
      guard section.read(Own.stdout) != nil else { return nil }
      context.claim(
        stdout, as: "target", section, stdout, expected: "one output to standard output")
      return .standardOutput
    }
    guard let file = section.read(Own.socket) else { return nil }
    context.claim(file: file, section, socket, expected: "a socket of its own")
    return .socket(path: file)
  }
}

extension LogFileSettings {
  /// nil where the path is missing or anything is wrong with it.
  init?(
    reading section: ConfigurationSection, _ stream: String?, _ context: StreamReading
  ) {
    let path = ServiceSettings.path
    let pattern = section.require(path)
    let every = section.read(ServiceSettings.rotateEvery)
    let size = section.value(ServiceSettings.rotateSize)
    let flush = section.value(ServiceSettings.flushEvery)
    let fsync = section.value(ServiceSettings.fsync)
    guard let pattern else { return nil }
    // Without a name of its own the stream cannot be said to share a file.
    if let stream {
      context.claim(
        file: pattern.replacing("{stream}", with: stream), section, path.key,
        expected: "files of its own; {stream} stands for the stream's name")
    }
    do {
      // A wrong period counts as none: what else is wrong because of it would be said twice.
      let isGiven = section.has(ServiceSettings.rotateEvery)
      let period = isGiven ? every ?? nil : ServiceSettings.rotateEvery.standard ?? nil
      try self.init(
        pattern: pattern, rotateSeconds: period, rotateBytes: size, flushSeconds: flush,
        fsync: fsync)
    } catch {
      guard case .invalidSetting(_, _, let expected) = error else {
        section.complain(path.key, "cannot be used: \(error)", expected: path.format.expected)
        return nil
      }
      // The other settings were read within their ranges.
      section.complain(
        path.key, "is \(ConfigurationNode.quoted(pattern))", expected: expected)
      return nil
    }
  }
}
