import Foundation

/// Points of photos, as a teacher sees them: another markup's idea of the 68 landmarks.
public struct TeacherPoints: Sendable {
  /// Path below the material's folder, and 68 points, px; in the file's order.
  public let photos: [(path: String, points: [SIMD2<Double>])]

  /// Reads a table with the columns photo, x_0 ... x_67, y_0 ... y_67.
  /// - Throws: `MaterialError` that names the line and what was expected.
  public init(_ path: String) throws(MaterialError) {
    let text: String
    do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw MaterialError(path, "cannot be read: \(error.localizedDescription)")
    }
    let lines = text.split(whereSeparator: \.isNewline)
    let columns = ["photo"] + ["x", "y"].flatMap { axis in (0..<68).map { "\(axis)_\($0)" } }
    guard lines.first.map(String.init) == columns.joined(separator: ",") else {
      throw MaterialError(path, "line 1: expected the columns photo, x_0 ... x_67, y_0 ... y_67")
    }
    var photos: [(path: String, points: [SIMD2<Double>])] = []
    for (number, line) in lines.enumerated().dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      let values = fields.dropFirst().compactMap { Double($0) }.filter(\.isFinite)
      guard fields.count == columns.count, values.count == columns.count - 1 else {
        throw MaterialError(path, "line \(number + 1): expected a photo and 136 numbers")
      }
      photos.append((String(fields[0]), (0..<68).map { SIMD2(values[$0], values[68 + $0]) }))
    }
    self.photos = photos
  }

  /// Photos that a file lists, one a line.
  /// - Throws: `MaterialError` for a file that cannot be read, or names a photo that has no points: a
  ///   name that is typed wrong would keep nobody out.
  public func photos(listedIn path: String) throws(MaterialError) -> Set<String> {
    let text: String
    do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw MaterialError(path, "cannot be read: \(error.localizedDescription)")
    }
    let known = Set(photos.map(\.path))
    let listed = text.split(whereSeparator: \.isNewline).map(String.init)
    for (number, name) in listed.enumerated() where !known.contains(name) {
      throw MaterialError(
        path, "line \(number + 1): \(name): expected a photo of the teacher's table")
    }
    return Set(listed)
  }

  /// The points of one photo.
  public subscript(path: String) -> [SIMD2<Double>]? {
    photos.first { $0.path == path }?.points
  }
}
