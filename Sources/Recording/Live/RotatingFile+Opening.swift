import Glibc
import SystemNames

/// Which file a path or descriptor is: two names of one file have the same.
struct FileIdentity: Equatable {
  let device: UInt
  let number: UInt

  init(_ status: stat) {
    device = UInt(status.st_dev)
    number = UInt(status.st_ino)
  }

  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}

extension RotatingFile {
  /// How long before a power failure a file may have been written for the last time and still be torn
  /// by it: systems write back after half a minute unless told otherwise.
  private static let unsafeSeconds = 600

  /// Opens the file for rows of `utcSeconds` that are at least `room` bytes long.
  ///
  /// Of files that have the name, or the name with a counter, the last is gone on with where it is
  /// ours (it begins with the same header) and has room; its torn last line is cut off. Otherwise
  /// the next counter is taken. Throws `inUse` where another writer has the file.
  func openFile(
    at utcSeconds: Double, period: Int64, room: Int
  ) throws(RecordingError) -> OpenFile {
    let begin = plan.rotateSeconds.map { Double(period) * Double($0) } ?? utcSeconds
    let isFirst = !hasOpened
    try makeFolders(of: plan.names.path(at: begin))
    let open = try openByName(begin, period: period, room: room, isFirst: isFirst)
    if isFirst { repairOthers(than: open.path) }
    hasOpened = true
    return open
  }

  private func openByName(
    _ begin: Double, period: Int64, room: Int, isFirst: Bool
  ) throws(RecordingError) -> OpenFile {
    if isFirst, plan.existing != .goOn {
      return try create(plan.names.path(at: begin), period)
    }
    while true {
      let name = plan.names.path(at: begin)
      let known = lastCounter.map { $0.name == name ? $0.counter : 0 } ?? 0
      let counter = Self.firstFree(from: known) {
        exists(plan.names.path(at: begin, counter: $0))
      }
      if counter > 0 {
        let last = plan.names.path(at: begin, counter: counter - 1)
        if let file = try goOn(last, period: period, room: room) {
          lastCounter = (name, counter - 1)
          return file
        }
      }
      do throws(RecordingError) {
        let file = try create(plan.names.path(at: begin, counter: counter), period)
        lastCounter = (name, counter)
        return file
      } catch {
        // Made by someone else between our look and our open: look again.
        guard case .alreadyExists = error else { throw error }
      }
    }
  }

  /// A counter from `first` on that is free and, unless it is `first`, follows one that is taken: the
  /// first free one where none is missing before. Asks a few dozen times however many there are.
  static func firstFree(from first: Int, isTaken: (Int) -> Bool) -> Int {
    guard isTaken(first) else { return first }
    var (taken, step) = (first, 1)
    while isTaken(taken + step) {
      taken += step
      step *= 2
    }
    var free = taken + step
    while free - taken > 1 {
      let middle = taken + (free - taken) / 2
      if isTaken(middle) { taken = middle } else { free = middle }
    }
    return free
  }

  /// Makes a new file with its header. Throws `alreadyExists` unless existing files are replaced.
  private func create(_ path: String, _ period: Int64) throws(RecordingError) -> OpenFile {
    let replaces = plan.existing == .replace && !hasOpened
    let exclusive = replaces ? 0 : O_EXCL
    let descriptor = SystemNames.open(
      path, O_RDWR | O_CREAT | exclusive | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      if errno == EEXIST { throw .alreadyExists(path: path, rows: nil) }
      throw .current("create", path)
    }
    do throws(RecordingError) {
      let status = try lock(descriptor, path)
      if replaces, calls.truncate(descriptor, 0) != 0 { throw .current("create", path) }
      try writeHeader(descriptor, path)
      try synchroniseNew(descriptor, path)
      return OpenFile(
        descriptor: descriptor, path: path, length: plan.header.count, period: period,
        identity: FileIdentity(status), isFresh: true)
    } catch {
      // An empty file, or one with half a header, is of no use to anybody.
      if case .inUse = error {} else if !replaces { unlink(path) }
      _ = Glibc.close(descriptor)
      throw error
    }
  }

  /// Opens an existing file where it is ours and has room; nil where it is to be left alone.
  private func goOn(
    _ path: String, period: Int64, room: Int
  ) throws(RecordingError) -> OpenFile? {
    let descriptor = SystemNames.open(path, O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == EISDIR || errno == ENOENT || errno == ENXIO { return nil }
      throw .current("open", path)
    }
    do throws(RecordingError) {
      let status = try lock(descriptor, path)
      guard let length = try repair(descriptor, path) else {
        _ = Glibc.close(descriptor)
        return nil
      }
      let isFresh = length <= plan.header.count
      if let limit = plan.rotateBytes, !isFresh, length + room > limit {
        _ = Glibc.close(descriptor)
        return nil
      }
      if length == 0 { try writeHeader(descriptor, path) }
      return OpenFile(
        descriptor: descriptor, path: path, length: max(length, plan.header.count),
        period: period, identity: FileIdentity(status), isFresh: isFresh)
    } catch {
      _ = Glibc.close(descriptor)
      if case .notARegularFile = error { return nil }
      throw error
    }
  }

  /// Locks the open file and sees that it is a regular one; what the system says of it.
  private func lock(_ descriptor: Int32, _ path: String) throws(RecordingError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .current("open", path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      // A file system without locks gives another error: go on without.
      throw .inUse(path: path)
    }
    return status
  }

  /// Cuts a torn last line off a file of ours; its length then. nil where it is not ours, which is
  /// left as it is.
  func repair(_ descriptor: Int32, _ path: String) throws(RecordingError) -> Int? {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .current("open", path) }
    let size = Int(status.st_size)
    guard size > 0 else { return 0 }
    let head = try read(descriptor, path, at: 0, min(size, max(1, plan.header.count)))
    guard plan.header.isEmpty ? head.first == plan.firstByte : plan.header.starts(with: head)
    else { return nil }
    let whole = head.count < plan.header.count ? 0 : try wholeLength(descriptor, path, size)
    if whole < size, calls.truncate(descriptor, whole) != 0 {
      throw .current("cut a torn line off", path)
    }
    return whole
  }

  /// Where the last newline ends.
  private func wholeLength(
    _ descriptor: Int32, _ path: String, _ size: Int
  ) throws(RecordingError) -> Int {
    var end = size
    while end > 0 {
      let begin = max(0, end - 4096)
      let block = try read(descriptor, path, at: begin, end - begin)
      if let newline = block.lastIndex(of: UInt8(ascii: "\n")) { return begin + newline + 1 }
      end = begin
    }
    return 0
  }

  private func read(
    _ descriptor: Int32, _ path: String, at offset: Int, _ count: Int
  ) throws(RecordingError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var got = 0
    while got < count {
      let size = bytes.withUnsafeMutableBytes { bytes in
        pread(descriptor, bytes.baseAddress.map { $0 + got }, count - got, offset + got)
      }
      if size < 0 && errno == EINTR { continue }
      guard size > 0 else {
        throw .system(operation: "read", path: path, code: size < 0 ? errno : EIO)
      }
      got += size
    }
    return bytes
  }

  func writeHeader(_ descriptor: Int32, _ path: String) throws(RecordingError) {
    let failure = plan.header.withUnsafeBytes { appendAll($0, to: descriptor).1 }
    guard let failure else { return }
    // All or nothing: the rest of a header would be a torn line.
    _ = calls.truncate(descriptor, 0)
    throw .system(operation: "write", path: path, code: failure)
  }

  /// Makes a new file and its name durable. A folder that cannot be synchronised is no error.
  private func synchroniseNew(_ descriptor: Int32, _ path: String) throws(RecordingError) {
    guard plan.fsync != .never else { return }
    guard calls.synchroniseData(descriptor) == 0 else { throw .current("make durable", path) }
    synchroniseFolder(of: path)
  }

  private func synchroniseFolder(of path: String) {
    let descriptor = SystemNames.open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = calls.synchronise(descriptor)
    _ = Glibc.close(descriptor)
  }

  /// Makes the folders that the path needs.
  private func makeFolders(of path: String) throws(RecordingError) {
    var missing: [String] = []
    var folder = folder(of: path)
    while !exists(folder) {
      missing.append(folder)
      folder = self.folder(of: folder)
    }
    for folder in missing.reversed() {
      guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw .current("create", folder) }
      if plan.fsync != .never { synchroniseFolder(of: folder) }
    }
  }

  /// The folder that a path is in; that of "/" and "." is itself, so that the way up ends.
  private func folder(of path: String) -> String {
    var name = path[...]
    while name.count > 1, name.last == "/" { name.removeLast() }
    guard let slash = name.lastIndex(of: "/") else { return "." }
    return slash == name.startIndex ? "/" : String(name[..<slash])
  }

  private func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// The run before this one may have ended, torn, in a file of an earlier time, and a power failure
  /// may have cost what was written to several: repairs the last that the pattern can have named. What
  /// goes wrong is left alone.
  private func repairOthers(than path: String) {
    guard plan.existing == .goOn, let own = FileIdentity(path: path) else { return }
    for other in plan.names.youngestFiles(within: Self.unsafeSeconds, but: own) {
      let descriptor = SystemNames.open(other, O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if (try? lock(descriptor, other)) != nil, let length = try? repair(descriptor, other),
        length == 0
      {
        try? writeHeader(descriptor, other)
      }
      _ = Glibc.close(descriptor)
    }
  }
}
