import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import FaceFinding

/// Stored cases: pictures and what other programs, which share no code with this one, make of them
/// (docs/reference/finder-format.md). Those of a random net are Training/finder/random_cases.py's; those
/// of the shipped net are the training program's.
@Suite struct FinderCaseTests {
  private static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let random = package.appending(path: "Tests/Fixtures/finder-random")
  private static let shipped = package.appending(path: "Tests/Fixtures/finder")
  private static let shippedNet = package.appending(path: "Sources/CFinderWeights/finder.weights")

  private static func cases(in folder: URL) -> [URL] {
    let files = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return (files ?? []).filter { $0.pathExtension == "case" }.sorted { $0.path < $1.path }
  }

  private static var hasShipped: Bool {
    !cases(in: shipped).isEmpty && FileManager.default.fileExists(atPath: shippedNet.path)
  }

  private struct Short: Error { var file: String }

  private struct StoredCase {
    var level: PlainLevel
    /// The net's outputs for each cell.
    var expected: [Double]

    init(_ file: URL, for purpose: FinderNet.Purpose) throws {
      let cell = purpose.cell
      let data = [UInt8](try Data(contentsOf: file))
      var offset = 0
      func word() throws -> UInt32 {
        guard offset + 4 <= data.count else { throw Short(file: file.path) }
        offset += 4
        return data.withUnsafeBytes {
          UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset - 4, as: UInt32.self))
        }
      }
      let (width, height) = (Int(try word()), Int(try word()))
      guard width * height <= data.count - offset else { throw Short(file: file.path) }
      let pixels = Array(data[offset..<offset + width * height])
      offset += width * height
      let (columns, rows) = (Int(try word()), Int(try word()))
      expected = try (0..<columns * rows * purpose.outputCount).map { _ in
        Double(Float(bitPattern: try word()))
      }
      // A picture that has no border is whole cells itself.
      let isBare = width == cell * columns && height == cell * rows
      level = PlainLevel(
        width: width, height: height, pixels: pixels, border: isBare ? 0 : 16, cell: cell)
      guard level.columns == cell * columns, level.rows == cell * rows, offset == data.count
      else {
        throw Short(file: file.path)
      }
    }
  }

  private func compare(
    _ folder: URL, _ net: URL, for purpose: FinderNet.Purpose = .faces
  ) throws {
    let net = try FinderNet(
      bytes: [UInt8](Data(contentsOf: net)), name: net.lastPathComponent, for: purpose)
    let files = Self.cases(in: folder)
    #expect(!files.isEmpty)
    for file in files {
      let stored = try StoredCase(file, for: purpose)
      for set in FinderKernelTests.sets {
        let map = stored.level.map(net, set)
        let difference = zip(map, stored.expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(
          difference < 1e-3 && map.count == stored.expected.count, "\(file.lastPathComponent)")
      }
    }
  }

  /// A whole search with both nets, beside the training program's own: other loops, reduction by OpenCV.
  @Test func thePortrait() throws {
    let text = try String(
      contentsOf: Self.shipped.appending(path: "portrait.found"), encoding: .utf8)
    let expected = text.split(separator: "\n").map {
      $0.split(separator: " ").compactMap { Double($0) }
    }
    let image = try PortableGreyMap.read(
      Self.package.appending(path: "Tests/Fixtures/portrait.pgm"))
    let faces = FaceFinder().detectFaces(in: image)
    #expect(faces.count == expected.count && !faces.isEmpty)
    for (face, row) in zip(faces, expected) {
      try #require(row.count == 14)
      let points = try #require(face.points)
      let width = row[3]
      #expect(abs(face.confidence - row[0]) < 0.02)
      let found =
        [face.box.center.x, face.box.center.y, face.box.width]
        + [
          points.rightEye, points.leftEye, points.noseTip, points.rightMouthCorner,
          points.leftMouthCorner,
        ].flatMap { [$0.x, $0.y] }
      for (ours, theirs) in zip(found, row[1...]) {
        #expect(abs(ours - theirs) < 0.02 * width, "\(found) beside \(row)")
      }
    }
  }

  @Test func aRandomNet() throws {
    try compare(Self.random, Self.random.appending(path: "finder.weights"))
  }

  @Test(.enabled(if: FinderCaseTests.hasShipped, "there are no cases of a shipped net"))
  func theShippedNet() throws {
    try compare(Self.shipped, Self.shippedNet)
  }

  @Test func theShippedLandmarkNet() throws {
    let net = Self.package.appending(path: "Sources/CFinderWeights/landmarks.weights")
    try compare(
      Self.package.appending(path: "Tests/Fixtures/landmark-net"), net, for: .landmarks)
  }

  @Test func theShippedCloseLandmarkNet() throws {
    let net = Self.package.appending(path: "Sources/CFinderWeights/close-landmarks.weights")
    try compare(
      Self.package.appending(path: "Tests/Fixtures/close-landmark-net"), net, for: .landmarks)
  }

  @Test func theShippedIdentityNet() throws {
    let net = Self.package.appending(path: "Sources/CFinderWeights/identity.weights")
    try compare(
      Self.package.appending(path: "Tests/Fixtures/identity-net"), net, for: .identity)
  }
}
