extension FaceModel {
  /// Reads a model: an OpenFace main_*.txt or clnf_*.txt, or a folder with one.
  ///
  /// In a folder the only main_*.txt is read; of several, main_clnf_general.txt.
  /// - Parameter withParts: whether the parts that a main file names are read too.
  /// - Throws: `ModelError` that names the file and the place in it.
  public static func load(_ path: String, withParts: Bool = true) throws(ModelError) -> FaceModel {
    try OpenFaceFolder.read(path, withParts: withParts)
  }
}
