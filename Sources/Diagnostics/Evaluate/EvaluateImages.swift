import CLNF
import FaceFinding
import FoundationEssentials
import Recording
import SystemNames

/// An image and its landmarks by hand.
public struct EvaluationImage: Equatable, Sendable {
  /// The file's name in its folder.
  public let name: String
  /// The file, with the folder as it was named.
  public let path: String
  /// Stacked [x0..., y0...], px, 0-based.
  public let truth: [Double]

  /// Extensions of images that are looked for beside a .pts file, in lower case.
  static let extensions: Set<String> = [
    "png", "jpg", "jpeg", "bmp", "pgm", "ppm", "pnm", "tif", "tiff", "webp", "avif", "heic",
  ]

  /// The images of a folder that have landmarks, by name.
  ///
  /// Throws `DiagnosticsError` for a folder that cannot be read or has none, and for landmarks that
  /// cannot be measured against; `PTSReadingError`.
  public static func list(folder: String, landmarkCount: Int) throws -> [EvaluationImage] {
    guard let names = SystemName.names(inFolder: folder)?.map(\.name) else {
      throw DiagnosticsError(description: "\(folder): the folder cannot be read")
    }
    let annotated = Set(names.filter { $0.hasSuffix(".pts") })
    var images: [EvaluationImage] = []
    for name in names.sorted() {
      let url = URL(fileURLWithPath: folder, isDirectory: true).appendingPathComponent(name)
      let truthName = url.deletingPathExtension().lastPathComponent + ".pts"
      guard extensions.contains(url.pathExtension.lowercased()), annotated.contains(truthName)
      else { continue }
      let base = folder.hasSuffix("/") ? folder : folder + "/"
      let truth = try PTSFile.read(base + truthName, count: landmarkCount)
      guard LandmarkError.eyeDistance(truth) > 0 else {
        throw DiagnosticsError(
          description: "\(base + truthName): landmarks 36 and 45 lie on each other: "
            + "errors are measured by their distance")
      }
      images.append(EvaluationImage(name: name, path: base + name, truth: truth))
    }
    guard !images.isEmpty else {
      throw DiagnosticsError(
        description: "\(folder): no annotated images: expected NAME.jpg (or .png, ...) and NAME.pts"
      )
    }
    return images
  }

  /// The box from side to side and from the highest to the lowest landmark, as CLNF has it.
  public var truthBox: FaceBox {
    let n = truth.count / 2
    let (x, y) = (truth[..<n], truth[n...])
    let (left, top) = (x.min() ?? 0, y.min() ?? 0)
    return FaceBox(
      x: left, y: top, width: (x.max() ?? 0) - left, height: (y.max() ?? 0) - top)
  }

  /// Below this overlap a detected face is another face, or none.
  static let leastOverlap = 0.3

  /// Of the faces that were found the one that is this image's: the best overlap, above 0.3.
  func match(_ found: [DetectedFace]) -> DetectedFace? {
    let truth = truthBox
    let best = found.max { $0.box.overlap(truth) < $1.box.overlap(truth) }
    return best.flatMap { $0.box.overlap(truth) > Self.leastOverlap ? $0 : nil }
  }
}

extension FaceBox {
  /// Intersection over union: 0 (apart) to 1 (the same).
  public func overlap(_ other: FaceBox) -> Double {
    let sharedWidth = min(x + width, other.x + other.width) - max(x, other.x)
    let sharedHeight = min(y + height, other.y + other.height) - max(y, other.y)
    guard sharedWidth > 0, sharedHeight > 0 else { return 0 }
    let shared = sharedWidth * sharedHeight
    return shared / (width * height + other.width * other.height - shared)
  }
}
