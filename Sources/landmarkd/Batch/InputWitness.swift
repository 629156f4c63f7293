import CLNF
import Glibc
import Recording
import Session
import SystemNames
import SystemSupport
import VideoInput

/// Which bytes an input is made of, and whether they are still the same.
///
/// Files are told by length and time of the last change; where the time differs, by a digest of
/// samples of the contents (docs/decisions/0031).
struct InputWitness: Equatable {
  /// A file as the system tells it.
  private struct Stamp: Equatable {
    var device: UInt
    var node: UInt
    var bytes: Int64
    var seconds: Int
    var nanoseconds: Int
  }

  private let files: [String]
  private let stamps: [Stamp]

  /// nil for what cannot be looked at again: pipes, addresses, and what is not there.
  init?(of input: String) {
    guard input != "-", !VideoInput.isHTTP(input) else { return nil }
    files = VideoInput.files(of: input)
    stamps = files.compactMap(Self.stamp)
    guard !files.isEmpty, stamps.count == files.count else { return nil }
  }

  var bytes: Int64 { stamps.reduce(0) { $0 + $1.bytes } }

  /// The latest change of the files.
  var modified: String {
    let latest = stamps.max {
      ($0.seconds, $0.nanoseconds) < ($1.seconds, $1.nanoseconds)
    }
    guard let latest,
      let text = UTCTimestamp.text(secondsSince1970: Double(latest.seconds))
    else { return "" }
    // "2026-01-31T09:30:00.000000Z": the fraction has nine digits here.
    return text.prefix { $0 != "." } + String(printf: ".%09dZ", latest.nanoseconds)
  }

  /// What a report says of it. Reads up to 3 MiB of a file, 8 KiB of each image.
  func source() -> RunReport.Source {
    var digest = ModelDigest()
    for (file, stamp) in zip(files, stamps) {
      // Where an image lies in a sequence has a say, where the sequence lies has none.
      let name = files.count > 1 ? file.utf8.split(separator: slash).last.map(Array.init) ?? [] : []
      digest.add(name + [0] + Array("\(stamp.bytes)".utf8) + [0])
      Self.addSamples(of: file, stamp.bytes, isOneOfMany: files.count > 1, to: &digest)
    }
    return RunReport.Source(
      bytes: bytes, modified: modified, digest: "sha256:" + ModelDigest.hexadecimal(digest.bytes),
      files: files.count)
  }

  /// What of the input differs from what a report says was read, in words; nil: nothing does.
  func difference(from source: RunReport.Source) -> String? {
    if files.count != source.files { return "\(files.count) files, it had \(source.files)" }
    if bytes != source.bytes { return "\(bytes) bytes, it had \(source.bytes)" }
    guard modified != source.modified else { return nil }
    return self.source().digest == source.digest
      ? nil : "changed at \(modified), it was of \(source.modified)"
  }

  private static let end = 1 << 20
  private static let sample = 1 << 14
  private static let samples = 64

  /// The first and the last MiB, and 64 samples of 16 KiB between them; a file that is no longer than
  /// that whole. Of an image the first and the last 4 KiB.
  private static func addSamples(
    of file: String, _ length: Int64, isOneOfMany: Bool, to digest: inout ModelDigest
  ) {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let length = Int(length)
    let end = isOneOfMany ? 1 << 12 : end
    let between = isOneOfMany ? 0 : samples * sample
    guard length > 2 * end + between else {
      add(descriptor, 0, length, to: &digest)
      return
    }
    add(descriptor, 0, end, to: &digest)
    if between > 0 {
      let step = (length - 2 * end) / samples
      for index in 0..<samples { add(descriptor, end + index * step, sample, to: &digest) }
    }
    add(descriptor, length - end, end, to: &digest)
  }

  private static func add(
    _ descriptor: Int32, _ offset: Int, _ count: Int, to digest: inout ModelDigest
  ) {
    var block = [UInt8](repeating: 0, count: max(1, min(count, 1 << 16)))
    var (offset, left) = (offset, count)
    while left > 0 {
      let got = block.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress, min($0.count, left), offset)
      }
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { return }
      block.withUnsafeBytes { digest.add(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
      offset += got
      left -= got
    }
  }

  private static func stamp(_ file: String) -> Stamp? {
    var status = stat()
    guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Stamp(
      device: UInt(status.st_dev), node: UInt(status.st_ino), bytes: Int64(status.st_size),
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }
}
