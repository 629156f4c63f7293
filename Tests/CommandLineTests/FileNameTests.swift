import Foundation
import SystemNames
import Testing

/// Names of files that are no UTF-8, in every place where a name is given or found. They come from a
/// shell's printf: arguments that are written here are text.
@Suite final class FileNameTests {
  /// "café" in Latin-1.
  private static let begin = #"n=$(printf 'caf\351');"#
  private let folder: Scratch

  init() throws { folder = try Scratch() }

  // Foundation does not remove what has such a name.
  deinit { _ = try? shell("rm -rf ./*") }

  private func shell(_ script: String, _ arguments: String...) throws -> Command.Result {
    try Command.shell(Self.begin + script, arguments, in: folder)
  }

  /// The bytes of the names in a folder.
  private func names(_ place: String) throws -> Set<[UInt8]> {
    return Set(
      try #require(SystemName.names(inFolder: folder.file(place))).map { SystemName.bytes($0.name) }
    )
  }

  private func bytes(_ before: String, _ after: String) -> [UInt8] {
    Array(before.utf8) + [0xE9] + Array(after.utf8)
  }

  @Test func filesAreTracked() throws {
    let clip = try Media.face.get()
    let result = try shell(
      """
      cp '\(clip)' "$n.avi"; "$@" "$n.avi" --overlay "o$n.mp4" --picture "$n.png" --picture-frame 2
      """, "track", "--model", Fixtures.model)
    #expect(result.status == 0, "\(result)")
    #expect(result.errors.contains(#"caf\xE9.avi: 30 frames"#), "\(result)")
    #expect(
      try names(".") == [
        bytes("caf", ".avi"), bytes("caf", ".csv"), bytes("caf", ".csv.json"), bytes("caf", ".png"),
        bytes("ocaf", ".mp4"),
      ])
    let report = try #require(
      SystemName.contents(
        ofFile: folder.file(SystemName.text(bytes("caf", ".csv.json")))))
    #expect(String(decoding: report, as: UTF8.self).contains(#""input" : "caf\\xE9.avi""#))
    // What is there stays; the message is text.
    let again = try shell(#""$@" "$n.avi""#, "track", "--model", Fixtures.model)
    #expect(again.status == 1 && again.errors.contains(#"caf\xE9.csv exists"#), "\(again)")
  }

  @Test func foldersAndPatternsHaveThem() throws {
    let clip = try Media.face.get()
    let result = try shell(
      """
      mkdir "$n"; ffmpeg -v error -i '\(clip)' -frames:v 3 "$n/$n%d.png" && "$@" "$n" "$n/$n%d.png" --out-dir "r$n/s"
      """, "track", "--model", Fixtures.model)
    #expect(result.status == 0, "\(result)")
    let place = SystemName.text(bytes("rcaf", "/s"))
    #expect(
      try names(place) == [
        bytes("caf", ".csv"), bytes("caf", ".csv.json"), bytes("caf", "%d.csv"),
        bytes("caf", "%d.csv.json"),
      ])
    for name in [".csv", "%d.csv"] {
      let path = folder.file(place + "/" + SystemName.text(bytes("caf", name)))
      let rows = String(decoding: try #require(SystemName.contents(ofFile: path)), as: UTF8.self)
      let sources = rows.split(separator: "\n").map { $0.prefix { $0 != "," } }
      #expect(sources == ["source", #"caf\xE91.png"#, #"caf\xE92.png"#, #"caf\xE93.png"#])
    }
    // Boxes may name an image by its bytes or as it is shown.
    let fit = try shell(
      """
      printf 'image,x,y,width,height\\n%s,40,40,180,180\\n' "${n}1.png" > "$n.boxes"
      printf 'image,x,y,width,height\\n%s,40,40,180,180\\n' 'caf\\xE91.png' > shown.boxes
      "$@" "$n/${n}1.png" --boxes "$n.boxes" -o a.csv --pts-dir "p$n" &&
        "$@" "$n/${n}1.png" --boxes shown.boxes -o b.csv && cmp a.csv b.csv
      """, "fit", "--model", Fixtures.model)
    #expect(fit.status == 0, "\(fit)")
    #expect(try names(SystemName.text(bytes("pcaf", ""))) == [bytes("caf", "1.pts")])
  }

  @Test func modelsAndMistakesHaveThem() throws {
    let files = URL(fileURLWithPath: Fixtures.model).deletingLastPathComponent().path
    let result = try shell(
      """
      mkdir "$n" && cp -r '\(files)'/. "$n" && "$@" '\(try Media.face.get())' -o "$n.csv" \
        --model "$n"
      """, "track")
    #expect(result.status == 0, "\(result)")
    let missing = try shell(#""$@" "no$n.avi""#, "track", "--model", Fixtures.model)
    #expect(missing.status == 1, "\(missing)")
    #expect(
      missing.errors.contains(#"cannot open nocaf\xE9.avi: there is no such file"#), "\(missing)")
    let wrong = try shell(#""$@" "--$n" a.avi"#, "track")
    #expect(wrong.status == 64 && wrong.errors.contains(#"--caf\xE9"#), "\(wrong)")
  }
}
