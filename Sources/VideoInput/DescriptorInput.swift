import CFFmpeg
import CFFmpegShims
import Glibc

/// Bytes from a descriptor (standard input, a FIFO, a pipe) for libavformat.
///
/// libavformat's own `pipe:` and FIFO reads do not poll the interrupt callback, so a writer that
/// stalls would block for ever. Here every read polls the descriptor in steps of at most 100 ms
/// and looks at the watch in between.
final class DescriptorInput {
  /// Why reading stopped, if not by the end of the bytes.
  enum Failure: Equatable {
    case interrupted, timedOut
    case system(Int32)
  }

  /// FFmpeg's name for the callbacks; owns the buffer.
  private(set) var context: UnsafeMutablePointer<AVIOContext>?
  /// Sticky: demuxers turn a failed read into an end, so it has to be asked for here.
  private(set) var failure: Failure?
  /// Whether the bytes came to their end.
  private var sawEnd = false
  /// The first bytes, for `ContainerPromise` and for what they are.
  private(set) var head: [UInt8] = []
  /// Bytes that came.
  private(set) var byteCount: Int64 = 0
  /// Whether the descriptor is a regular file (`< clip.mp4`), so that containers whose index is
  /// at the end can be read.
  let isSeekable: Bool

  private let descriptor: Int32
  private let owns: Bool
  private let watch: IOWatch
  private static let headLimit = 8192
  private static let bufferSize: Int32 = 1 << 16

  /// Takes `descriptor`; closes it at the end when `owns`. Returns nil without memory.
  init?(descriptor: Int32, owns: Bool, watch: IOWatch) {
    self.descriptor = descriptor
    self.owns = owns
    self.watch = watch
    var status = stat()
    isSeekable = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    guard let buffer = av_malloc(Int(Self.bufferSize)) else { return nil }
    let memory = buffer.assumingMemoryBound(to: UInt8.self)
    // FFmpeg calls back only while this object lives: `deinit` frees the context first.
    let opaque = Unmanaged.passUnretained(self).toOpaque()
    context = avio_alloc_context(
      memory, Self.bufferSize, 0, opaque,
      { opaque, buffer, size in
        guard let opaque, let buffer else { return landmarkd_averror_exit }
        return Unmanaged<DescriptorInput>.fromOpaque(opaque).takeUnretainedValue()
          .read(into: buffer, size: size)
      }, nil,
      isSeekable
        ? { opaque, offset, origin in
          guard let opaque else { return -1 }
          return Unmanaged<DescriptorInput>.fromOpaque(opaque).takeUnretainedValue()
            .seek(to: offset, origin: origin)
        } : nil)
    guard context != nil else {
      av_free(buffer)
      return nil
    }
  }

  deinit {
    if let context {
      av_free(context.pointee.buffer)
      avio_context_free(&self.context)
    }
    if owns { close(descriptor) }
  }

  private func read(into buffer: UnsafeMutablePointer<UInt8>, size: Int32) -> Int32 {
    guard failure == nil, size > 0 else { return landmarkd_averror_exit }
    while true {
      switch watch.verdict {
      case .interrupted: return fail(.interrupted)
      case .expired: return fail(.timedOut)
      case .goOn: break
      }
      var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&poller, 1, 100)
      if ready < 0 && errno != EINTR { return fail(.system(errno)) }
      // A FIFO that nobody has opened for writing reads as ended but polls as silent: only a
      // descriptor that polls ready is read.
      guard ready > 0 else { continue }
      let got = Glibc.read(descriptor, buffer, Int(size))
      if got < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        return fail(.system(errno))
      }
      if got == 0 {
        sawEnd = true
        return landmarkd_averror_eof
      }
      remember(UnsafeBufferPointer(start: buffer, count: got))
      return Int32(got)
    }
  }

  /// What the headers promise beside what came. Nil where the end was not read: AVI's index, for
  /// one, is of no use to the demuxer of a pipe.
  var promise: ContainerPromise? {
    if isSeekable { return ContainerPromise(descriptor: descriptor) }
    guard sawEnd else { return nil }
    return ContainerPromise(head: head, present: byteCount)
  }

  private func remember(_ bytes: UnsafeBufferPointer<UInt8>) {
    if byteCount == Int64(head.count) && head.count < Self.headLimit {
      head.append(contentsOf: bytes.prefix(Self.headLimit - head.count))
    }
    byteCount += Int64(bytes.count)
  }

  private func fail(_ failure: Failure) -> Int32 {
    self.failure = failure
    switch failure {
    case .interrupted: return landmarkd_averror_exit
    case .timedOut: return landmarkd_averror_etimedout
    case .system(let number): return landmarkd_averror(number)
    }
  }

  private func seek(to offset: Int64, origin: Int32) -> Int64 {
    if origin & landmarkd_avseek_size != 0 {
      var status = stat()
      return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : -1
    }
    // 0x20000 is AVSEEK_FORCE, a hint that may be ignored.
    return Int64(lseek(descriptor, off_t(offset), origin & ~0x20000))
  }
}
