import ArgumentParser
import CLNF
import FaceFinding
import Tracking

/// Tracks a few frames once and nothing else, for programs that count instructions.
struct FramesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frames",
    abstract: "Track the first frames of a video, for valgrind (scripts/count-instructions.sh).")

  @OptionGroup var material: BenchMaterial

  @Argument(help: "The video.")
  var video: String

  @Option(name: .customLong("case"), help: "The name of the case to run.")
  var caseName = TrackingCase.Name.shipped.rawValue

  @Option(help: "Number of frames, without the first.")
  var count = 50

  @Option(
    help: ArgumentHelp(
      "The face's box in the first frame; without it the detector's box is printed, and that is all.",
      valueName: "x,y,w,h"))
  var box: String?

  func run() throws {
    let set = try FrameSet(video, count: box == nil ? 1 : count + 1, grey: .luma)
    guard let box else {
      guard let first = set.frames.first,
        let face = FaceFinder().detectFaces(in: first.image).first?.box
      else { throw ValidationError("\(video): no face in the first frame") }
      print("\(face.x),\(face.y),\(face.width),\(face.height)")
      return
    }
    let frames = CountedFrames(
      try trackingCase().makeTracker(detector: GivenBox(try Self.faceBox(box))), set)
    frames.trackFirst()
    frames.trackOthers()
    print("\(caseName): \(set.frames.count - 1) frames, \(frames.iterations) iterations")
  }

  /// Only the model that is asked for is loaded: under valgrind the others would take minutes.
  private func trackingCase() throws -> TrackingCase {
    guard let name = TrackingCase.Name(rawValue: caseName) else {
      let names = TrackingCase.Name.allCases.map(\.rawValue).joined(separator: "; ")
      throw ValidationError("no case \(caseName); expected one of: \(names)")
    }
    guard name != .shipped else { return try .shipped() }
    guard let folder = material.generalModel else {
      throw ValidationError("\(caseName) needs --reference FOLDER")
    }
    return .general(name, try FaceModel.load(folder, withParts: false))
  }

  private static func faceBox(_ text: String) throws -> FaceBox {
    let values = text.split(separator: ",").compactMap { Double($0) }
    guard values.count == 4, values.allSatisfy(\.isFinite) else {
      throw ValidationError("--box is \(text); expected x,y,w,h in pixels")
    }
    return FaceBox(x: values[0], y: values[1], width: values[2], height: values[3])
  }
}

/// A detector that knows the answer.
private final class GivenBox: FaceDetector {
  private let box: FaceBox

  init(_ box: FaceBox) { self.box = box }

  func detectFaces(in image: borrowing GreyImage) -> [DetectedFace] {
    [DetectedFace(box: box, confidence: 1)]
  }
}
