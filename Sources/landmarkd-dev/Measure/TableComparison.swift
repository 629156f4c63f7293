import Foundation

/// Landmarks of two tables of the same video, frame by frame.
enum TableComparison {
  /// Distances are means over landmarks, relative to the distance of the outer eye corners (36 and
  /// 45) in the second table.
  static func table(_ path: String, against other: String) throws -> String {
    let ours = try read(path)
    let theirs = try read(other)
    var distances: [Double] = []
    for (frame, reference) in theirs {
      guard let points = ours[frame] else { continue }
      let eyes = distance(reference, reference, 36, 45)
      let sum = (0..<68).reduce(0.0) { $0 + distance(points, reference, $1, $1) }
      distances.append(sum / 68 / eyes)
    }
    guard !distances.isEmpty else {
      throw MeasureError(description: "\(path) and \(other) have no tracked frame in common")
    }
    distances.sort()
    let count = distances.count
    return String(
      format:
        "%d frames tracked, %d in the other table, %d in both: distance mean %.4f, median %.4f, 95 %% below %.4f, largest %.4f of the outer eye corners' distance",
      ours.count, theirs.count, count, distances.reduce(0, +) / Double(count),
      distances[count / 2], distances[count * 95 / 100], distances[count - 1])
  }

  private static func distance(_ a: [Double], _ b: [Double], _ i: Int, _ j: Int) -> Double {
    let (dx, dy) = (a[i] - b[j], a[68 + i] - b[68 + j])
    return (dx * dx + dy * dy).squareRoot()
  }

  /// Landmarks of the frames with success, stacked, by frame number.
  private static func read(_ path: String) throws -> [Int: [Double]] {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    guard
      let header = lines.first?.split(separator: ",").map({
        $0.trimmingCharacters(in: .whitespaces)
      })
    else { throw MeasureError(description: "\(path): expected a table") }
    func column(_ name: String) throws -> Int {
      guard let index = header.firstIndex(of: name) else {
        throw MeasureError(description: "\(path): expected a column \(name)")
      }
      return index
    }
    let (frame, success) = (try column("frame"), try column("success"))
    let xs = try (0..<68).map { try column("x_\($0)") }
    let ys = try (0..<68).map { try column("y_\($0)") }
    var frames: [Int: [Double]] = [:]
    for line in lines.dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count == header.count, let number = Int(cells[frame]) else {
        throw MeasureError(description: "\(path): a row of \(cells.count) cells")
      }
      let points = (xs + ys).compactMap { Double(cells[$0]) }
      if cells[success] == "1", points.count == 136 { frames[number] = points }
    }
    return frames
  }
}
