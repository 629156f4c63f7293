import CDefaultModel

extension FaceModel {
  /// The name of the default model, for messages and reports.
  public static let defaultName = "default"

  /// The model that is part of the program.
  ///
  /// Its nets stay where the program was loaded to; its checksum is not computed anew. Cost: a few
  /// milliseconds.
  /// - Throws: `ModelError` where the program was built with a file that is no model.
  public static func `default`() throws(ModelError) -> FaceModel {
    try FaceModel(archive: ModelBytes(partOfProgram: defaultBytes), name: defaultName)
  }

  /// A copy of the default model's file.
  public static func defaultArchive() -> [UInt8] { Array(defaultBytes) }

  private static var defaultBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: clnf_default_model(), count: clnf_default_model_size())
  }
}
