import Glibc

// The system's calls that take names, for Strings of `SystemName`. A file that imports this module and
// calls one of them with a String has this one: it needs no conversion.

public func open(_ path: String, _ flags: Int32) -> Int32 {
  path.withSystemName { Glibc.open($0, flags) }
}

public func open(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
  path.withSystemName { Glibc.open($0, flags, mode) }
}

public func stat(_ path: String, _ status: UnsafeMutablePointer<Glibc.stat>) -> Int32 {
  path.withSystemName { stat($0, status) }
}

public func lstat(_ path: String, _ status: UnsafeMutablePointer<Glibc.stat>) -> Int32 {
  path.withSystemName { Glibc.lstat($0, status) }
}

public func access(_ path: String, _ mode: Int32) -> Int32 {
  path.withSystemName { Glibc.access($0, mode) }
}

public func rename(_ old: String, _ new: String) -> Int32 {
  old.withSystemName { old in new.withSystemName { Glibc.rename(old, $0) } }
}

public func link(_ old: String, _ new: String) -> Int32 {
  old.withSystemName { old in new.withSystemName { Glibc.link(old, $0) } }
}

@discardableResult
public func unlink(_ path: String) -> Int32 { path.withSystemName { Glibc.unlink($0) } }

public func mkdir(_ path: String, _ mode: mode_t) -> Int32 {
  path.withSystemName { Glibc.mkdir($0, mode) }
}

public func pathconf(_ path: String, _ name: Int32) -> Int {
  path.withSystemName { Glibc.pathconf($0, name) }
}

extension SystemName {
  /// realpath(3): the name without links, "." and ".."; nil, and `errno`, where it leads nowhere.
  public static func realPath(of path: String) -> String? {
    guard let resolved = path.withSystemName({ Glibc.realpath($0, nil) }) else { return nil }
    defer { free(resolved) }
    return SystemName.text(resolved)
  }

  /// The names in a folder but for "." and "..", in the system's order; nil, and `errno`, where it cannot
  /// be read. `isFolder` is what the folder itself says, false where it does not say.
  public static func names(inFolder path: String) -> [(name: String, isFolder: Bool)]? {
    guard let folder = path.withSystemName({ opendir($0) }) else { return nil }
    defer { closedir(folder) }
    var found: [(name: String, isFolder: Bool)] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { characters in
        characters.withMemoryRebound(
          to: CChar.self, capacity: MemoryLayout.size(ofValue: characters.pointee)
        ) { SystemName.text($0) }
      }
      guard name != ".", name != ".." else { continue }
      found.append((name, entry.pointee.d_type == UInt8(DT_DIR)))
    }
    return found
  }

  /// Whether `path` leads to a folder.
  public static func isFolder(_ path: String) -> Bool {
    var status = Glibc.stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Makes a folder with those above it; one that is there is fine. False, and `errno`, where one cannot be
  /// made.
  public static func makeFolders(_ path: String) -> Bool {
    if isFolder(path) { return true }
    var made = path.hasPrefix("/") ? "/" : ""
    for name in path.split(separator: "/") {
      made += name + "/"
      guard mkdir(made, 0o777) != 0 else { continue }
      let failure = errno
      guard failure == EEXIST || failure == EROFS, isFolder(made) else {
        // What is in the way is no folder.
        errno = failure == EEXIST ? ENOTDIR : failure
        return false
      }
    }
    return true
  }

  /// All bytes of a file; nil, and `errno`, where it cannot be read. For small files: it is held as a whole.
  public static func contents(ofFile path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &block, block.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return bytes }
      bytes += block[..<count]
    }
  }
}
