import Glibc
import SystemNames
import VideoInput

/// The recorded videos of a folder and those below it.
struct VideoFolder {
  /// Names below the folder, by name: those of a folder before the next folder's.
  private(set) var videos: [[UInt8]] = []
  /// Folders that could not be read, with the system's reason.
  private(set) var unread: [(folder: String, reason: String)] = []

  private let root: String
  private var seen: Set<[UInt]> = []

  /// Extensions of what is taken for a recorded video, in lower case.
  static let extensions: Set<String> = [
    "mp4", "m4v", "mov", "mkv", "avi", "webm", "wmv", "mpg", "mpeg", "mts", "m2ts", "3gp", "3g2",
    "ts", "flv", "ogv", "mxf", "vob", "asf", "dv", "y4m",
  ]

  init(_ path: String) {
    root = path
    read(below: [])
  }

  /// Links are followed. Each folder is read once: a link that leads back ends there.
  private mutating func read(below relative: [UInt8]) {
    let place = Self.path(root, relative)
    var status = stat()
    guard stat(place, &status) == 0, let names = SystemName.names(inFolder: place) else {
      unread.append((place, String(cString: strerror(errno))))
      return
    }
    guard seen.insert([UInt(status.st_dev), UInt(status.st_ino)]).inserted else { return }
    let prefix = relative.isEmpty ? [] : relative + [slash]
    var folders: [[UInt8]] = []
    let entries = names.map { (bytes: SystemName.bytes($0.name), isFolder: $0.isFolder) }
      .filter { $0.bytes.first != UInt8(ascii: ".") }
      .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    for (name, isFolder) in entries {
      let relative = prefix + name
      if isFolder {
        folders.append(relative)
      } else if stat(Self.path(root, relative), &status) == 0 {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: folders.append(relative)
        case S_IFREG where Self.isVideo(name): videos.append(relative)
        default: break
        }
      }
    }
    for folder in folders { read(below: folder) }
  }

  static func path(_ root: String, _ relative: [UInt8]) -> String {
    guard !relative.isEmpty else { return root }
    return root + (root.utf8.last == slash ? "" : "/") + SystemName.text(relative)
  }

  private static func isVideo(_ name: [UInt8]) -> Bool {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return false }
    return extensions.contains(String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased())
  }
}

/// Files by a pattern of the shell (* ? [...]).
enum FilePattern {
  /// Whether `name` is a pattern and no file.
  static func isPattern(_ name: String) -> Bool {
    guard name.utf8.contains(where: { "*?[".utf8.contains($0) }) else { return false }
    return !name.contains("://") && access(name, F_OK) != 0
  }

  /// What `pattern` stands for, by name; empty where nothing has such a name.
  static func files(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard pattern.withSystemName({ glob($0, GLOB_NOSORT, nil, &found) }) == 0 else { return [] }
    var names: [[UInt8]] = []
    for index in 0..<Int(found.gl_pathc) {
      guard let name = found.gl_pathv[index] else { continue }
      names.append(SystemName.bytes(SystemName.text(UnsafePointer(name))))
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }.map { SystemName.text($0) }
  }
}
