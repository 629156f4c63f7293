import Foundation
import TestSupport
import Testing

/// `landmarkd fit`: images to landmarks.
@Suite struct FitCommandTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    try folder.copy(
      Fixtures.folder.appending(path: "synthetic/image_frontal.pgm").path, to: "s.pgm")
    try folder.copy(Fixtures.portrait, to: "portrait.pgm")
  }

  func fit(_ arguments: String...) throws -> Command.Result {
    try Command.run(["fit", "--model", Fixtures.model] + arguments, in: folder)
  }

  @Test func withoutBoxes() throws {
    let result = try fit("portrait.pgm", "s.pgm")
    #expect(result.status == 0, "\(result)")
    #expect(result.errors == "2 images: 1 face, 0 believed, 1 doubtful; 1 without a face\n")
    let table = try Table(result.output)
    // Photos have no times.
    #expect(table.header.prefix(4) == ["image", "frame", "face_id", "confidence"])
    #expect(!table.header.contains("pts") && !table.header.contains("time_utc"))
    #expect(try table.column("image") == ["portrait.pgm", "s.pgm"])
    #expect(try table.column("frame") == ["1", "2"])
    #expect(Double(table.rows[0]["x_0"] ?? "") != nil)
    // Blobs are no face for the detector: an empty row.
    #expect(table.rows[1]["x_0"] == "")
    #expect(table.rows[1]["success"] == "0")
  }

  /// A folder stands for its images.
  @Test func aFolderOfImages() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("photos"), withIntermediateDirectories: false)
    for name in ["shot10.pgm", "shot9.pgm"] {
      try folder.copy(Fixtures.portrait, to: "photos/\(name)")
    }
    try folder.write("no image", to: "photos/notes.txt")
    let result = try fit("photos", "-o", "o.csv")
    #expect(result.status == 0, "\(result)")
    #expect(
      try Table(folder.text("o.csv")).column("image") == ["photos/shot9.pgm", "photos/shot10.pgm"])
    #expect(result.errors.contains("2 images: 2 faces") && result.errors.contains("-> o.csv"))
    let quiet = try fit("photos", "-q")
    #expect(quiet.errors == "")
    try FileManager.default.createDirectory(
      atPath: folder.file("empty"), withIntermediateDirectories: false)
    let empty = try fit("empty")
    #expect(empty.status == 1 && empty.errors.contains("empty is a folder without images"))
    let times = try fit("photos", "--columns", "fit,times")
    #expect(times.status == 64 && times.errors.contains("--columns names times"))
  }

  /// The image's own truth: the box around its landmarks, and where the fit has to end.
  @Test(arguments: ["1", "5"])
  func withBoxes(starts: String) throws {
    let truth = try Truth.frontal()
    let (x, y) = (truth.x.min() ?? 0, truth.y.min() ?? 0)
    let (width, height) = ((truth.x.max() ?? 0) - x, (truth.y.max() ?? 0) - y)
    try folder.write(
      "image,x,y,width,height,comment\r\n\r\n\"s.pgm\", \(x), \(y),\(width),\(height),ok\r\n",
      to: "boxes.csv")
    let result = try fit("./s.pgm", "--boxes", "boxes.csv", "--starts", starts, "-o", "o.csv")
    #expect(result.status == 0, "\(result)")
    let row = try #require(try Table(folder, "o.csv").rows.first)
    var sum = 0.0
    for index in 0..<16 {
      let dx = try #require(Double(row["x_\(index)"] ?? "")) - truth.x[index]
      let dy = try #require(Double(row["y_\(index)"] ?? "")) - truth.y[index]
      sum += (dx * dx + dy * dy).squareRoot()
    }
    // The fixture's fits from boxes end about 0.1 to 1 px from the truth.
    #expect(sum / 16 < 1.5, "\(sum / 16) px")
  }

  @Test(arguments: [
    ("image,x,y,width,height\n\n\ns.pgm,1,2,3\n", "boxes.csv: line 4: "),
    ("s.pgm,1,2,3,4\ns.pgm,1,2,3,abc\n", "boxes.csv: line 2: "),
    ("s.pgm,1,2,0,4\n", "boxes.csv: line 1: "), ("s.pgm,1,nan,3,4\n", "boxes.csv: line 1: "),
    ("s.pgm 1 2 3 4\n", "boxes.csv: line 1: "),
    ("image,width,height,x,y\ns.pgm,1,2,3,4\n", "boxes.csv: line 1: the columns are image,width"),
    ("image,x,y,width,height\nother.png,1,2,3,4\n", "s.pgm: the boxes' file has no box for it"),
    ("", "s.pgm: the boxes' file has no box for it"),
  ])
  func boxesThatCannotBeUsed(text: String, message: String) throws {
    try folder.write(text, to: "boxes.csv")
    let result = try fit("s.pgm", "--boxes", "boxes.csv")
    #expect(result.status == 1 && result.output.split(separator: "\n").count <= 1, "\(result)")
    #expect(result.lines.first?.contains(message) == true, "\(result)")
  }

  @Test func aBoxesFileThatIsNone() throws {
    expectRefusal(try fit("s.pgm", "--boxes", "none.csv"), naming: "cannot read none.csv")
    try folder.write([0xFF, 0xFE, 0x00], to: "utf16.csv")
    expectRefusal(try fit("s.pgm", "--boxes", "utf16.csv"), naming: "utf16.csv")
  }

  @Test func aBoxFarOutside() throws {
    try folder.write("s.pgm,100000,-100000,40,40\ns.pgm,10,10,1e-9,1e9\n", to: "boxes.csv")
    let result = try fit("s.pgm", "--boxes", "boxes.csv", "-o", "o.csv")
    #expect(result.status == 0, "\(result)")
    #expect(try Table(folder, "o.csv").column("face_id") == ["0", "1"])
  }

  @Test func pointsAndPictures() throws {
    let result = try fit(
      "portrait.pgm", "s.pgm", "--pts-dir", "points", "--picture-dir", "pictures/all", "-o", "o.csv"
    )
    #expect(result.status == 0, "\(result)")
    #expect(try folder.text("points/portrait.pts").hasPrefix("version: 1\nn_points: 16\n{\n"))
    // No face, no points; the picture is of every image.
    #expect(!folder.exists("points/s.pts"))
    for name in ["portrait", "s"] {
      let png = try folder.data("pictures/all/\(name).png")
      #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
    // Points count from 1, the CSV from 0.
    let row = try #require(try Table(folder, "o.csv").rows.first)
    let x = try #require(Double(row["x_0"] ?? ""))
    let first = try folder.text("points/portrait.pts").split(separator: "\n")[3]
      .split(separator: " ")
    #expect(abs((Double(first[0]) ?? 0) - 1 - x) < 1e-3)
  }

  /// Nothing is begun where an image's files are there already.
  @Test func existingFilesAreKeptWithoutForce() throws {
    try folder.makeFolder("points")
    try folder.write("mine", to: "points/s.pts")
    expectRefusal(
      try fit("portrait.pgm", "s.pgm", "--pts-dir", "points", "-o", "o.csv"),
      naming: "points/s.pts exists")
    #expect(!folder.exists("o.csv.partial"))
    #expect(!folder.exists("points/portrait.pts"))
    let forced = try fit("portrait.pgm", "--pts-dir", "points", "-o", "o.csv", "--force")
    #expect(forced.status == 0, "\(forced)")
  }

  @Test func aBrokenImageInTheMiddle() throws {
    try folder.write("P5\n64 64\n255\nshort", to: "broken.pgm")
    try folder.makeFolder("folder")
    let result = try fit("portrait.pgm", "broken.pgm", "none.png", "folder", "s.pgm", "-o", "o.csv")
    #expect(result.status == 1, "\(result)")
    #expect(result.lines.count == 4)
    #expect(result.lines.last?.hasSuffix("3 could not be fitted -> o.csv") == true)
    for (line, words) in zip(
      result.lines, ["broken.pgm", "none.png: there is no such file", "folder is a folder"])
    { #expect(line.contains(words), "\(line)") }
    #expect(try Table(folder, "o.csv").column("image") == ["portrait.pgm", "s.pgm"])
    #expect(try Table(folder, "o.csv").column("frame") == ["1", "5"])
  }

  @Test func namesWithCommas() throws {
    try folder.copy(Fixtures.portrait, to: "a,b.pgm")
    let result = try fit("a,b.pgm", "--columns", "fit")
    #expect(result.status == 0, "\(result)")
    #expect(result.output.contains("\n\"a,b.pgm\",1,0,"), "\(result)")
  }
}

/// truth.json of the synthetic images.
struct Truth {
  let x: [Double]
  let y: [Double]

  static func frontal() throws -> Truth {
    let file = try JSONValue(
      contentsOf: Fixtures.folder.appending(path: "synthetic/truth.json"))
    let image = try file["images"].elements().first {
      try $0["image"].string() == "image_frontal.pgm"
    }
    let landmarks = try #require(image)["landmarks"].numbers()
    return Truth(x: Array(landmarks[..<16]), y: Array(landmarks[16...]))
  }
}
