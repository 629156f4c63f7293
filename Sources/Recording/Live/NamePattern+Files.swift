import Glibc
import SystemNames

extension NamePattern {
  /// The regular files that the pattern can have named, at any time and with any counter, and that
  /// were written last: the youngest, and those at most `seconds` older. Looks at all there are, a
  /// few microseconds a file.
  /// - Parameter own: a file that does not count.
  func youngestFiles(within seconds: Int, but own: FileIdentity) -> [String] {
    var files: [(path: String, seconds: Int)] = []
    visitFiles(in: components[...], of: "") { path, status in
      if FileIdentity(status) != own { files.append((path, status.st_mtim.tv_sec)) }
    }
    let youngest = files.map(\.seconds).max() ?? 0
    return files.filter { youngest - $0.seconds <= seconds }.map(\.path)
  }

  /// Goes into the folders that the parts of the path name, and takes the files of the last.
  /// - Parameter folder: empty for the working folder, or with a slash at its end.
  private func visitFiles(
    in parts: ArraySlice<[Piece]>, of folder: String, _ visit: (String, stat) -> Void
  ) {
    guard let part = parts.first else { return }
    let rest = parts.dropFirst()
    if !rest.isEmpty, let name = Self.fixedName(part) {
      return visitFiles(in: rest, of: "\(folder)\(name)/", visit)
    }
    for name in Self.names(in: folder) {
      let path = folder + name
      guard rest.isEmpty else {
        if Self.matches(folderName: name, part) { visitFiles(in: rest, of: path + "/", visit) }
        continue
      }
      var status = stat()
      guard matches(fileName: name), stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG
      else { continue }
      visit(path, status)
    }
  }

  /// What a part without times is; nil for others.
  private static func fixedName(_ part: [Piece]) -> String? {
    var name = ""
    for piece in part {
      guard case .text(let text) = piece else { return nil }
      name += text
    }
    return name
  }

  /// What is in a folder; nothing where it cannot be read.
  private static func names(in folder: String) -> [String] {
    SystemName.names(inFolder: folder.isEmpty ? "." : folder)?.map(\.name) ?? []
  }
}
