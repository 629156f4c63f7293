import Glibc
import SystemNames

/// A file that appears under its name only when it is whole.
///
/// Bytes go to NAME.partial, which is locked (flock) for as long as it is written; `publish` makes
/// them durable and gives them their name. `-` is standard output; a name that already belongs to
/// a character device or a pipe is written straight to, without a partial. One thread at a time.
package final class OutputFile {
  /// What messages call the destination.
  package let path: String
  /// Where the bytes are until they are published; nil for standard output, devices and pipes.
  package let partialPath: String?
  /// Bytes that were written; after a `seek` where the next byte goes.
  package private(set) var length = 0
  private let replaces: Bool
  private let calls: FileCalls
  /// -1 when closed.
  private var descriptor: Int32
  /// Whether a reader may keep us waiting: a pipe, a terminal, a socket, a device.
  private let hasReader: Bool
  private let isStandardOutput: Bool

  /// Makes the file ready to be written.
  ///
  /// Throws `alreadyExists` where the name is taken and `force` is not set, `inUse` where another
  /// writer holds the partial, and `system` for what the system refuses. A partial that nobody
  /// holds is what an interrupted run left: it is no result, and is written over.
  package init(_ path: String, force: Bool, calls: FileCalls = FileCalls()) throws(RecordingError) {
    replaces = force
    self.calls = calls
    isStandardOutput = path == "-"
    self.path = isStandardOutput ? "standard output" : path
    guard !isStandardOutput else {
      descriptor = calls.standardOutput
      partialPath = nil
      var status = stat()
      hasReader = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
      return
    }
    guard !path.isEmpty else { throw .system(operation: "create", path: "''", code: ENOENT) }
    guard !path.hasSuffix("/") else { throw .system(operation: "create", path: path, code: EISDIR) }
    switch try Self.kind(of: path) {
    case .none: break
    case S_IFCHR, S_IFIFO:
      partialPath = nil
      hasReader = true
      descriptor = try calls.patience.open(path)
      return
    case S_IFDIR: throw .system(operation: "create", path: path, code: EISDIR)
    case S_IFREG, S_IFLNK:
      guard force else { throw .alreadyExists(path: path, rows: nil) }
    default: throw .notARegularFile(path: path)
    }
    hasReader = false
    let partial = NameBeside.path(of: path, ending: ".partial")
    partialPath = partial
    descriptor = try Self.openLocked(partial, calls)
    // Whoever held the partial before may have published it between our look and our lock.
    if !force, try Self.kind(of: path) != nil {
      discard()
      throw .alreadyExists(path: path, rows: nil)
    }
  }

  deinit { close() }

  /// Writes all of `bytes`. After an error `length` says how much of them is in the file.
  ///
  /// A reader that has gone away is an error here (EPIPE), not a signal. One that takes nothing is
  /// waited for as long as `ReaderPatience` says, then the error is `notRead`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if hasReader && !calls.patience.waitForRoom(descriptor) { throw .notRead(path: path) }
      let piece = hasReader ? rest.prefix(ReaderPatience.pieceSize) : rest
      let written = calls.write(descriptor, UnsafeRawBufferPointer(rebasing: piece))
      if written >= 0 {
        length += written
        rest = rest.dropFirst(written)
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN where hasReader: continue
      default: throw .current("write", partialPath ?? path)
      }
    }
  }

  /// Takes back what was written after the first `length` bytes; only where there is a partial.
  func truncate(to length: Int) {
    guard partialPath != nil, ftruncate(descriptor, length) == 0 else { return }
    _ = lseek(descriptor, length, SEEK_SET)
    self.length = length
  }

  /// Moves to byte `offset`, where the next bytes go; false where there is no partial.
  package func seek(to offset: Int) -> Bool {
    guard partialPath != nil, lseek(descriptor, offset, SEEK_SET) == offset else { return false }
    length = offset
    return true
  }

  /// Makes the bytes durable as the partial, which stays open and locked.
  package func settle() throws(RecordingError) { try synchronise() }

  /// Makes the bytes durable under their name and closes the file.
  ///
  /// Throws `alreadyExists` where the name was taken meanwhile, `system` where the disk is full
  /// (which some file systems only say here). The partial then stays.
  package func publish() throws(RecordingError) {
    defer { close() }
    try synchronise()
    guard let partialPath else { return }
    // The lock goes only with the last descriptor, after the new name is there.
    try replaces ? rename(partialPath) : claimName(for: partialPath)
    try synchroniseFolder()
  }

  /// Makes the bytes durable as the partial and closes the file.
  package func leave() throws(RecordingError) {
    defer { close() }
    try synchronise()
  }

  /// Removes the partial and closes the file.
  package func discard() {
    if let partialPath, descriptor >= 0 { unlink(partialPath) }
    close()
  }

  package func close() {
    if descriptor >= 0 && !isStandardOutput { _ = Glibc.close(descriptor) }
    descriptor = -1
  }

  private func synchronise() throws(RecordingError) {
    let name = partialPath ?? path
    // Pipes and terminals have nothing to synchronise: EINVAL, or EROFS on old kernels.
    if calls.synchronise(descriptor) != 0
      && !(partialPath == nil && [EINVAL, EROFS].contains(errno))
    {
      throw .current("write", name)
    }
    // Network file systems may report a full disk at close. Closing a copy asks them, and keeps
    // the lock.
    let copy = dup(descriptor)
    guard copy >= 0, Glibc.close(copy) == 0 else { throw .current("close", name) }
  }

  private func rename(_ partialPath: String) throws(RecordingError) {
    guard SystemNames.rename(partialPath, path) == 0 else { throw .current("create", path) }
  }

  /// Gives the partial its name only if nobody has it: link fails where rename would replace.
  private func claimName(for partialPath: String) throws(RecordingError) {
    if link(partialPath, path) == 0 {
      unlink(partialPath)
      return
    }
    switch errno {
    case EEXIST: throw .alreadyExists(path: path, rows: partialPath)
    case EPERM, EOPNOTSUPP, ENOSYS, EMLINK:
      // A file system without hard links (FAT): look, then rename.
      guard try Self.kind(of: path) == nil else {
        throw .alreadyExists(path: path, rows: partialPath)
      }
      try rename(partialPath)
    default: throw .current("create", path)
    }
  }

  /// Makes the new name durable. A folder that cannot be opened or synchronised is no error: the
  /// file itself is whole and has its name.
  private func synchroniseFolder() throws(RecordingError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folderDescriptor >= 0 else { return }
    defer { _ = Glibc.close(folderDescriptor) }
    guard fsync(folderDescriptor) == 0 || errno != EIO else { throw .current("write", folder) }
  }

  /// The S_IF... type that `path` itself has; nil where there is nothing. A link that leads to a
  /// device or pipe (/dev/stdout) counts as what it leads to.
  private static func kind(of path: String) throws(RecordingError) -> mode_t? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw .current("create", path)
    }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFLNK, stat(path, &status) == 0 else { return kind }
    let target = status.st_mode & S_IFMT
    return target == S_IFCHR || target == S_IFIFO || target == S_IFDIR ? target : kind
  }

  /// Opens and locks the partial and empties it.
  private static func openLocked(
    _ partial: String, _ calls: FileCalls
  ) throws(RecordingError) -> Int32 {
    while true {
      // Without O_TRUNC: it may be another run's until the lock is ours. O_NONBLOCK: not to wait
      // for the reader of a pipe of that name.
      let descriptor = open(
        partial, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw .current("create", partial) }
      calls.openedPartial()
      do throws(RecordingError) {
        if try lock(descriptor, partial) { return descriptor }
      } catch {
        _ = Glibc.close(descriptor)
        throw error
      }
      _ = Glibc.close(descriptor)
    }
  }

  /// Locks and empties the open partial; false where the file under that name is another one by
  /// now, because its writer published it between our open and our lock.
  private static func lock(_ descriptor: Int32, _ partial: String) throws(RecordingError) -> Bool {
    var opened = stat()
    guard fstat(descriptor, &opened) == 0 else { throw .current("create", partial) }
    guard opened.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: partial) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK { throw .inUse(path: partial) }
      // A file system without locks: go on without.
    }
    var named = stat()
    guard lstat(partial, &named) == 0, named.st_ino == opened.st_ino, named.st_dev == opened.st_dev
    else { return false }
    // A run that was killed between giving the name and taking the old one away left both: emptying
    // one would empty the result.
    guard opened.st_nlink < 2 else {
      unlink(partial)
      return false
    }
    guard ftruncate(descriptor, 0) == 0 else { throw .current("create", partial) }
    return true
  }
}
