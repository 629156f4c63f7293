import CLNF
import Foundation

/// The synthetic model, its images and the figures that an independent oracle computed for them
/// (Tests/Fixtures/synthetic/README.md).
public enum SyntheticFixture {
  public static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/synthetic")

  public static let mainFile = folder.appending(path: "model/main_synthetic.txt").path

  /// Files of the model folder that hold figures, relative to it, and whether they are binary.
  public static let figureFiles: [(path: String, isBinary: Bool)] = [
    ("pdms/pdm_synthetic.txt", false), ("tris_synthetic.txt", false),
    ("patch_experts/experts_0.25_synthetic.txt", true),
    ("patch_experts/experts_0.35_synthetic.txt", true),
    ("patch_experts/experts_0.5_synthetic.txt", true),
    ("validation/validator_net_tanh.txt", true),
    ("part/pdms/pdm_part.txt", false),
    ("part/patch_experts/experts_1.00_part.txt", true),
  ]

  public static func model(withParts: Bool = false) throws -> FaceModel {
    try FaceModel.load(mainFile, withParts: withParts)
  }

  public static func expected() throws -> JSONValue {
    try JSONValue(contentsOf: folder.appending(path: "expected.json"))
  }

  public static func truth() throws -> JSONValue {
    try JSONValue(contentsOf: folder.appending(path: "truth.json"))
  }

  public static func image(_ name: String) throws -> GreyImage {
    try PortableGreyMap.read(folder.appending(path: name))
  }

  /// Where the landmarks of an image truly are, 2n pixels, stacked.
  public static func trueLandmarks(_ image: String) throws -> [Double] {
    for entry in try truth()["images"].elements() where try entry["image"].string() == image {
      return try entry["landmarks"].numbers()
    }
    throw JSONValue.Missing(description: "truth.json has no \(image)")
  }
}

/// A copy of the synthetic model's folder that a test may damage; removed with its last owner.
public final class ScratchModelFolder {
  public let root: URL

  public init() throws {
    root = FileManager.default.temporaryDirectory
      .appending(path: "landmarkd-model-\(UUID().uuidString)")
    try FileManager.default.copyItem(
      at: SyntheticFixture.folder.appending(path: "model"), to: root)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  public var mainFile: String { url("main_synthetic.txt").path }

  public func url(_ path: String) -> URL { root.appending(path: path) }

  public func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url(path))) }

  public func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: url(path))
  }

  public func write(text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  /// Puts the original of one file back.
  public func restore(_ path: String) throws {
    let original = SyntheticFixture.folder.appending(path: "model").appending(path: path)
    try Data(contentsOf: original).write(to: url(path))
  }

  public func load() throws -> FaceModel { try FaceModel.load(mainFile) }
}

extension JSONValue {
  /// (s, rx, ry, rz, tx, ty).
  public func pose() throws -> GlobalParameters {
    let g = try numbers()
    guard g.count == 6 else { throw Missing(description: "a pose of \(g.count) values") }
    return GlobalParameters(
      scale: g[0], rotation: EulerAngles(x: g[1], y: g[2], z: g[3]), tx: g[4], ty: g[5])
  }

  /// Three angles.
  public func angles() throws -> EulerAngles {
    let r = try numbers()
    guard r.count == 3 else { throw Missing(description: "a rotation of \(r.count) values") }
    return EulerAngles(x: r[0], y: r[1], z: r[2])
  }

  public func box() throws -> FaceBox {
    let b = try numbers()
    guard b.count == 4 else { throw Missing(description: "a box of \(b.count) values") }
    return FaceBox(x: b[0], y: b[1], width: b[2], height: b[3])
  }

  /// A list of rows, row after row.
  public func rows() throws -> [Double] { try elements().flatMap { try $0.numbers() } }

  /// The settings of a case: `sigma`, `reg`, `weight`, `iterations`, `tabulated`.
  public func fitSettings(windows: [Int], refines: Bool) throws -> FitSettings {
    var settings = FitSettings(
      firstFitWindows: windows, trackingWindows: windows, kernelWidth: try self["sigma"].number(),
      regularisation: try self["reg"].number(), weightFactor: try self["weight"].number())
    settings.refinement = refines ? .byOctave : .none
    settings.iterationLimit = try self["iterations"].integer()
    settings.densityKernel = try self["tabulated"].bool() ? .tabulated : .exact
    return settings
  }
}

extension GlobalParameters {
  /// (s, rx, ry, rz, tx, ty).
  public var values: [Double] { [scale, rotation.x, rotation.y, rotation.z, tx, ty] }
}

/// Mean distance of the points of two stacked 2D shapes.
public func meanDistance(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count, !a.isEmpty else { return .infinity }
  let n = a.count / 2
  let sum = (0..<n).reduce(0.0) { sum, i in
    let (dx, dy) = (a[i] - b[i], a[n + i] - b[n + i])
    return sum + (dx * dx + dy * dy).squareRoot()
  }
  return sum / Double(n)
}
