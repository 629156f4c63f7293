import BuildInfo
import Foundation
import Testing

/// What is typed wrong, and what is asked for: help and version.
@Suite struct UsageTests {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  static let commands = [
    ["track"], ["fit"], ["detect"], ["evaluate"], ["inspect"], ["serve"], ["model"],
    ["model", "info"], ["model", "verify"], ["model", "convert"], ["model", "export"], ["devices"],
  ]

  /// A command that is added has to be added here.
  @Test func everyCommandIsTried() throws {
    for parent in [[], ["model"]] {
      let help = try Command.run(parent + ["--help"], in: folder).output
      let listed = try #require(help.split(separator: "SUBCOMMANDS:\n").last)
        .split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
        .filter { !$0.hasPrefix("   ") }.compactMap { $0.split(separator: " ").first }
      let tried = Self.commands.filter { $0.count == parent.count + 1 && $0.starts(with: parent) }
      #expect(listed.map(String.init) == tried.compactMap(\.last))
    }
  }

  @Test(arguments: [[]] + commands)
  func helpAndVersion(command: [String]) throws {
    let help = try Command.run(command + ["--help"], in: folder)
    #expect(help.status == 0)
    #expect(help.errors == "")
    #expect(help.output.contains("USAGE: " + (["landmarkd"] + command).joined(separator: " ")))
    for line in help.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    let version = try Command.run(command + ["--version"], in: folder)
    #expect(version.status == 0)
    #expect(version.output == "\(BuildInfo.version) (commit \(BuildInfo.commit))\n")
  }

  @Test func versionIsACommandToo() throws {
    let version = try Command.run("version", in: folder)
    #expect(version.status == 0 && version.errors == "")
    #expect(version.output == "\(BuildInfo.text)\n")
  }

  @Test(arguments: commands)
  func everyOptionIsExplained(command: [String]) throws {
    let help = try Command.run(command + ["--help"], in: folder).output
    // An option's explanation is at column 26 of its line or of the next.
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var options = 0
    for (index, line) in lines.enumerated() where line.hasPrefix("  -") {
      options += 1
      let isHere = line.count > 26 && line.dropFirst(25).first == " "
      let text = (isHere ? line : lines[index + 1]).dropFirst(26)
      #expect(text.first?.isUppercase == true, "\(line)")
    }
    #expect(options >= (command == ["track"] ? 25 : 2))
  }

  /// Arguments after `track --model MODEL`, and what the message has to hold.
  @Test(arguments: [
    (["a.avi", "--nonsense"], "Unknown option '--nonsense'"),
    (
      ["a.avi", "--every", "0"],
      "'0' is invalid for '--every <n>': expected a whole number, 1 or more"
    ),
    (["a.avi", "--every", "2.5"], "'2.5' is invalid for '--every <n>'"),
    (["a.avi", "--every", "99999999999999999999"], "is invalid for '--every <n>'"),
    (
      ["a.avi", "--columns", "nonsense"],
      "'--columns <list>': expected standard, all, or a list of pose,"
    ),
    (["a.avi", "--columns", ""], "'--columns <list>': expected standard, all, or a list of pose,"),
    (["a.avi", "--columns", "pose;fit"], "'pose;fit' is invalid for '--columns <list>'"),
    (
      ["a.avi", "--faces", "0"],
      "'0' is invalid for '--faces <n>': expected a number of faces from 1 to 64, or all"
    ),
    (["a.avi", "--faces", "many"], "'many' is invalid for '--faces <n>'"),
    (["a.avi", "--faces", "02"], "'02' is invalid for '--faces <n>'"),
    (["a.avi", "--faces", "2", "--same-person"], "--same-person follows one face, faces several"),
    (["a.avi", "--faces", "all", "--face-at", "1,2"], "--face-at follows one face, faces several"),
    (
      ["a.avi", "--faces", "2", "--fit-settings", "reference"],
      "--faces does not go with fit-settings reference"
    ),
    (["a.avi", "--face-at", "abc"], "'abc' is invalid for '--face-at <x,y>'"),
    (["a.avi", "--face-at", "1,nan"], "'1,nan' is invalid for '--face-at <x,y>'"),
    (
      ["a.avi", "--start", "-1"],
      "'-1' is invalid for '--start <time>': expected a time, 0s or more"
    ),
    (["a.avi", "--start", "00:01:00"], "'00:01:00' is invalid for '--start <time>'"),
    (["a.avi", "--start", "--every", "2"], "'--every' is invalid for '--start <time>'"),
    (["a.avi", "--start", "nan"], "'nan' is invalid for '--start <time>'"),
    (["a.avi", "--duration", "0"], "'0' is invalid for '--duration <time>': expected a time"),
    (["a.avi", "--duration", "-3"], "'-3' is invalid for '--duration <time>'"),
    (["a.avi", "--read-deadline", "0"], "expected a time from 100ms to 1h"),
    (["a.avi", "-o", "x.mp4"], "-o x.mp4: the rows are a CSV; --overlay draws a video"),
    (["a.avi", "-o", "out/x.PNG"], "-o out/x.PNG: the rows are a CSV"),
    (["a.avi", "--frame-rate", "0"], "'--frame-rate <rate>': expected frames a second from 0.001"),
    (
      ["a.avi", "--decoder-threads", "65"],
      "'--decoder-threads <n>': expected a whole number from 0 to 64"
    ),
    (["a.avi", "--fx", "0"], "'--fx <px>': expected a focal length in pixels above 0"),
    (["a.avi", "--fy", "-5"], "'-5' is invalid for '--fy <px>'"),
    (["a.avi", "--cx", "inf"], "'inf' is invalid for '--cx <px>': expected a column in pixels"),
    (["a.avi", "--min-face", "nan"], "'--min-face <px>': expected pixels from 0 to 100000"),
    (["a.avi", "--enlarge", "0"], "'--enlarge <factor>': expected a factor from 0.1 to 8"),
    (["a.avi", "--pose", "head"], "'--pose <axes>': expected world or camera"),
    (["a.avi", "--fit-settings", "fast"], "expected landmarkd or reference"),
    (["a.avi", "--picture-frame", "3"], "--picture-frame needs --picture FILE"),
    (
      ["a.avi", "--picture", "p.png", "--picture-frame", "0"], "expected a whole number, 1 or more"
    ),
    (["a.avi", "b.avi", "--picture", "p.png"], "--picture draws a frame of one input"),
    (["a.avi", "b.avi", "-o", "c.csv"], "give --out-dir for 2 inputs"),
    (
      ["a.avi", "b.avi", "--overlay", "c.mp4"],
      "--overlay c.mp4 draws one input; give --overlay-dir for 2 inputs"
    ),
    (
      ["a.avi", "--overlay", "c.mp4", "--overlay-dir", "d"],
      "--overlay and --overlay-dir exclude each other"
    ),
    (["/dev/video0", "--overlay-dir", "d"], "--overlay-dir is for recorded inputs"),
    (
      ["-", "x/standard-input.mkv", "--overlay-dir", "d"],
      "- and x/standard-input.mkv would both be drawn to d/standard-input.mp4"
    ),
    (["a.avi", "-o", "c.csv", "--out-dir", "d"], "-o and --out-dir exclude each other"),
    (["a.avi", "--picture", "a.csv.json"], "would both be a.csv.json"),
    (["a.avi", "-o", "-", "--picture", "-"], "would both be -"),
    (["a.avi", "x/a.mp4"], "a.avi and x/a.mp4 would both be written to a.csv"),
    (["a.avi", "-o", "."], "-o names a file, . is a folder; give --out-dir ."),
    (["a.avi", "-o", "new/"], "-o names a file, new/ is a folder; give --out-dir new/"),
    (["a.avi", "--out-dir", ""], "'--out-dir <folder>': expected the name of a folder"),
    ([""], "the name of an input is empty"),
    ([], "Missing expected argument '<input> ...'"),
  ])
  func trackSaysWhatIsWrong(arguments: [String], message: String) throws {
    let result = try Command.run(["track", "--model", Fixtures.model] + arguments, in: folder)
    #expect(result.status == 64, "\(result)")
    #expect(result.output == "")
    #expect(result.lines.first?.hasPrefix("Error: ") == true, "\(result)")
    #expect(result.lines.first?.contains(message) == true, "\(result)")
    #expect(result.lines.last?.contains("landmarkd track --help") == true, "\(result)")
    #expect(try folder.names == [])
  }

  /// What was called otherwise before is refused with its name of today.
  @Test(arguments: [
    (["track", "a.avi", "--minimum-face", "60"], "--minimum-face is --min-face now"),
    (["track", "a.avi", "--minimum-face=60"], "--minimum-face is --min-face now"),
    (["track", "a.avi", "--sequence-rate", "30"], "--sequence-rate is --frame-rate now"),
    (
      ["track", "a.avi", "--deadline", "3"], "--deadline is --open-deadline and --read-deadline now"
    ),
    (["fit", "a.png", "--picture", "p"], "--picture is --picture-dir now"),
    (["fit", "a.png", "--pts", "p"], "--pts is --pts-dir now"),
    (["evaluate", "a", "-o", "b"], "-o is --out-dir now"),
    (["inspect", "a", "-o", "b"], "-o is --out-dir now"),
  ])
  func oldNames(arguments: [String], message: String) throws {
    let result = try Command.run(arguments, in: folder)
    #expect(result.status == 64 && result.output == "")
    #expect(result.errors == "Error: \(message)\n")
    #expect(try folder.names == [])
  }

  @Test(arguments: [
    (["trakc"], "Unexpected argument 'trakc'"),
    (["a.avi"], "Unexpected argument 'a.avi'"),
    (["fit", "--model", "m"], "Missing expected argument '<image> ...'"),
    (["fit", "a.png", "--model", "m", "--starts", "3"], "'--starts <n>': expected 1 or 5"),
    (["fit", "a.png", "x/a.jpg", "--model", "m", "--pts-dir", "p"], "a.png and x/a.jpg would be"),
    (["fit", "a.png", "--model", "m", "-o", "."], "-o names a file, . is a folder"),
    (["fit", "a.png", "--nonsense"], "Unknown option '--nonsense'"),
    (["detect"], "Missing expected argument '<input> ...'"),
    (["detect", "a", "--nonsense"], "Unknown option '--nonsense'"),
    (["detect", "a", ""], "the name of an input is empty"),
    (["detect", "a", "--model", "m"], "Unknown option '--model'"),
    (
      ["detect", "a", "--min-score", "1.5"], "'--min-score <score>': expected a number from 0 to 1"
    ),
    (["detect", "a", "--min-face", "nan"], "'--min-face <px>': expected pixels from 0"),
    (["detect", "a", "--every", "0"], "'--every <n>': expected a whole number, 1 or more"),
    (["detect", "a", "-o", "."], "-o names a file, . is a folder"),
    (
      ["detect", "a", "-o", "b.png"], "-o b.png: the rows are a CSV; --picture-dir draws the faces"
    ),
    (
      ["detect", "a.png", "x/a.jpg", "--picture-dir", "p"], "a.png and x/a.jpg would be drawn under"
    ),
    (["detect", "/dev/video0"], "/dev/video0 is a live source; detect reads images and recorded"),
    (
      ["detect", "a", "rtsp://h/s"], "rtsp://h/s is a live source; detect reads images and recorded"
    ),
    (["evaluate"], "Missing expected argument '<folder>'"),
    (["evaluate", "a", "b"], "Unexpected argument 'b'"),
    (["evaluate", "a", "--nonsense"], "Unknown option '--nonsense'"),
    (["evaluate", "a", "--starts", "2"], "'--starts <n>': expected 1 or 5"),
    (["evaluate", "a", "--boxes"], "Missing value for '--boxes <file>'"),
    (["evaluate", "a", "--min-face", "nan"], "'--min-face <px>': expected pixels from 0"),
    (["evaluate", "a", "--min-confidence", "x"], "'x' is invalid for '--min-confidence <share>'"),
    (["inspect"], "Missing expected argument '<input>'"),
    (["inspect", "a", "b"], "Unexpected argument 'b'"),
    (["inspect", "a", "--nonsense"], "Unknown option '--nonsense'"),
    (["inspect", "a", "--frame", "0"], "'--frame <n>': expected a whole number, 1 or more"),
    (["inspect", "a", "--at", "-1"], "'--at <time>': expected a time, 0s or more"),
    (["inspect", "a", "--frame", "2", "--at", "1"], "--frame and --at exclude each other"),
    (["inspect", "a", "--windows", "4"], "--windows"),
    (["inspect", "a", "--box", "1,2"], "'1,2' is invalid for '--box <x,y,width,height>'"),
    (["inspect", "a", "--image", "b"], "--image goes with --compare"),
    (["inspect", "a", "--case", "1"], "--case goes with --compare"),
    (["inspect", ""], "is empty"),
    (["serve"], "Missing expected argument '--config <file>'"),
    (["serve", "--config"], "Missing value for '--config <file>'"),
    (["serve", "--config", "c.yaml", "d.yaml"], "Unexpected argument 'd.yaml'"),
    (["serve", "--config", "c.yaml", "--nonsense"], "Unknown option '--nonsense'"),
    (["devices", "a", "b"], "Unexpected argument 'b'"),
    (["devices", "--nonsense"], "Unknown option '--nonsense'"),
    (["model", "--nonsense"], "Unknown option '--nonsense'"),
    (["model", "info", "a", "b"], "Unexpected argument 'b'"),
    (["model", "info", "--nonsense"], "Unknown option '--nonsense'"),
    (["model", "verify"], "Missing expected argument '<model> ...'"),
    (["model", "verify", "a", "--nonsense"], "Unknown option '--nonsense'"),
    (["model", "convert", "a", "b", "--nonsense"], "Unknown option '--nonsense'"),
    (["model", "export", "a", "--nonsense"], "Unknown option '--nonsense'"),
    (["model", "export"], "Missing expected argument '<output>'"),
    (["model", "convert", "a"], "Missing expected argument '<output>'"),
    (["model", "train"], "Unexpected argument 'train'"),
  ])
  func otherMistakes(arguments: [String], message: String) throws {
    let result = try Command.run(arguments, in: folder)
    #expect(result.status == 64, "\(result)")
    #expect(result.output == "")
    #expect(result.lines.first?.hasPrefix("Error: ") == true, "\(result)")
    #expect(result.lines.first?.contains(message) == true, "\(result)")
    #expect(try folder.names == [])
  }

  /// --force must not destroy what is to be read.
  @Test func anOutputThatIsAnInputIsRefused() throws {
    try folder.copy(Fixtures.portrait, to: "face.pgm")
    try folder.copy(Fixtures.portrait, to: "other.csv.partial")
    symlink("face.pgm", folder.file("link.csv"))
    for arguments in [
      ["face.pgm", "-o", "face.pgm"], ["face.pgm", "-o", "link.csv"],
      ["face.pgm", "-o", "a.csv", "--picture", "./face.pgm"],
      ["other.csv.partial", "-o", "other.csv"],
    ] {
      let result = try Command.run(
        ["track", "--force", "--model", Fixtures.model] + arguments, in: folder)
      #expect(result.status == 64)
      #expect(result.errors.contains("which is to be read"), "\(result)")
    }
    let fit = try Command.run(
      "fit", "face.pgm", "--force", "--model", Fixtures.model, "-o", "face.pgm", in: folder)
    #expect(fit.status == 64)
    #expect(try folder.names == ["face.pgm", "link.csv", "other.csv.partial"])
    #expect(folder.size("face.pgm") == 65_551)
  }
}
