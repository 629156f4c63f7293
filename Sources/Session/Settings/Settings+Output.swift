import Recording

extension Settings {
  static let output = [
    Self.outputFile.description, outDir.description, ndjson.description, json.description,
    picture.description,
    pictureFrame.description, pictureDir.description, ptsDir.description, overlay.description,
    overlayDir.description, thumbnails.description, force.description, quiet.description,
  ]

  public static let outputFile = Setting(
    "output", .path("the name of a file, or - for standard output"), "file", short: "o",
    words: "the input's name with .csv, here; fit, detect: -", in: [.track, .fit, .detect],
    "The CSV to write, - for standard output.")

  public static let outDir = Setting(
    "out-dir", .path("the name of a folder"), "folder", in: [.track, .evaluate, .inspect],
    "Folder for what is written, made if need be.")

  public static let ndjson = Setting(
    flag: "ndjson", in: [.detect],
    "Write a JSON object a line in place of a CSV, as for a name that ends in .ndjson.")

  public static let json = Setting(
    "json", .path("the name of a file, or - for standard output"), "file",
    in: [.evaluate, .inspect], "The report as JSON, - for standard output.")

  public static let force = Setting(
    flag: "force", in: .searches, "Replace files that exist.")

  public static let quiet = Setting(
    flag: "quiet", short: "q", in: [.track, .fit, .detect], "Say nothing but errors.")

  public static let picture = Setting(
    "picture", .path("the name of a file"), "file", in: [.track],
    "Draw the landmarks on one frame, as PNG.")

  public static let pictureFrame = Setting(
    "picture-frame", .integer(1...1_000_000_000, isOpen: true), "n", words: "the first tracked one",
    in: [.track], "Which frame to draw, counted from 1.")

  public static let pictureDir = Setting(
    "picture-dir", .path("the name of a folder"), "folder", in: [.fit, .detect],
    "Folder for a PNG an image, what was found drawn.")

  public static let ptsDir = Setting(
    "pts-dir", .path("the name of a folder"), "folder", in: [.fit],
    "Folder for a .pts file a face.")

  public static let overlay = Setting(
    "overlay", .path("the name of a video or a folder"), "path", in: [.track],
    "Draw every frame: a video (.mp4, .mkv, .mov, .avi, .webm), or a folder (with / at its end if "
      + "it is new) for a PNG a frame.")

  public static let overlayDir = Setting(
    "overlay-dir", .path("the name of a folder"), "folder", in: [.track],
    "Folder for a video an input, every frame drawn: NAME.mp4 beside NAME.csv.")

  public static let thumbnails = Setting(
    "thumbnails", .path("the name of a folder"), "folder", in: [.track],
    "Folder for a small picture of each person, NAME-ID.png, made if need be.")
}

extension Settings {
  static let columnSettings = [
    columns.description, fx.description, fy.description, cx.description, cy.description,
    pose.description, smooth.description, smoothMinCutoff.description, smoothBeta.description,
  ]

  static let groupNames = ColumnGroup.allCases.map(\.rawValue)

  public static let columns = Setting(
    "columns", columnGroups, "list", words: "standard; osc: pose,landmarks,fit",
    in: [.track, .fit, .csv, .ndjson, .osc],
    "Groups of columns, any of \(groupNames.joined(separator: ", ")); standard (all but "
      + "confidences) or all.")

  static let columnGroups: ValueFormat<Set<ColumnGroup>> = {
    let one = ValueFormat<[ColumnGroup]>(
      "one of \(groupNames.joined(separator: ", "))"
    ) { text in
      if text == "all" { return ColumnGroup.allCases }
      if text == "standard" { return Array(ColumnGroup.standard) }
      return ColumnGroup(rawValue: text).map { [$0] }
    }
    return .list(
      "standard, all, or a list of \(groupNames.joined(separator: ", "))", of: one
    ) { groups in groups.isEmpty ? nil : Set(groups.joined()) }
  }()
}
