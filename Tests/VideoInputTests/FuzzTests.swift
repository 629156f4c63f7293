import CLNF
import Foundation
import TestSupport
import Testing
import VideoInput

/// Files with bytes changed at random: whatever comes of it, no trap, no hang, and errors that can
/// be shown.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct FuzzTests {
  private static let rounds = 300
  private let seed = TestSeed.of(20_172)

  @Test(
    .timeLimit(.minutes(2)),
    arguments: ["clip.mp4", "clip.avi", "clip.mkv", "clip.ts", "clip.png", "clip.bmp"])
  func damagedBytesNeverTrap(_ name: String) throws {
    let folder = try Folder()
    let codec = name == "clip.avi" ? ["-c:v", "mpeg4"] : []
    let isImage = name == "clip.png" || name == "clip.bmp"
    try FFmpegTool.run(
      ["-f", "lavfi", "-i", "testsrc2=size=48x32:rate=10", "-frames:v", isImage ? "1" : "6"] + codec
        + [name],
      in: folder)
    let original = try folder.read(name)
    var random = SeededGenerator(seed: seed ^ UInt64(checksum(name.utf8)))
    var opened = 0
    for round in 0..<Self.rounds {
      var bytes = original
      // Half of the rounds hit the headers, where the numbers are.
      let reach = round % 2 == 0 ? min(bytes.count, 600) : bytes.count
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let place = Int.random(in: 0..<reach, using: &random)
        bytes[place] =
          Bool.random(using: &random)
          ? [0, 1, 0x7F, 0x80, 0xFF][Int.random(in: 0..<5, using: &random)]
          : UInt8.random(in: 0...255, using: &random)
      }
      if round % 10 == 9 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
      try folder.write(bytes, to: "fuzz-\(name)")
      let settings = try VideoSettings(
        startSeconds: round % 5 == 0 ? 0.2 : 0,
        greyConversion: round % 3 == 0 ? .reference : .luma, keepsColour: round % 4 == 0,
        openDeadlineSeconds: 5, readDeadlineSeconds: 5, decoderThreads: 1)
      do {
        let source = try VideoInput.open(folder.path("fuzz-\(name)"), settings: settings)
        // A damaged count may promise any number of frames.
        let frames = try records(source, limit: 50)
        opened += 1
        #expect(frames.allSatisfy { $0.seconds.isFinite })
        #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.seconds < $1.seconds })
      } catch let error as VideoInputError {
        #expect(isUserMessage(error, naming: "fuzz-\(name)"), "seed \(seed): \(error)")
      }
    }
    // No change gets past PNG's checksums.
    #expect(opened > 0 || name == "clip.png", "the damage is too great to reach the decoder")
  }
}
