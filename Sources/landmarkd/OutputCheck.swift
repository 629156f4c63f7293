import ArgumentParser
import Glibc
import Pictures
import Recording
import SystemNames
import VideoInput

/// What can be known of the outputs that options name.
extension OutputCheck {
  /// A usage error for a table's name that is a video's or a picture's: what was meant is drawn.
  /// - Parameter hint: what draws.
  static func beTable(_ path: String, hint: String) throws {
    guard let dot = path.lastIndex(of: "."), path[dot...].firstIndex(of: "/") == nil else { return }
    let ending = path[path.index(after: dot)...].lowercased()
    guard VideoWriter.endings.contains(ending) || ["png", "jpg", "jpeg"].contains(ending) else {
      return
    }
    throw ValidationError(
      "-o \(path): the rows are a CSV; \(hint)")
  }

  /// A usage error where one of `outputs`, or the partial it is written as, is one of `inputs`:
  /// --force would destroy what is to be read.
  ///
  /// An input counts with all its files: the images of a folder or a pattern, and standard input's.
  static func keepApart(outputs: [String], inputs: [String]) throws {
    // Only what is there can be lost.
    var written: [FileIdentity: String] = [:]
    for output in outputs {
      let partial = NameBeside.path(of: output, ending: ".partial")
      for found in [file(output), file(partial)].compactMap(\.self) { written[found] = output }
    }
    guard !written.isEmpty else { return }
    for input in inputs {
      for read in filesRead(from: input) {
        guard let output = written[read] else { continue }
        let name = input == "-" ? "standard input" : input
        throw ValidationError("\(output) would be written over \(name), which is to be read")
      }
    }
  }

  private static func filesRead(from input: String) -> [FileIdentity] {
    if input == "-" { return [identity(of: STDIN_FILENO)].compactMap(\.self) }
    return VideoInput.files(of: input).compactMap { file($0) }
  }

  private struct FileIdentity: Hashable {
    var device: UInt
    var node: UInt
  }

  private static func identity(of descriptor: Int32) -> FileIdentity? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return FileIdentity(device: UInt(status.st_dev), node: UInt(status.st_ino))
  }

  /// The regular file that `path` leads to.
  private static func file(_ path: String) -> FileIdentity? {
    var status = stat()
    guard path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return nil
    }
    return FileIdentity(device: UInt(status.st_dev), node: UInt(status.st_ino))
  }
}

/// Makes a folder with those above it; one that is there is fine.
func makeFolder(_ path: String) throws {
  guard SystemName.makeFolders(path) else {
    Terminal.complain("cannot make the folder \(path): \(String(cString: strerror(errno)))")
    throw Terminal.unusable
  }
}
