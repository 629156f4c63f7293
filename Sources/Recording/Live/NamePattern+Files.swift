import Glibc

extension NamePattern {
  /// The regular file written last of those that the pattern can have named, at any time and with any
  /// counter; nil without one. Looks at each of them, a few microseconds a file.
  /// - Parameter but: a file that does not count.
  func youngestFile(but own: FileIdentity) -> String? {
    var youngest: (path: String, seconds: timespec)?
    visitFiles(in: components[...], of: "") { path, status in
      guard FileIdentity(status) != own else { return }
      let time = status.st_mtim
      if let found = youngest?.seconds,
        (found.tv_sec, found.tv_nsec) > (time.tv_sec, time.tv_nsec)
      {
        return
      }
      youngest = (path, time)
    }
    return youngest?.path
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
    guard let directory = opendir(folder.isEmpty ? "." : folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}
