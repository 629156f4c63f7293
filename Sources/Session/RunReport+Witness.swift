import CLNF

/// What a later run asks of a report: was this table made of these bytes, and in this way?
extension RunReport {
  /// The bytes that were read. Of a folder or a pattern of images, those of all its files.
  public struct Source: Codable, Sendable, Equatable {
    public var bytes: Int64
    /// When they were last changed, UTC, with nanoseconds; of several files the latest.
    public var modified: String
    /// Of samples of the contents, with the kind in front: "sha256:...".
    public var digest: String
    /// 1, or the number of images.
    public var files: Int
    /// Whether the input was replaced or changed while it was read: the table is then not done.
    public var changed: Bool

    public init(
      bytes: Int64, modified: String, digest: String, files: Int = 1, changed: Bool = false
    ) {
      self.bytes = bytes
      self.modified = modified
      self.digest = digest
      self.files = files
      self.changed = changed
    }
  }

  public struct Output: Codable, Sendable, Equatable {
    /// The table's length.
    public var bytes: Int64

    public init(bytes: Int64) { self.bytes = bytes }
  }

  /// Settings of a report that change no row: what counts as damage, and the machine's instruction
  /// set, which changes the last digits at most.
  public static let settingsWithoutSay: Set<String> = ["strict", "instruction-set"]

  /// SHA-256 of all that rows depend on beside the input: the settings that have a say, the model,
  /// and the program's version with its commit.
  public var recipe: String {
    var digest = ModelDigest()
    let facts =
      settings.filter { !Self.settingsWithoutSay.contains($0.key) }
      .map { "\($0.key)=\($0.value.text)" }.sorted()
    for fact in ["landmarkd=\(versions["landmarkd"] ?? "")", "model=\(model.checksum)"] + facts {
      digest.add(Array(fact.utf8) + [0])
    }
    return "sha256:" + ModelDigest.hexadecimal(digest.bytes)
  }

  /// What of `recipe` differs from another run's, in words; nil where nothing does.
  public func difference(from other: RunReport) -> String? {
    let (mine, theirs) = (versions["landmarkd"] ?? "", other.versions["landmarkd"] ?? "")
    if mine != theirs { return "made by landmarkd \(mine), this is \(theirs)" }
    if model.checksum != other.model.checksum {
      return "made with another model (\(model.name)), now \(other.model.name)"
    }
    let names = Set(settings.keys).union(other.settings.keys).subtracting(Self.settingsWithoutSay)
    let differing = names.sorted().filter { settings[$0] != other.settings[$0] }
    guard !differing.isEmpty else { return nil }
    let words = differing.prefix(3).map { name in
      "\(name) \(settings[name]?.text ?? "not given"), now \(other.settings[name]?.text ?? "not given")"
    }
    return "made with other settings (\(words.joined(separator: "; ")))"
  }
}

extension ReportValue {
  /// As in a report, in one line.
  public var text: String {
    switch self {
    case .flag(let flag): "\(flag)"
    case .number(let number):
      number == number.rounded() && abs(number) < 1e15
        ? "\(Int(number))" : "\(number)"
    case .text(let text): text
    case .list(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
    }
  }
}
