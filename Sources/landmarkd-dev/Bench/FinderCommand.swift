import ArgumentParser
import CLNF
import FaceFinding
import Foundation

/// Searches of a frame by the finder and by dlib.
struct FinderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finder",
    abstract: "Measures searches of a frame of 640 x 480, and of 3840 x 2160, with finder and dlib."
  )

  @OptionGroup var material: BenchMaterial

  @Option(help: "How often a frame is searched.")
  var runs = 100

  func validate() throws {
    guard (1...100_000).contains(runs) else {
      throw ValidationError("--runs is \(runs); expected 1 to 100,000")
    }
  }

  func run() throws {
    var report = BenchReport(instructionSet: InstructionSet.best.rawValue)
    guard let video = material.videos.first,
      let frame = try FrameSet(video, count: 1, grey: .luma).frames.first
    else { return }
    let dlib = try time(runs) {
      let detector = try FrontalFaceDetector(FaceDetectorSettings(searchesReducedFirst: true))
      return { _ = detector.detectFaces(in: frame.image) }
    }
    let size = "\(frame.image.width) x \(frame.image.height)"
    report.add("search", "dlib, reduced scales first, \(size)", dlib, "ms")
    for body in [FaceFinderSettings.Body.best, .portable] {
      for width in [40.0, 20] {
        let search = try searchTime(frame.image, from: width, body, runs)
        let name = "\(body), from \(Int(width)) px, \(size)"
        report.add("search", name, search, "ms")
        report.add("search", "\(name): dlib's time over it", dlib / search, "")
      }
      let level = time(runs, levelSearch(body))
      let products = FinderNet.proposer.multiplyAddsPerPixel * 416 * 304
      report.add("search", "a level of 416 x 304, \(body)", level, "ms")
      report.add("search", "its multiply-adds a second, \(body)", products / level * 1e-6, "G")
    }
    let large = Self.enlarged(frame.image, width: 3840, height: 2160)
    for width in [20.0, 40, 120, 240] {
      let search = try searchTime(large, from: width, .best, max(1, runs / 10))
      report.add("search", "from \(Int(width)) px, 3840 x 2160", search, "ms")
    }
    let first = try searchTime(large, from: 20, .best, max(1, runs / 10), reducedFirst: true)
    report.add("search", "reduced first, 3840 x 2160", first, "ms")
    print("\(Int(FinderNet.proposer.multiplyAddsPerPixel)) multiply-adds a pixel")
    print(report.tables())
  }

  private func searchTime(
    _ image: borrowing GreyImage, from width: Double, _ body: FaceFinderSettings.Body, _ runs: Int,
    reducedFirst: Bool = false
  ) throws -> Double {
    let finder = FaceFinder(
      try FaceFinderSettings(
        smallestFaceWidth: width, enlargement: 2, searchesReducedFirst: reducedFirst, body: body))
    var faces: [DetectedFace] = []
    finder.findFaces(in: image, into: &faces)
    return Timing.median(runs: runs) { finder.findFaces(in: image, into: &faces) }
  }

  /// One level alone: 416 x 304 px with its border, seen without reduction.
  private func levelSearch(_ body: FaceFinderSettings.Body) -> () -> () -> Void {
    {
      let image = GreyImage(width: 384, height: 272, repeating: 100)
      guard let settings = try? FaceFinderSettings(body: body) else { return {} }
      let finder = FaceFinder(settings)
      var faces: [DetectedFace] = []
      let range = FinderNet.proposer.widths.lowerBound...FinderNet.proposer.widths.lowerBound
      return { finder.findFaces(in: image, widths: range, into: &faces) }
    }
  }

  private func time(_ runs: Int, _ make: () throws -> () -> Void) rethrows -> Double {
    let work = try make()
    work()
    return Timing.median(runs: runs, work)
  }

  /// The picture drawn larger, each pixel repeated.
  private static func enlarged(
    _ image: borrowing GreyImage, width: Int, height: Int
  ) -> GreyImage {
    var large = GreyImage(width: width, height: height, repeating: 0)
    let (from, to) = ((image.width, image.height), (width, height))
    image.withSamples { source in
      large.withMutableSamples { target in
        for y in 0..<to.1 {
          for x in 0..<to.0 {
            target[y * to.0 + x] = source[y * from.1 / to.1 * from.0 + x * from.0 / to.0]
          }
        }
      }
    }
    return large
  }
}
