/// Makes one long count of time stamps that wrap around (MPEG-TS: 33 bits, 26.5 hours).
struct StampUnwrapper {
  private let bits: Int
  private var last: (raw: Int64, unwrapped: Int64)?

  /// - Parameter bits: of a stamp; 1 to 64.
  init(bits: Int) { self.bits = min(max(bits, 1), 64) }

  /// The stamp on the long count: whichever of its readings is nearest to the stamp before.
  mutating func unwrap(_ raw: Int64) -> Int64 {
    guard let last else {
      self.last = (raw, raw)
      return raw
    }
    let difference = raw &- last.raw
    let unused = 64 - bits
    // Keeps the low bits and takes the highest of them as the sign.
    let shortest = (difference << unused) >> unused
    let unwrapped = last.unwrapped &+ shortest
    self.last = (raw, unwrapped)
    return unwrapped
  }
}
