import ArgumentParser
import CLNF
import FaceDetection
import Foundation
import Measurement
import Recording
import Tracking
import VideoInput

struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit the landmarks of the faces in single images.",
    discussion: """
      Without --boxes every face that the detector finds is fitted. The CSV has the columns of \
      track with the image's name in front; a row a face, an empty row for an image without one.
      """)

  @Argument(help: "Images.")
  var image: [String]

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The CSV to write; - (default): standard output.", valueName: "file"))
  var output = "-"

  @Option(
    help: ArgumentHelp(
      "Face boxes, CSV with image,x,y,width,height (0-based pixels; further columns ignored).",
      valueName: "file"))
  var boxes: String?

  @Option(help: "Head rotations to start from: 1, or 5 (also turned by 30 degrees; slower).")
  var starts: StartCount = .one

  @Option(help: ArgumentHelp("Folder for a .pts file a face.", valueName: "folder"))
  var pts: String?

  @Option(help: ArgumentHelp("Folder for a PNG an image, landmarks drawn.", valueName: "folder"))
  var picture: String?

  @Flag(help: "Replace files that exist.")
  var force = false

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Face") var detector: DetectorOptions
  @OptionGroup(title: "Columns") var columns: ColumnOptions
  @OptionGroup(title: "Camera") var camera: CameraOptions

  func run() throws {
    let faceModel = try model.load()
    var table: BoxTable?
    do {
      table = try boxes.map { try BoxTable(path: $0) }
    } catch {
      Terminal.complain(error)
      throw Terminal.unusable
    }
    for folder in [pts, picture] {
      if let folder { try makeFolder(folder) }
    }
    let session = try FitSession(self, model: faceModel, boxes: table)
    guard try session.run() else { throw Terminal.unusable }
  }
}

/// Face boxes by image, from a CSV.
struct BoxTable {
  struct Malformed: Error, CustomStringConvertible { let description: String }

  private var boxes: [String: [FaceBox]] = [:]

  init(path: String) throws {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw Malformed(description: "cannot read \(path): expected a CSV of face boxes")
    }
    for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      if index == 0, cells.first == "image" { continue }
      let numbers = cells.dropFirst().prefix(4).compactMap { Double($0) }
      guard numbers.count == 4, numbers.allSatisfy(\.isFinite), numbers[2] > 0, numbers[3] > 0
      else {
        throw Malformed(
          description:
            "\(path): line \(index + 1): expected image,x,y,width,height with width and height above 0"
        )
      }
      let box = FaceBox(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
      boxes[cells[0], default: []].append(box)
    }
  }

  /// The boxes of an image, by its whole name or its last component.
  subscript(image: String) -> [FaceBox] {
    boxes[image] ?? boxes[URL(fileURLWithPath: image).lastPathComponent] ?? []
  }
}
