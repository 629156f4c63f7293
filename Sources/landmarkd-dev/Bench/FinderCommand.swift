import ArgumentParser
import CLNF
import FaceFinding
import Foundation

/// Searches of a frame: by a net of the finder's shape, its weights drawn at random, and by dlib.
struct FinderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finder",
    abstract: "Measures searches of a frame of 640 x 480 with the face finder and with dlib.")

  @OptionGroup var material: BenchMaterial

  @Option(help: ArgumentHelp("A net's file instead of the random one.", valueName: "file"))
  var net: String?

  @Option(help: "How often a frame is searched.")
  var runs = 100

  func validate() throws {
    guard (1...100_000).contains(runs) else {
      throw ValidationError("--runs is \(runs); expected 1 to 100,000")
    }
  }

  func run() throws {
    var report = BenchReport(instructionSet: InstructionSet.best.rawValue)
    let net = try makeNet()
    guard let video = material.videos.first,
      let frame = try FrameSet(video, count: 1, grey: .luma).frames.first
    else { return }
    let dlib = try time {
      let detector = try FrontalFaceDetector(FaceDetectorSettings(searchesReducedFirst: true))
      return { _ = detector.detectFaces(in: frame.image) }
    }
    let size = "\(frame.image.width) x \(frame.image.height)"
    report.add("search", "dlib, reduced scales first, \(size)", dlib, "ms")
    for body in [FaceFinderSettings.Body.best, .portable] {
      for width in [40.0, 20] {
        let settings = try FaceFinderSettings(
          smallestFaceWidth: width, enlargement: 2, body: body)
        let finder = FaceFinder(net: net, settings: settings)
        var faces: [DetectedFace] = []
        let name = "\(finder.bodyName), from \(Int(width)) px, \(size)"
        let search = time { { finder.findFaces(in: frame.image, into: &faces) } }
        report.add("search", name, search, "ms")
        report.add("search", "\(name): dlib's time over it", dlib / search, "")
      }
      let level = time(levelSearch(net, body))
      let products = net.multiplyAddsPerPixel * 416 * 304
      report.add("search", "a level of 416 x 304, \(body)", level, "ms")
      report.add("search", "its multiply-adds a second, \(body)", products / level * 1e-6, "G")
    }
    print("\(Int(net.multiplyAddsPerPixel)) multiply-adds a pixel")
    print(report.tables())
  }

  /// One level alone: 416 x 304 px with its border, seen without reduction.
  private func levelSearch(_ net: FinderNet, _ body: FaceFinderSettings.Body) -> () -> () -> Void {
    {
      let image = GreyImage(width: 384, height: 272, repeating: 100)
      guard let settings = try? FaceFinderSettings(body: body) else { return {} }
      let finder = FaceFinder(net: net, settings: settings)
      var faces: [DetectedFace] = []
      let range = net.widths.lowerBound...net.widths.lowerBound
      return { finder.findFaces(in: image, widths: range, into: &faces) }
    }
  }

  private func time(_ make: () throws -> () -> Void) rethrows -> Double {
    let work = try make()
    work()
    return Timing.median(runs: runs, work)
  }

  private func makeNet() throws -> FinderNet {
    guard let net else { return FinderNet(Self.randomContents()) }
    return try FinderNet(bytes: [UInt8](Data(contentsOf: URL(fileURLWithPath: net))), name: net)
  }

  /// Values of about 1 in every layer; faces nearly nowhere.
  private static func randomContents() -> FinderNet.Contents {
    var state: UInt64 = 1
    func values(_ count: Int, _ size: Double) -> [Float] {
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float((Double(state >> 40) / Double(1 << 24) - 0.5) * 3.4641 * size)
      }
    }
    var layers = [
      FinderNet.Layer(inputs: 1, outputs: 12, kernel: 5, stride: 2),
      FinderNet.Layer(inputs: 12, outputs: 24, kernel: 3, stride: 2),
      FinderNet.Layer(inputs: 24, outputs: 24, kernel: 3, stride: 1, addsInput: true),
      FinderNet.Layer(inputs: 24, outputs: 48, kernel: 3, stride: 2),
    ]
    for _ in 0..<5 {
      layers.append(
        FinderNet.Layer(inputs: 48, outputs: 48, kernel: 5, stride: 1, addsInput: true))
    }
    layers.append(
      FinderNet.Layer(inputs: 48, outputs: FinderNet.outputCount, kernel: 1, stride: 1))
    for index in layers.indices {
      let layer = layers[index]
      let area = layer.kernel * layer.kernel
      let (isFirst, isHead) = (index == 0, index == layers.count - 1)
      if !isFirst, !isHead {
        layers[index].depthwise = values(layer.inputs * area, 1 / Double(layer.kernel))
        layers[index].depthwiseBiases = values(layer.inputs, 0.1)
      }
      let inputs = isFirst ? area : layer.inputs
      layers[index].weights = values(
        layer.outputs * inputs, (isHead ? 0.01 : 1) / Double(inputs).squareRoot())
      layers[index].biases = values(layer.outputs, 0.1)
    }
    layers[layers.count - 1].biases[0] = -10
    return FinderNet.Contents(unit: 36, widths: 24...60, threshold: 0.5, layers: layers)
  }
}
