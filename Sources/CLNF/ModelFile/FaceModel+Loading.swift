import SystemNames

extension FaceModel {
  /// Reads a model: a file in landmarkd's own format, an OpenFace main_*.txt or clnf_*.txt, or a
  /// folder with one of these.
  ///
  /// In a folder the only candidate is read, main files before others; of several main files
  /// main_clnf_general.txt.
  /// - Parameter withParts: whether parts (eyes, inner face) are read too.
  /// - Throws: `ModelError` that names the file and the place in it.
  public static func load(_ path: String, withParts: Bool = true) throws(ModelError) -> FaceModel {
    let file = SystemName.isFolder(path) ? try modelFile(in: path) : path
    if try FileBytes.begins(file, with: ModelArchive.magic) {
      return try FaceModel(archive: FileBytes.load(file), name: file, withParts: withParts)
    }
    return try OpenFaceFolder.read(file, withParts: withParts)
  }

  private static func modelFile(in folder: String) throws(ModelError) -> String {
    guard let names = SystemName.names(inFolder: folder)?.map(\.name).sorted() else {
      throw ModelError(file: folder, reason: "the folder cannot be read")
    }
    func matching(_ prefix: String, _ suffix: String) -> [String] {
      names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
    }
    let candidates = [
      matching("main_", ".txt"), matching("clnf_", ".txt"), matching("", ".landmarkd"),
    ]
    guard let found = candidates.first(where: { !$0.isEmpty }) else {
      throw ModelError(
        file: folder,
        reason: "holds no model; expected a main_*.txt, a clnf_*.txt or a *.landmarkd")
    }
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    if found.count == 1 { return base + found[0] }
    if found.contains("main_clnf_general.txt") { return base + "main_clnf_general.txt" }
    throw ModelError(
      file: folder, reason: "holds several models; name one: \(found.joined(separator: ", "))")
  }
}
