import Foundation

/// Folders with reference material that may not be part of the project.
///
/// A variable that is not set skips the tests that need it (`.enabled(if:)`); one that names a
/// folder which cannot be read makes them fail, because the tests then try to read from it.
public enum MaterialFolder {
  /// Golden figures, models and videos of the reference toolkit: $LANDMARKD_REFERENCE.
  public static let reference = folder("LANDMARKD_REFERENCE")
  /// Annotated images to measure with: $LANDMARKD_EVALUATION.
  public static let evaluation = folder("LANDMARKD_EVALUATION")

  public static var hasReference: Bool { reference != nil }
  public static var hasEvaluation: Bool { evaluation != nil }

  private static func folder(_ variable: String) -> URL? {
    guard let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty else {
      return nil
    }
    return URL(fileURLWithPath: path, isDirectory: true)
  }
}
