import CLNF
import Foundation
import Testing
import VideoInput

/// One set of pictures, lossless, behind every kind of source: what is promised for all of them.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct FrameSourceContractTests {
  static let frameCount = 30
  static let rate = 10.0

  enum Kind: String, CaseIterable {
    case mp4, mkv, avi, webm, transportStream, folder, pattern, fifo, pipe, redirectedFile

    var statesTimes: Bool { self != .folder && self != .pattern }
    /// What has to be said of the pictures' rate: nothing where it is stated.
    var frameRate: Double? { statesTimes ? nil : FrameSourceContractTests.rate }
  }

  /// The same 30 pictures in every container. `-qp 0`, FFV1 and VP9's lossless mode keep the luma
  /// as it is.
  static let material = Result { () throws -> Folder in
    let folder = try Folder()
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=3", "-pix_fmt", "yuv420p",
      "-c:v", "ffv1", "master.mkv", in: folder)
    let exact = ["-c:v", "libx264", "-qp", "0", "-bf", "0"]
    try FFmpegTool.run(["-i", "master.mkv"] + exact + ["clip.mp4"], in: folder)
    try FFmpegTool.run(["-i", "master.mkv"] + exact + ["clip.ts"], in: folder)
    try FFmpegTool.run("-i", "master.mkv", "-c", "copy", "clip.avi", in: folder)
    try FFmpegTool.run(
      "-i", "master.mkv", "-c:v", "libvpx-vp9", "-lossless", "1", "-deadline", "realtime",
      "-cpu-used", "8", "clip.webm", in: folder)
    let images = folder.url.appendingPathComponent("images")
    try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
    // Not padded, so that natural order is seen; the first number is not 0 or 1.
    try FFmpegTool.run(
      "-i", "master.mkv", "-pix_fmt", "gray", "-start_number", "7", "images/shot%d.png",
      in: folder)
    try folder.write(Array("not an image".utf8), to: "images/notes.txt")
    return folder
  }

  static func open(
    _ kind: Kind, settings: VideoSettings = .standard
  ) throws -> any FrameSource {
    let folder = try material.get()
    switch kind {
    case .mp4, .mkv, .avi, .webm:
      let name = kind == .mkv ? "master.mkv" : "clip.\(kind.rawValue)"
      return try VideoInput.open(folder.path(name), settings: settings)
    case .transportStream:
      return try VideoInput.open(folder.path("clip.ts"), settings: settings)
    case .folder:
      return try VideoInput.open(folder.path("images"), settings: settings)
    case .pattern:
      return try VideoInput.open(folder.path("images/shot%d.png"), settings: settings)
    case .fifo:
      let path = folder.path("fifo-\(UUID().uuidString)")
      guard mkfifo(path, 0o600) == 0 else { throw FFmpegTool.Failed(description: "mkfifo") }
      feed(folder.path("master.mkv"), into: path)
      return try VideoInput.open(path, settings: settings)
    case .pipe:
      let pipe = Pipe()
      let bytes = try folder.read("master.mkv")
      Thread.detachNewThread {
        pipe.fileHandleForWriting.write(Data(bytes))
        try? pipe.fileHandleForWriting.close()
      }
      let descriptor = dup(pipe.fileHandleForReading.fileDescriptor)
      return try VideoInput.open(
        descriptor: descriptor, closesDescriptor: true, name: "pipe", settings: settings)
    case .redirectedFile:
      // As with `landmarkd track - < clip.mp4`, whose index is at the end of the file.
      let descriptor = Glibc.open(folder.path("clip.mp4"), O_RDONLY)
      return try VideoInput.open(
        descriptor: descriptor, closesDescriptor: true, name: "redirected", settings: settings)
    }
  }

  private static func feed(_ file: String, into fifo: String) {
    Thread.detachNewThread {
      // Waits until the source has opened the other end.
      guard let data = FileManager.default.contents(atPath: file),
        let handle = FileHandle(forWritingAtPath: fifo)
      else { return }
      handle.write(data)
      try? handle.close()
    }
  }

  @Test(arguments: Kind.allCases)
  func givesEveryFrameInOrder(_ kind: Kind) throws {
    let folder = try Self.material.get()
    let expected = try FFmpegTool.greyFrames("master.mkv", width: 96, height: 64, in: folder)
    #expect(Set(expected).count == Self.frameCount, "the pictures must differ")
    let settings = try VideoSettings(frameRate: kind.frameRate)
    let source = try Self.open(kind, settings: settings)
    let frames = try records(source)
    #expect(frames.map(\.grey) == expected)
    #expect(frames.map(\.number) == Array(1...Self.frameCount))
    #expect(frames.allSatisfy { $0.width == 96 && $0.height == 64 && !$0.isDamaged })
    for (index, frame) in frames.enumerated() {
      // Matroska counts in milliseconds; 0.1 s is a whole number of any of the time bases.
      #expect(abs(frame.seconds - Double(index) / Self.rate) < 1e-9)
      #expect((frame.timestamp != nil) == kind.statesTimes)
    }
    #expect(source.description.width == 96 && source.description.height == 64)
    let report = source.report
    #expect(report.framesDecoded == 30 && report.framesDelivered == 30)
    #expect(report.framesSkipped == 0 && report.decodeErrors == 0 && report.damagedFrames == 0)
    #expect(report.corruptPackets == 0 && report.resolutionChanges == 0)
    #expect(!report.isDamaged, "\(report)")
    #expect(report.notes.isEmpty)
  }

  @Test(arguments: Kind.allCases)
  func endsForEver(_ kind: Kind) throws {
    let source = try Self.open(kind)
    _ = try records(source)
    var frame = VideoFrame()
    for _ in 0..<3 { #expect(try !source.read(into: &frame)) }
    #expect(source.report.framesDelivered == Self.frameCount)
  }

  @Test(arguments: Kind.allCases)
  func leavesOutWhatWasNotAskedFor(_ kind: Kind) throws {
    let all = try records(Self.open(kind, settings: VideoSettings(frameRate: kind.frameRate)))
    let settings = try VideoSettings(
      startSeconds: 0.75, durationSeconds: 1.5, everyNthFrame: 4, frameRate: kind.frameRate)
    let source = try Self.open(kind, settings: settings)
    let frames = try records(source)
    // 0.8 s is frame 9; every fourth before 2.25 s.
    #expect(frames.map(\.number) == [9, 13, 17, 21])
    #expect(frames == [8, 12, 16, 20].map { all[$0] })
    #expect(source.report.framesDelivered == 4)
    #expect(!source.report.endedEarly, "to stop by request is not to end early")
  }

  @Test(arguments: Kind.allCases)
  func interruptionEndsReading(_ kind: Kind) throws {
    let source = try Self.open(kind)
    var frame = VideoFrame()
    #expect(try source.read(into: &frame))
    source.interrupt()
    for _ in 0..<2 {
      let error = videoError { _ = try source.read(into: &frame) }
      #expect(error?.kind == .interrupted)
    }
  }

  @Test(arguments: Kind.allCases)
  func keepsColourOnRequest(_ kind: Kind) throws {
    let source = try Self.open(kind, settings: VideoSettings(keepsColour: true))
    var frame = VideoFrame()
    #expect(try source.read(into: &frame))
    let hasColour = frame.hasColour
    let size = [frame.colour.width, frame.colour.height]
    #expect(hasColour)
    #expect(size == [3 * 96, 64])
    let plain = try Self.open(kind)
    #expect(try plain.read(into: &frame))
    let stillHasColour = frame.hasColour
    #expect(!stillHasColour)
  }

  @Test(arguments: Kind.allCases)
  func readingReusesTheFrame(_ kind: Kind) throws {
    let source = try Self.open(kind)
    var frame = VideoFrame()
    #expect(try source.read(into: &frame))
    let first = frame.grey.withSamples { $0.baseAddress }
    for _ in 0..<10 { #expect(try source.read(into: &frame)) }
    let last = frame.grey.withSamples { $0.baseAddress }
    #expect(last == first)
  }
}
