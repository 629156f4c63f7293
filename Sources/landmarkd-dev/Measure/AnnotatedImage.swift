import CLNF
import Diagnostics
import Foundation

/// What could not be read, and why.
struct MeasureError: Error, CustomStringConvertible {
  var description: String
}

/// A picture with hand-placed landmarks.
struct AnnotatedImage: ~Copyable {
  var image: GreyImage
  /// Pixels, 0-based: the centre of the top left pixel is (0, 0).
  var points: [SIMD2<Double>]

  /// The box from side to side and from the brows to the chin.
  var truth: FaceBox {
    let low = points.reduce(points[0]) { pointwiseMin($0, $1) }
    let high = points.reduce(points[0]) { pointwiseMax($0, $1) }
    return FaceBox(x: low.x, y: low.y, width: high.x - low.x, height: high.y - low.y)
  }

  /// A folder's pictures that have points, decoded one at a time as they are asked for.
  struct List {
    var folder: String
    var images: [EvaluationImage]
    /// Pictures are shrunk (never enlarged) so that the true box is this wide; nil: as they are.
    var faceWidth: Double?

    init(folder: String, faceWidth: Double? = nil) throws {
      self.folder = folder
      self.faceWidth = faceWidth
      images = try EvaluationImage.list(folder: folder, landmarkCount: landmarkCount)
    }

    func read(_ listed: EvaluationImage) throws -> AnnotatedImage {
      let scale = min(1, (faceWidth ?? .infinity) / listed.truthBox.width)
      return AnnotatedImage(
        image: try decode(URL(fileURLWithPath: listed.path), scale: scale),
        points: (0..<landmarkCount).map {
          (SIMD2(listed.truth[$0], listed.truth[landmarkCount + $0]) + 0.5) * scale - 0.5
        })
    }
  }

  private static let landmarkCount = 68

  /// Any picture that the ffmpeg command reads, as grey, at `scale` (0...1) times its size.
  static func decode(_ file: URL, scale: Double) throws -> GreyImage {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "ffmpeg", "-v", "error", "-nostdin", "-i", file.path, "-frames:v", "1",
      "-vf", "scale=round(iw*\(scale)):round(ih*\(scale)):flags=area",
      "-pix_fmt", "gray", "-c:v", "pgm", "-f", "image2pipe", "-",
    ]
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw MeasureError(
        description: "\(file.path): ffmpeg ended with \(process.terminationStatus)")
    }
    return try parsePGM(bytes, from: file)
  }

  /// ffmpeg's PGM: "P5", width, height and 255 as text, one white space, then the pixels.
  private static func parsePGM(_ bytes: Data, from file: URL) throws -> GreyImage {
    var at = 0
    var header: [Substring] = []
    while header.count < 4, at < min(bytes.count, 100) {
      at += 1
      let text = String(decoding: bytes.prefix(at), as: UTF8.self)
      guard text.last?.isWhitespace == true else { continue }
      header = text.split { $0.isWhitespace }
    }
    guard header.count == 4, header[0] == "P5", let width = Int(header[1]),
      let height = Int(header[2]), header[3] == "255", bytes.count == at + width * height
    else { throw MeasureError(description: "\(file.path): not an 8-bit PGM of ffmpeg's") }
    var image = GreyImage(width: width, height: height, repeating: 0)
    image.withMutableSamples { samples in
      _ = UnsafeMutableRawBufferPointer(samples).initializeMemory(
        as: UInt8.self, from: bytes.dropFirst(at))
    }
    return image
  }
}
