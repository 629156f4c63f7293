import Foundation

/// Measures parts of landmarkd on annotated images; prints Markdown tables for docs/accuracy.md.
///
/// A developers' program: its answers depend on the machine only where they are times.
@main
enum Measure {
  static let usage = """
    usage: landmarkd-measure detector FOLDER [WIDTH]

      detector   recall, box error and time of the face detector on the pictures in FOLDER, each
                 with its 68 points in a .pts file of the same name; with WIDTH, shrunk until the
                 face is WIDTH pixels wide

    """

  private static func faceWidth(_ text: String) throws -> Double {
    guard let width = Double(text), (1...10_000).contains(width) else {
      throw MeasureError(description: "WIDTH is \(text), expected 1 to 10000 pixels")
    }
    return width
  }

  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    do {
      switch (arguments.first, arguments.count) {
      case ("detector", 2...3):
        let folder = URL(fileURLWithPath: arguments[2], isDirectory: true)
        let width = try arguments.count == 3 ? faceWidth(arguments[3]) : nil
        let list = try AnnotatedImage.load(folder: folder, faceWidth: width)
        print(try DetectorMeasurement.table(of: list))
      default:
        FileHandle.standardError.write(Data(usage.utf8))
        exit(2)
      }
    } catch {
      FileHandle.standardError.write(Data("landmarkd-measure: \(error)\n".utf8))
      exit(1)
    }
  }
}
