import Foundation
import SystemNames
import TestSupport
import Testing

/// Every name has one String, and comes back from it.
struct SystemNameTests {
  @Test(arguments: [
    (Array("plain.mp4".utf8), "plain.mp4"), (Array("Größe é 顔.mp4".utf8), "Größe é 顔.mp4"),
    ([0x63, 0x61, 0x66, 0xE9], "caf\u{10FFE9}"), ([0xFF, 0xFE], "\u{10FFFF}\u{10FFFE}"),
    // An overlong slash, a surrogate, a character that is cut off: none of them is text.
    ([0xC0, 0xAF], "\u{10FFC0}\u{10FFAF}"), ([0xED, 0xA0, 0x80], "\u{10FFED}\u{10FFA0}\u{10FF80}"),
    ([0x61, 0xE9, 0xA1], "a\u{10FFE9}\u{10FFA1}"),
    // A name that really has one of the code points.
    (Array("\u{10FF80}".utf8), "\u{10FFF4}\u{10FF8F}\u{10FFBE}\u{10FF80}"), ([], ""),
  ])
  func stringsOfNames(bytes: [UInt8], text: String) {
    #expect(SystemName.text(bytes).unicodeScalars.elementsEqual(text.unicodeScalars))
    #expect(SystemName.bytes(text) == bytes)
  }

  @Test(arguments: TestSeed.of([1, 2, 3]))
  func everyNameComesBack(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var seen: [String: [UInt8]] = [:]
    for _ in 0..<5000 {
      let length = Int.random(in: 0...12, using: &generator)
      // Mostly from bytes that begin or go on characters, and those of the reserved ones.
      let bytes = (0..<length).map { _ -> UInt8 in
        let some: [UInt8] = [0xF4, 0x8F, 0xBE, 0xBF, 0x80, 0xC3, 0xE9, 0x61, 0xFF]
        return Bool.random(using: &generator)
          ? some.randomElement(using: &generator) ?? 0x61
          : UInt8.random(in: 1...255, using: &generator)
      }
      let text = SystemName.text(bytes)
      #expect(SystemName.bytes(text) == bytes)
      let scalars = text.unicodeScalars.map { String($0.value) }.joined(separator: " ")
      #expect(seen.updateValue(bytes, forKey: scalars).map { $0 == bytes } ?? true)
      #expect(!SystemName.shown(text).unicodeScalars.contains { $0.value >= 0x10FF80 })
    }
  }

  @Test func namesAreShownAsText() {
    #expect(SystemName.shown(SystemName.text([0x63, 0xE9, 0x2E, 0x6D])) == "c\\xE9.m")
    #expect(SystemName.shown("é") == "é")
  }

  /// The calls, on a real folder.
  @Test func callsTakeThem() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/names-\(UUID().uuidString)"
    #expect(mkdir(folder, 0o700) == 0)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let name = SystemName.text([0x63, 0xE9])
    let path = folder + "/" + name
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
    #expect(descriptor >= 0 && write(descriptor, "face", 4) == 4 && close(descriptor) == 0)
    #expect(SystemName.contents(ofFile: path) == Array("face".utf8))
    #expect(SystemName.names(inFolder: folder)?.map(\.name) == [name])
    #expect(SystemName.realPath(of: path)?.hasSuffix("/" + name) == true)
    #expect(access(path, R_OK) == 0 && !SystemName.isFolder(path) && SystemName.isFolder(folder))
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_size == 4 && lstat(path, &status) == 0)
    #expect(link(path, path + "2") == 0 && rename(path + "2", path + "3") == 0)
    #expect(unlink(path + "3") == 0 && unlink(path) == 0)
    #expect(
      SystemName.names(inFolder: folder)?.isEmpty == true && SystemName.names(inFolder: path) == nil
    )
  }
}
