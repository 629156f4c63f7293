import CLNF

/// One of several parts of a batch's inputs, which are disjoint and together all.
public struct Shard: Sendable, Equatable {
  /// From 1 to `count`.
  public let number: Int
  public let count: Int

  /// nil where `number` is not from 1 to `count`, or there are more than a million.
  public init?(number: Int, count: Int) {
    guard (1...1_000_000).contains(count), (1...count).contains(number) else { return nil }
    self.number = number
    self.count = count
  }

  /// Whether the input with this name is of this part: the first 8 bytes of the name's SHA-256, as
  /// a big-endian number, modulo `count`, are `number` - 1. The same on every machine.
  public func contains(_ name: [UInt8]) -> Bool {
    guard count > 1 else { return true }
    var digest = ModelDigest()
    digest.add(name)
    let hash = digest.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return hash % UInt64(count) == UInt64(number - 1)
  }
}
