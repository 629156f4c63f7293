import CLNF
import Foundation

/// Crops of one scale in a file, so that drawing and training can be done on different days.
///
/// Little endian: the 8 bytes `LMCROPS1`, side and number of landmarks n (UInt32), then for each crop
/// the rotation (3 Float64), the identity (Int64), 2n landmark coordinates (Float32, x and y in
/// turn), n bytes 0 or 1 (visible), side^2 grey levels. As many crops as fill the file.
public enum CropFile {
  fileprivate static let magic = Array("LMCROPS1".utf8)
  fileprivate static let header = 16
  private static let largestSide = 4096
  private static let mostLandmarks = 4096

  /// Writes crops one by one.
  public final class Writer {
    private let handle: FileHandle
    private let path: String
    private let side: Int
    private let landmarkCount: Int

    /// Makes a new file of crops of one size; what was there is overwritten.
    /// - Throws: `MaterialError` where the file cannot be made.
    public init(_ url: URL, side: Int, landmarkCount: Int) throws {
      path = url.path
      self.side = side
      self.landmarkCount = landmarkCount
      guard FileManager.default.createFile(atPath: path, contents: nil),
        let handle = FileHandle(forWritingAtPath: path)
      else { throw MaterialError(path, "cannot be written") }
      self.handle = handle
      var bytes = CropFile.magic
      CropFile.append(UInt32(side), to: &bytes)
      CropFile.append(UInt32(landmarkCount), to: &bytes)
      try write(bytes)
    }

    /// Adds a crop of the file's size.
    public func append(_ crop: ReferenceCrop) throws {
      precondition(
        crop.side == side && crop.landmarks.count == landmarkCount, "a crop of another size")
      var bytes: [UInt8] = []
      bytes.reserveCapacity(CropFile.record(side: side, landmarkCount: landmarkCount))
      for angle in [crop.rotation.x, crop.rotation.y, crop.rotation.z] {
        CropFile.append(angle.bitPattern, to: &bytes)
      }
      CropFile.append(Int64(crop.identity), to: &bytes)
      for place in crop.landmarks {
        CropFile.append(place.x.bitPattern, to: &bytes)
        CropFile.append(place.y.bitPattern, to: &bytes)
      }
      bytes += crop.visible.map { $0 ? 1 : 0 }
      bytes += crop.pixels
      try write(bytes)
    }

    public func close() throws {
      do { try handle.close() } catch { throw MaterialError(path, "cannot be written: \(error)") }
    }

    private func write(_ bytes: [UInt8]) throws {
      do { try handle.write(contentsOf: Data(bytes)) } catch {
        throw MaterialError(path, "cannot be written: \(error)")
      }
    }
  }

  /// All crops of a file.
  /// - Throws: `MaterialError` that says what was found and what was expected.
  public static func read(_ url: URL) throws -> [ReferenceCrop] {
    let data: Data
    do { data = try Data(contentsOf: url, options: .alwaysMapped) } catch {
      throw MaterialError(url.path, "cannot be read: \(error.localizedDescription)")
    }
    return try data.withUnsafeBytes { try read($0, path: url.path) }
  }

  private static func read(_ bytes: UnsafeRawBufferPointer, path: String) throws -> [ReferenceCrop]
  {
    guard bytes.count >= header, bytes[0..<magic.count].elementsEqual(magic) else {
      throw MaterialError(path, "is no file of crops: it does not begin with LMCROPS1")
    }
    let side = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    let landmarkCount = Int(
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)))
    guard (PatchBatch.patchSize...largestSide).contains(side),
      (1...mostLandmarks).contains(landmarkCount)
    else {
      throw MaterialError(path, "crops of \(side) px with \(landmarkCount) landmarks")
    }
    let record = record(side: side, landmarkCount: landmarkCount)
    let (count, rest) = (bytes.count - header).quotientAndRemainder(dividingBy: record)
    guard rest == 0 else {
      throw MaterialError(path, "\(rest) bytes are left after \(count) crops of \(record) bytes")
    }
    return try (0..<count).map { index in
      let start = header + index * record
      let part = UnsafeRawBufferPointer(rebasing: bytes[start..<start + record])
      let crop = crop(part, side: side, landmarkCount: landmarkCount)
      guard [crop.rotation.x, crop.rotation.y, crop.rotation.z].allSatisfy(\.isFinite),
        crop.landmarks.allSatisfy({ $0.x.isFinite && $0.y.isFinite })
      else { throw MaterialError(path, "crop \(index) has values that are not finite") }
      return crop
    }
  }

  /// A crop from exactly its bytes.
  private static func crop(
    _ bytes: UnsafeRawBufferPointer, side: Int, landmarkCount: Int
  ) -> ReferenceCrop {
    func word(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    func float(_ offset: Int) -> Float {
      Float(
        bitPattern: UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    let visible = 32 + 8 * landmarkCount
    let pixels = visible + landmarkCount
    return ReferenceCrop(
      side: side, pixels: Array(bytes[pixels...]),
      landmarks: (0..<landmarkCount).map {
        SIMD2(float(32 + 8 * $0), float(36 + 8 * $0))
      },
      visible: bytes[visible..<pixels].map { $0 != 0 },
      rotation: EulerAngles(
        x: Double(bitPattern: word(0)), y: Double(bitPattern: word(8)),
        z: Double(bitPattern: word(16))),
      identity: Int(Int64(bitPattern: word(24))))
  }

  fileprivate static func record(side: Int, landmarkCount: Int) -> Int {
    32 + 9 * landmarkCount + side * side
  }

  fileprivate static func append<Value: FixedWidthInteger>(_ value: Value, to bytes: inout [UInt8])
  {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

extension ReferenceCrop {
  /// A number that differs, but for rare accidents, where crops differ (FNV-1a, 8 bytes at a time):
  /// what results on disk are known by.
  public static func fingerprint(of crops: [ReferenceCrop]) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func mix(_ value: UInt64) {
      hash = (hash ^ value) &* 0x100_0000_01B3
      hash ^= hash >> 29
    }
    for crop in crops {
      mix(UInt64(crop.side))
      mix(UInt64(bitPattern: Int64(crop.identity)))
      mix(crop.rotation.x.bitPattern ^ crop.rotation.y.bitPattern.byteSwapped)
      for (place, visible) in zip(crop.landmarks, crop.visible) {
        mix(UInt64(place.x.bitPattern) << 32 | UInt64(place.y.bitPattern))
        mix(visible ? 1 : 0)
      }
      crop.pixels.withUnsafeBytes { bytes in
        for word in 0..<bytes.count / 8 {
          mix(bytes.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self))
        }
      }
    }
    return hash
  }
}
