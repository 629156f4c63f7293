import CLNF
import Glibc
import Synchronization
import SystemNames

/// The models that streams share: each is loaded once, however many follow faces with it.
/// Thread-safe.
public final class ModelStore: Sendable {
  private struct Entry {
    let model: FaceModel
    /// nil where only the model's bytes tell whether it is still the same.
    let identity: FileIdentity?
  }

  /// By path; "" is the model that is part of the program. Held while a model is loaded, so that
  /// two streams do not load the same.
  private let entries = Mutex<[String: Entry]>([:])

  public init() {}

  /// The model of a path, nil for the one that is part of the program; loaded unless it has been.
  /// - Throws: `ModelError`.
  public func model(at path: String?) throws(ModelError) -> FaceModel {
    try entries.withLock { entries throws(ModelError) in
      if let entry = entries[path ?? ""] { return entry.model }
      return try Self.load(path, into: &entries)
    }
  }

  /// The model of a path as its file is now: the same object while the file is the same.
  /// - Throws: `ModelError`; what was loaded before stays.
  @discardableResult
  public func refresh(_ path: String) throws(ModelError) -> FaceModel {
    try entries.withLock { entries throws(ModelError) in
      guard let entry = entries[path] else { return try Self.load(path, into: &entries) }
      if let identity = entry.identity, identity == FileIdentity(path) { return entry.model }
      let new = try Self.load(path, into: &entries)
      guard new.checksum == entry.model.checksum else { return new }
      // The streams' models are compared as objects.
      entries[path] = Entry(model: entry.model, identity: entries[path]?.identity)
      return entry.model
    }
  }

  /// Lets go of the models of all other paths. Streams that use them keep them.
  public func keepOnly(_ paths: Set<String>) {
    entries.withLock { entries in
      entries = entries.filter { $0.key.isEmpty || paths.contains($0.key) }
    }
  }

  private static func load(
    _ path: String?, into entries: inout [String: Entry]
  ) throws(ModelError) -> FaceModel {
    guard let path else {
      let model = try FaceModel.default()
      entries[""] = Entry(model: model, identity: nil)
      return model
    }
    // Taken before: a file that changes while it is read is then seen as changed.
    let identity = FileIdentity(path)
    let model = try FaceModel.load(path, withParts: false)
    // OpenFace's models are many files; only those in one file are known by it.
    let isOneFile = identity?.size == model.fileSize
    entries[path] = Entry(model: model, identity: isOneFile ? identity : nil)
    return model
  }
}

/// Whether a file is still the one it was.
private struct FileIdentity: Equatable {
  let device, inode, size, seconds, nanoseconds: Int

  /// nil for what is not there or no regular file.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    device = Int(truncatingIfNeeded: status.st_dev)
    inode = Int(truncatingIfNeeded: status.st_ino)
    size = Int(status.st_size)
    // Of the inode: a copy may keep the time of its contents.
    seconds = status.st_ctim.tv_sec
    nanoseconds = status.st_ctim.tv_nsec
  }
}
