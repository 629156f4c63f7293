import CLNF
import Foundation
import ModelTraining

/// Measures parts of landmarkd on annotated images; prints Markdown tables for docs/results.
///
/// A developers' program: its answers depend on the machine only where they are times.
@main
enum Measure {
  static let usage = """
    usage: landmarkd-measure detector FOLDER [WIDTH]
           landmarkd-measure verdict FOLDER MODEL [PICTURE.png]
           landmarkd-measure convergence FOLDER MODEL WINDOWS
           landmarkd-measure jitter FOLDER MODEL
           landmarkd-measure losses MODEL VIDEO...
           landmarkd-measure settings MODEL NAME,NAME... FOLDER...
           landmarkd-measure cost MODEL
           landmarkd-measure compare TABLE.csv OTHER.csv
           landmarkd-measure sequence MODEL TRUTH.csv VIDEO [NAME,NAME... [PICTURE.png]]

    MODEL may be "default".

      detector   recall, box error and time of the face detector on the pictures in FOLDER, each
                 with its 68 points in a .pts file of the same name; with WIDTH, shrunk until the
                 face is WIDTH pixels wide
      verdict    how well failures are told from good fits; FOLDER also holds boxes.csv;
                 PICTURE shows the reliability of the confidence
      convergence  what good fits show at their end, with WINDOWS by scale (11,9,7)
      losses     how soon lost faces are noticed and found again in sequences made from videos
      settings   sets of fit settings on the same faces and boxes: landmarkd, classic, reference or
                 JSON files
      compare    how far the landmarks of two tables of one video lie apart
      cost       time until the model is ready, and of its response maps
      sequence   error, jitter, head pose and time on a drawn sequence (landmarkd-train
                 render-sequence); NAMEs of fit settings as above, default landmarkd, with @MM:
                 faces that move less than MM mm a frame at the finest scale only; PICTURE
                 shows the worst frames: true points green, found ones yellow
      jitter     how much landmarks move on still faces with sensor noise

    """

  private static func faceWidth(_ text: String) throws -> Double {
    guard let width = Double(text), (1...10_000).contains(width) else {
      throw MeasureError(description: "WIDTH is \(text), expected 1 to 10000 pixels")
    }
    return width
  }

  private static func list(_ folder: String) throws -> AnnotatedImage.List {
    try AnnotatedImage.load(folder: URL(fileURLWithPath: folder, isDirectory: true), faceWidth: nil)
  }

  private static func model(_ path: String) throws -> FaceModel {
    path == FaceModel.defaultName
      ? try FaceModel.default() : try FaceModel.load(path, withParts: false)
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
      case ("verdict", 3...4):
        let measurement = try VerdictMeasurement(
          model: model(arguments[3]), list: list(arguments[2]))
        let picture = arguments.count == 4 ? arguments[4] : nil
        print(try measurement.tables(picture: picture))
      case ("convergence", 4):
        let windows = arguments[4].split(separator: ",").compactMap { Int($0) }
        print(
          try ConvergenceMeasurement.table(
            of: list(arguments[2]), model: model(arguments[3]), windows: windows))
      case ("losses", 3...):
        print(
          try LossMeasurement.table(
            videos: Array(arguments.dropFirst(2)), model: model(arguments[2])))
      case ("settings", 4...):
        print(
          try SettingsMeasurement.table(
            of: arguments.dropFirst(3).map(list), model: model(arguments[2]),
            names: arguments[3].split(separator: ",").map(String.init)))
      case ("compare", 3):
        print(try TableComparison.table(arguments[2], against: arguments[3]))
      case ("cost", 2):
        print(
          try CostMeasurement(path: arguments[2], load: { try model(arguments[2]) }).tables())
      case ("sequence", 4...6):
        let names = arguments.count > 4 ? arguments[5] : "landmarkd"
        let measurement = SequenceMeasurement(
          model: try model(arguments[2]), truth: try SequenceTruth.read(arguments[3]),
          video: arguments[4])
        print(
          try measurement.text(
            settings: names.split(separator: ",").map(String.init),
            picture: arguments.count > 5 ? arguments[6] : nil))
      case ("jitter", 3):
        print(
          try JitterMeasurement.table(
            of: list(arguments[2]), model: model(arguments[3]), limit: 20))
      case ("--help", 1), ("-h", 1), ("help", 1):
        print(usage, terminator: "")
      default:
        let what = arguments.first.map { "'\($0)' is not used so" } ?? "nothing is asked for"
        FileHandle.standardError.write(
          Data("landmarkd-measure: \(what); landmarkd-measure --help shows the usage\n".utf8))
        exit(64)
      }
    } catch {
      FileHandle.standardError.write(Data("landmarkd-measure: \(error)\n".utf8))
      exit(1)
    }
  }
}
