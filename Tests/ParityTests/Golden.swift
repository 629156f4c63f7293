import CLNF
import Foundation
import TestSupport

/// The reference toolkit's figures, models and images.
enum Golden {
  struct NoReference: Error {}

  static func url(_ path: String) throws -> URL {
    guard let folder = MaterialFolder.reference else { throw NoReference() }
    return folder.appending(path: "openface").appending(path: path)
  }

  static func figures(_ name: String) throws -> JSONValue {
    try JSONValue(contentsOf: url("fixtures/\(name).json"))
  }

  static func image(_ name: String) throws -> GreyImage {
    try PortableGreyMap.read(url("fixtures/\(name)"))
  }

  /// The general model with its validator, without parts.
  static func generalModel() throws -> FaceModel {
    try FaceModel.load(url("model/main_clnf_general.txt").path, withParts: false)
  }

  static func wildModel() throws -> FaceModel {
    try FaceModel.load(url("model/main_clnf_wild.txt").path, withParts: false)
  }
}

extension JSONValue {
  func globalParameters() throws -> GlobalParameters {
    let g = try numbers()
    return GlobalParameters(
      scale: g[0], rotation: EulerAngles(x: g[1], y: g[2], z: g[3]), tx: g[4], ty: g[5])
  }
}

extension GlobalParameters {
  var list: [Double] { [scale, rotation.x, rotation.y, rotation.z, tx, ty] }
}
