import CLNF
import Measurement
import Session
import Tracking
import VideoInput

extension StreamConfiguration {
  static let keys =
    ["name", "source", "model", "outputs"] + SourceConfiguration.keys + TrackingConfiguration.keys

  /// nil where name or source are missing or wrong; whatever else is wrong is complained about and
  /// left at its default.
  init?(reading section: ConfigurationSection, _ context: StreamReading) {
    let name = section.require("name", .streamName)
    if let name {
      context.claim(name, as: "stream", section, "name", expected: "a name that no other has")
    }
    let source = SourceConfiguration(reading: section, context.secrets)
    let model = section.read("model", .text("a model's file or folder"))
    let landmarkCount = model.flatMap { path in
      section.has("model") ? Self.load(path, section, context)?.landmarkCount : nil
    }
    let tracking = TrackingConfiguration(reading: section)
    let outputs = section.elements(
      "outputs", expected: "a list of outputs, each with a type"
    ).compactMap { node, path in
      OutputConfiguration.read(
        node, path, section.list, stream: name, landmarkCount: landmarkCount, context)
    }
    guard let name, let source else { return nil }
    self.init(name: name, source: source, model: model, tracking: tracking, outputs: outputs)
  }

  /// nil where the model cannot be used.
  private static func load(
    _ model: String, _ section: ConfigurationSection, _ context: StreamReading
  ) -> FaceModel? {
    do {
      return try context.models.refresh(model)
    } catch {
      section.complain(
        "model", "cannot be used: \(error)",
        expected: "a .landmarkd file, an OpenFace main_*.txt or clnf_*.txt, or a folder with one")
      return nil
    }
  }
}

extension SourceConfiguration {
  static let keys =
    addressKeys + [
      "pixel-format", "video-size", "frame-rate", "rtsp-transport", "allow-redirects",
      "open-deadline", "read-deadline", "largest-picture", "buffer",
    ]

  init?(reading section: ConfigurationSection, _ secrets: SecretSource) {
    let address = Self.readAddress(section, secrets)
    let size = section.read("video-size", Self.size)
    let pixelFormat = section.read("pixel-format", Self.pixelFormat)
    let rate = section.read("frame-rate", .number(0.01...1000, "frames a second"))
    let transport = section.read(
      "rtsp-transport", .choice(["tcp": LiveSettings.RTSPTransport.tcp, "udp": .udp]))
    let allowsRedirects = section.read("allow-redirects", .flag)
    let openDeadline = section.read("open-deadline", .duration(0.1...600))
    let readDeadline = section.read("read-deadline", .duration(0.1...600))
    let largest = section.read(
      "largest-picture", .number(LargestPicture.megapixels, "megapixels"))
    let buffer = section.read("buffer", .duration(0...60))
    guard let address else { return nil }
    let standard = LiveSettings.standard
    do {
      self.init(
        address: address,
        settings: try LiveSettings(
          pixelFormat: pixelFormat, width: size?.width, height: size?.height,
          framesPerSecond: rate, rtspTransport: transport ?? standard.rtspTransport,
          allowsRedirects: allowsRedirects ?? standard.allowsRedirects,
          openDeadlineSeconds: openDeadline ?? standard.openDeadlineSeconds,
          readDeadlineSeconds: readDeadline ?? standard.readDeadlineSeconds,
          largestPicture: try largest.map(LargestPicture.init(megapixels:))
            ?? standard.largestPicture,
          bufferSeconds: buffer ?? standard.bufferSeconds))
    } catch {
      // Each value was read within its range; what is left is what FFmpeg does not know.
      section.complain("source", "cannot be used: \(error)", expected: Self.addressText.expected)
      return nil
    }
  }

  /// As FFmpeg names them.
  private static var pixelFormat: ValueFormat<String> {
    ValueFormat("FFmpeg's name of a pixel format or codec, such as yuyv422 or mjpeg") { text in
      (try? LiveSettings(pixelFormat: text)) == nil ? nil : text
    }
  }

  private static var size: ValueFormat<(width: Int, height: Int)> {
    ValueFormat("WIDTHxHEIGHT in pixels, each from 1 to 16384, such as 640x480") { text in
      let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { part in
        part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil
      }
      guard parts.count == 2, let width = parts[0], let height = parts[1],
        (1...16384).contains(width), (1...16384).contains(height)
      else { return nil }
      return (width, height)
    }
  }
}

extension TrackingConfiguration {
  static let keys = ["camera", "pose", "face", "belief", "fast-motion", "smoothing"]

  init(reading section: ConfigurationSection) {
    self.init()
    if let camera = section.section("camera", keys: ["fx", "fy", "cx", "cy"]) {
      self.camera = CameraIntrinsics.Overrides(
        fx: camera.read("fx", .positive("a focal length in pixels")),
        fy: camera.read("fy", .positive("a focal length in pixels")),
        cx: camera.read("cx", .finite("a column in pixels")),
        cy: camera.read("cy", .finite("a row in pixels")))
    }
    pose = section.read("pose", .choice(["world": PoseAxes.world, "camera": .camera])) ?? pose
    if let face = section.section("face", keys: ["at", "minimum", "enlarge"]) {
      preferredPoint = Self.point(face)
      minimumFaceWidth = face.read("minimum", .number(0...100_000, "pixels")) ?? minimumFaceWidth
      enlargement = face.read("enlarge", .number(0.1...8, "a factor"))
    }
    if let belief = section.section("belief", keys: BeliefConfiguration.keys) {
      self.belief = BeliefConfiguration(reading: belief)
    }
    matchesTemplate = section.read("fast-motion", .flag) ?? matchesTemplate
    smoothing = Self.smoothing(section)
  }

  private static func point(_ face: ConfigurationSection) -> TrackingSettings.Point? {
    let expected = "a point in pixels, [x, y]"
    guard let node = face.node("at") else { return nil }
    guard case .sequence(let nodes) = node.value, nodes.count == 2 else {
      if case .unusable = node.value { return nil }
      face.complain("at", node.kind, expected: expected)
      return nil
    }
    let values = nodes.enumerated().map { index, node in
      ConfigurationSection.value(
        of: node, "\(face.path(of: "at"))[\(index)]", .number(-100_000...100_000, "pixels"),
        face.list)
    }
    guard let x = values[0], let y = values[1] else { return nil }
    return TrackingSettings.Point(x: x, y: y)
  }

  /// `true`, `false`, or the filter's own settings.
  private static func smoothing(_ section: ConfigurationSection) -> OneEuroSettings? {
    guard let node = section.node("smoothing") else { return nil }
    guard case .mapping = node.value else {
      return section.read("smoothing", smoothingFlag) == true ? .standard : nil
    }
    let standard = OneEuroSettings.standard
    guard let own = section.section("smoothing", keys: ["minimum-cutoff", "speed-coefficient"])
    else { return nil }
    let cutoff = own.read("minimum-cutoff", .number(0.001...1000, "Hz"))
    let coefficient = own.read("speed-coefficient", .number(0...1000, "Hz for a px/s"))
    return try? OneEuroSettings(
      minimumCutoffHertz: cutoff ?? standard.minimumCutoffHertz,
      speedCoefficient: coefficient ?? standard.speedCoefficient)
  }

  private static var smoothingFlag: ValueFormat<Bool> {
    ValueFormat("true, false, or minimum-cutoff and speed-coefficient") {
      ValueFormat.flag.parse($0)
    }
  }
}

extension BeliefConfiguration {
  static let keys = [
    "min-confidence", "max-mean-shift", "max-peak-offset", "max-step", "max-shape-distance",
    "max-likelihood-drop", "max-movement",
  ]

  init(reading section: ConfigurationSection) {
    self.init()
    minimumConfidence = section.read("min-confidence", .number(0...1))
    maximumMeanShift = section.read("max-mean-shift", .positive("model px"))
    maximumPeakOffset = section.read("max-peak-offset", .positive("model px"))
    maximumStep = section.read("max-step", .positive("model px"))
    maximumShapeDistance = section.read("max-shape-distance", .positive())
    maximumLikelihoodDrop = section.read("max-likelihood-drop", .positive())
    maximumMovement = section.read("max-movement", .positive("a share of the face's width"))
  }
}
