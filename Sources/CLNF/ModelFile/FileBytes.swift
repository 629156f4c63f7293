import Glibc
import SystemNames

#if canImport(Glibc)
  import Glibc
#endif

/// A whole file in memory.
enum FileBytes {
  /// No model file is larger; what is larger is not read.
  static let largestFile = 1 << 30

  /// Whether the file begins with `magic`.
  static func begins(_ path: String, with magic: [UInt8]) throws(ModelError) -> Bool {
    try read(path, atMost: magic.count) == magic
  }

  /// The file's bytes, or its first `limit`.
  static func read(_ path: String, atMost limit: Int = .max) throws(ModelError) -> [UInt8] {
    try load(path, atMost: limit).withBytes { Array($0) }
  }

  /// The same in memory that can be shared.
  static func load(_ path: String, atMost limit: Int = .max) throws(ModelError) -> ModelBytes {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, "cannot be opened") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path, "cannot be examined") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ModelError(file: path, reason: "is not a regular file; expected a model file")
    }
    guard status.st_size <= largestFile else {
      throw ModelError(
        file: path, reason: "has \(status.st_size) bytes; a model file has at most \(largestFile)")
    }
    let size = min(limit, Int(status.st_size))
    return try ModelBytes(count: size) { memory throws(ModelError) in
      var filled = 0
      while filled < size {
        let count = Glibc.read(
          descriptor, memory.baseAddress.map { $0 + filled }, size - filled)
        if count < 0 {
          if errno == EINTR { continue }
          throw failure(path, "cannot be read")
        }
        if count == 0 { break }
        filled += count
      }
      return filled
    }
  }

  private static func failure(_ path: String, _ what: String) -> ModelError {
    ModelError(file: path, reason: "\(what): \(String(cString: strerror(errno)))")
  }
}
