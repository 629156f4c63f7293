import CLNF
import Measurement
import Session
import Tracking
import VideoInput

extension StreamConfiguration {
  /// nil where name or source are missing or wrong; whatever else is wrong is complained about and
  /// left at its default.
  init?(reading section: ConfigurationSection, _ context: StreamReading) {
    let name = section.require(ServiceSettings.name)
    if let name {
      context.claim(
        name, as: "stream", section, ServiceSettings.name.key,
        expected: "a name that no other has")
    }
    let source = SourceConfiguration(reading: section, context.secrets)
    let model = section.read(Settings.model)
    let landmarkCount = model.flatMap { Self.load($0, section, context)?.landmarkCount }
    var tracking = TrackingConfiguration(reading: section)
    let outputs = section.elements(
      ServiceSettings.outputs.key, expected: ServiceSettings.outputs.format.expected
    ).compactMap { node, path in
      OutputConfiguration.read(
        node, path, section.list, stream: name, landmarkCount: landmarkCount, context)
    }
    guard let name, let source else { return nil }
    tracking.judgesLandmarks = outputs.contains { $0.columns.contains(.confidences) }
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
        Settings.model.key, "cannot be used: \(error)",
        expected: "a .landmarkd file, an OpenFace main_*.txt or clnf_*.txt, or a folder with one")
      return nil
    }
  }
}

extension SourceConfiguration {
  init?(reading section: ConfigurationSection, _ secrets: SecretSource) {
    let address = Self.readAddress(section, secrets)
    let size = section.read(Settings.videoSize)
    let pixelFormat = section.read(Settings.pixelFormat)
    let rate = section.read(Settings.liveFrameRate)
    let transport = section.value(Settings.rtspTransport)
    let allowsRedirects = section.value(Settings.allowRedirects)
    let openDeadline = section.read(Settings.openDeadline)
    let readDeadline = section.read(Settings.readDeadline)
    let largest = section.read(Settings.largestPicture)
    let buffer = section.value(Settings.buffer)
    guard let address else { return nil }
    do {
      self.init(
        address: address,
        settings: try LiveSettings(
          pixelFormat: pixelFormat, width: size?.width, height: size?.height,
          framesPerSecond: rate, rtspTransport: transport,
          allowsRedirects: allowsRedirects,
          openDeadlineSeconds: Settings.openDeadline.liveValue(openDeadline),
          readDeadlineSeconds: Settings.readDeadline.liveValue(readDeadline),
          largestPicture: try largest.map(LargestPicture.init(megapixels:))
            ?? .live,
          bufferSeconds: buffer))
    } catch {
      // Each value was read within its range.
      section.complain(
        ServiceSettings.source.key, "cannot be used: \(error)",
        expected: ServiceSettings.source.format.expected)
      return nil
    }
  }
}

extension TrackingConfiguration {
  init(reading section: ConfigurationSection) {
    self.init()
    camera = CameraIntrinsics.Overrides(
      fx: section.read(Settings.fx), fy: section.read(Settings.fy),
      cx: section.read(Settings.cx), cy: section.read(Settings.cy))
    pose = section.read(Settings.pose) ?? pose
    faceLimit = section.read(Settings.faces) ?? faceLimit
    preferredPoint = section.read(Settings.faceAt)
    keepsPerson = section.read(Settings.samePerson) ?? keepsPerson
    minimumFaceWidth = section.read(Settings.minFace) ?? minimumFaceWidth
    enlargement = section.read(Settings.enlarge)
    for limit in BeliefLimit.allCases { belief[limit] = section.read(limit.setting) }
    matchesTemplate = section.read(Settings.fastMotion) ?? matchesTemplate
    smoothing = Self.smoothing(section)
    do {
      try Settings.checkFaces(self)
    } catch {
      section.complain(error.key, error.problem, expected: error.expected)
    }
  }

  private static func smoothing(_ section: ConfigurationSection) -> OneEuroSettings? {
    let isOn = section.read(Settings.smooth)
    let cutoff = section.read(Settings.smoothMinCutoff)
    let beta = section.read(Settings.smoothBeta)
    // What is wrong is not said twice.
    if section.has(Settings.smooth), isOn == nil { return nil }
    do {
      return try Settings.smoothing(isOn ?? false, minCutoff: cutoff, beta: beta)
    } catch {
      section.complain(error.key, error.problem, expected: error.expected)
      return nil
    }
  }
}
