import CLNF
import FoundationEssentials
import SystemNames
import SystemSupport

/// Face boxes by image, from a CSV.
public struct BoxTable {
  private var boxes: [String: [FaceBox]] = [:]
  private static let columns = ["image", "x", "y", "width", "height"]

  /// Reads image,x,y,width,height: px, 0-based. The line of these names may be missing; further
  /// columns have no say.
  public init(path: String) throws(DiagnosticsError) {
    guard let text = SystemName.contents(ofFile: path).map({ SystemName.text($0) }) else {
      throw DiagnosticsError(description: "cannot read \(path): expected a CSV of face boxes")
    }
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmed(also: ["\""])
      }
      if index == 0, cells.first?.lowercased() == "image" {
        guard cells.prefix(5).map({ $0.lowercased() }) == Self.columns else {
          throw DiagnosticsError(
            description:
              "\(path): line 1: the columns are \(line); expected \(Self.columns.joined(separator: ","))"
          )
        }
        continue
      }
      let numbers = cells.dropFirst().prefix(4).compactMap { Double($0) }
      guard numbers.count == 4, numbers.allSatisfy(\.isFinite), numbers[2] > 0, numbers[3] > 0
      else {
        throw DiagnosticsError(
          description:
            "\(path): line \(index + 1): expected image,x,y,width,height with width and height above 0"
        )
      }
      let box = FaceBox(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
      boxes[SystemName.shown(cells[0]), default: []].append(box)
    }
  }

  /// The boxes of an image, by its whole name or its last component.
  public subscript(image: String) -> [FaceBox] {
    boxes[SystemName.shown(image)]
      ?? boxes[SystemName.shown(URL(fileURLWithPath: image).lastPathComponent)] ?? []
  }
}
