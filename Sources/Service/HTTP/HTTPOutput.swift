import Glibc

/// An answer on its way out: pieces that other answers may share.
struct HTTPOutput {
  /// What came of sending.
  enum Outcome {
    case done
    /// The caller takes no more now.
    case blocked
    case failed
  }

  /// Bytes that are not out.
  private(set) var count: Int
  private var pieces: [[UInt8]]
  private var piece = 0
  /// Within the piece.
  private var sent = 0

  init(_ pieces: [[UInt8]] = []) {
    self.pieces = pieces.filter { !$0.isEmpty }
    count = pieces.reduce(0) { $0 + $1.count }
  }

  /// Sends what the caller takes now, and lets go of the pieces that are out.
  mutating func send(to descriptor: Int32) -> Outcome {
    while count > 0 {
      let isLast = pieces[piece].count - sent == count
      // Small pieces go out together.
      let flags = Int32(MSG_NOSIGNAL) | (isLast ? 0 : Int32(MSG_MORE))
      let code = pieces[piece].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, flags)
      }
      if code < 0 {
        if errno == EINTR { continue }
        return errno == EAGAIN ? .blocked : .failed
      }
      sent += code
      count -= code
      if sent == pieces[piece].count {
        pieces[piece] = []
        piece += 1
        sent = 0
      }
    }
    return .done
  }
}
