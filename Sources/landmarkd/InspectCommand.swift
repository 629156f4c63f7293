import ArgumentParser
import CLNF
import Foundation
import Recording
import VideoInput

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Report what a fit sees: response maps, mean shifts and steps, scale by scale.",
    discussion: """
      Fits one face of one frame and says, for every scale, how the response maps look, how far \
      their peaks lie from the landmarks and how the iterations went. --json keeps the report; \
      --compare puts another one beside it and names the first stage that differs.
      """)

  @Argument(help: "An image, a video, a folder of images, a pattern, or - for standard input.")
  var input: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The frame to inspect, from 1; default 1.", valueName: "n"))
  var frame: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The first frame from this time on.", valueName: "seconds"))
  var at: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Where the face is (0-based pixels); default the detector's most confident face.",
      valueName: "x,y,width,height"))
  var box: BoxArgument?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Window sizes by scale, coarse to fine, instead of the first fit's: odd, 3 to 63; 0 skips \
      the scale.
      """, valueName: "list"))
  var windows: WindowList?

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp(
      """
      Folder for pictures: landmarks.png, responses-scaleS-windowW.png a scale, convergence.png.
      """, valueName: "folder"))
  var outDir: String?

  @Option(help: ArgumentHelp("The report as JSON; - for standard output.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      """
      Another report to put beside this one: of inspect --json, or a reference's images.json \
      (its box is then the start) or responses.json (response maps alone are compared).
      """, valueName: "file"))
  var compare: String?

  @Option(
    help: ArgumentHelp(
      "Which image of --compare's images.json; default the input's file name.", valueName: "name"))
  var image: String?

  @Option(
    name: .customLong("case"), parsing: .unconditional,
    help: ArgumentHelp(
      "Which case of --compare's responses.json; default every one of the input's file name.",
      valueName: "n"))
  var caseNumber: Int?

  @Flag(help: "Replace files that exist.")
  var force = false

  @OptionGroup var pictures: PictureOptions

  @OptionGroup var stream: StreamOptions

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Face") var detector: DetectorOptions
  @OptionGroup(title: "Verdict") var belief: BeliefOptions

  func validate() throws {
    if frame != nil, at != nil { throw ValidationError("--frame and --at exclude each other") }
    if let frame, frame < 1 { throw ValidationError("--frame is \(frame); expected 1 or more") }
    if let at, !(0...1e9).contains(at) {
      throw ValidationError("--at is \(at); expected 0 to 1e9 seconds")
    }
    if let fault = windows?.fault { throw ValidationError("--windows: \(fault)") }
    guard input != "", outDir != "", json != "", compare != "" else {
      throw ValidationError("the name of an input, a file or a folder is empty")
    }
    if compare == nil {
      if image != nil { throw ValidationError("--image goes with --compare") }
      if caseNumber != nil { throw ValidationError("--case goes with --compare") }
    }
    try belief.check(with: model.fitSettings)
    if image != nil, caseNumber != nil {
      throw ValidationError("--image and --case exclude each other")
    }
    try OutputCheck.keepApart(
      outputs: (json.map { [$0] } ?? []),
      inputs: [input] + model.files + (compare.map { [$0] } ?? []))
  }

  func run() throws {
    let interruption = Interruption()
    SignalWatch.start { interruption.interrupt() }
    let faceModel = try model.load()
    do {
      try InspectSession(self, model: faceModel, interruption: interruption).run()
    } catch let status as ExitCode {
      throw status
    } catch let usage as ValidationError {
      throw usage
    } catch let error as VideoInputError where error.kind == .interrupted {
      Terminal.complain("\(input): interrupted; nothing was written")
      throw Terminal.interrupted
    } catch {
      Terminal.complain(error)
      throw interruption.isBehind(error) ? Terminal.interrupted : Terminal.unusable
    }
  }
}

/// `x,y,width,height` in pixels.
struct BoxArgument: ExpressibleByArgument {
  var box: FaceBox

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map {
      Double($0)
    }
    guard numbers.count == 4, let x = numbers[0], let y = numbers[1], let width = numbers[2],
      let height = numbers[3], x.isFinite, y.isFinite, width.isFinite, height.isFinite, width > 0,
      height > 0
    else { return nil }
    box = FaceBox(x: x, y: y, width: width, height: height)
  }
}

/// `11,9,7`: windows by scale.
struct WindowList: ExpressibleByArgument {
  var sizes: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    sizes = parts.compactMap(\.self)
    if sizes.count != parts.count || sizes.isEmpty { return nil }
  }

  /// What is wrong with the list, in words.
  var fault: String? {
    for size in sizes where size != 0 && !((3...63).contains(size) && size % 2 == 1) {
      return "a window of \(size); expected 0 or an odd number from 3 to 63"
    }
    return sizes.allSatisfy { $0 == 0 } ? "every scale is skipped" : nil
  }
}

/// Why nothing can be inspected or compared, as one line.
struct InspectError: Error, CustomStringConvertible {
  let description: String
}
