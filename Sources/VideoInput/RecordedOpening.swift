import CFFmpeg
import CFFmpegShims
import Glibc
import SystemNames

/// What libavformat may open while it reads one recorded input: that input, and nothing else.
///
/// A playlist names other files, and libavformat opens whatever it names: a FIFO, for which open(2) waits
/// beyond every deadline, a device, files of other people. Formats that name files are not read at all, and
/// every open is looked at besides. Where playlists are allowed, HLS is read, and what it names has to be
/// regular files in its own folder or below.
///
/// Belongs to one format context, which it must outlive.
final class RecordedOpening {
  private let url: String?
  /// The real path of the playlist's folder, with a slash at its end; nil where playlists are refused.
  private let folder: String?
  private let openAllowed: Open?

  private typealias Open =
    @convention(c) (
      UnsafeMutablePointer<AVFormatContext>?,
      UnsafeMutablePointer<UnsafeMutablePointer<AVIOContext>?>?, UnsafePointer<CChar>?, Int32,
      UnsafeMutablePointer<OpaquePointer?>?
    ) -> Int32

  /// Puts itself in front of what `context` opens.
  /// - Parameters:
  ///   - path: of the input; nil for bytes that come through a descriptor.
  ///   - allowsPlaylists: only of inputs with a path.
  init(_ context: UnsafeMutablePointer<AVFormatContext>, path: String?, allowsPlaylists: Bool) {
    url = path.map { "file:" + $0 }
    folder = allowsPlaylists ? path.flatMap { Self.realFolder(of: $0) } : nil
    openAllowed = context.pointee.io_open
    context.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
    context.pointee.io_open = { context, input, url, flags, options in
      guard let opaque = context?.pointee.opaque, let url else { return landmarkd_averror(EPERM) }
      let opening = Unmanaged<RecordedOpening>.fromOpaque(opaque).takeUnretainedValue()
      guard flags & AVIO_FLAG_WRITE == 0, opening.mayOpen(SystemName.text(url)) else {
        return landmarkd_averror(EPERM)
      }
      return opening.openAllowed?(context, input, url, flags, options) ?? landmarkd_averror(EPERM)
    }
  }

  /// The formats that may be read, as libavformat's list.
  var formats: String { folder == nil ? Self.singleFiles : Self.withPlaylists }

  /// The formats of a recording by HTTP, whose opens go through its client.
  static let formatsByHTTP = FFmpegLibrary.demuxers(
    without: FFmpegLibrary.refusedContainers.subtracting(["hls", "dash"]))

  private static let singleFiles = FFmpegLibrary.demuxers(
    without: FFmpegLibrary.refusedContainers)
  private static let withPlaylists = FFmpegLibrary.demuxers(
    without: FFmpegLibrary.refusedContainers.subtracting(["hls"]))

  private func mayOpen(_ wanted: String) -> Bool {
    if wanted == url { return true }
    guard let folder else { return false }
    let path = wanted.hasPrefix("file:") ? String(wanted.dropFirst(5)) : wanted
    guard !path.contains("://"), let real = SystemName.realPath(of: path), real.hasPrefix(folder)
    else {
      return false
    }
    var status = stat()
    return stat(real, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && Self.oversizeOfPlaylist(real) == nil
  }

  /// Bytes of a playlist that may be read: some 100,000 segments. libavformat keeps each of them.
  static let largestPlaylist = 4_000_000

  /// How many bytes an HLS playlist has, where they are too many; nil for what is none.
  static func oversizeOfPlaylist(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_size > largestPlaylist,
      ImageFormat.probe(ImageFormat.headOf(path)) == "hls"
    else { return nil }
    return Int(status.st_size)
  }

  private static func realFolder(of path: String) -> String? {
    guard let real = SystemName.realPath(of: path), let slash = real.lastIndex(of: "/") else {
      return nil
    }
    return String(real[...slash])
  }
}
