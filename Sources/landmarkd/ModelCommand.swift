import ArgumentParser
import CLNF
import Recording

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Look at models, check them, convert them.",
    subcommands: [Info.self, Verify.self, Convert.self, Export.self])

  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what a model holds: scales, views, landmarks, neurons, windows, checksum.")

    @Argument(
      help:
        "A .landmarkd file, an OpenFace main_*.txt or clnf_*.txt, or a folder; without it the model that landmarkd brings."
    )
    var model: String?

    func run() throws { try Terminal.print(ModelSummary(try load(model)).text) }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Read a model whole and check every figure; status 1 if it cannot be used.")

    @Argument(help: "Models.")
    var model: [String]

    func run() throws {
      var allUsable = true
      for path in model {
        let checksum: String
        do {
          checksum = try FaceModel.load(path).checksum
        } catch {
          Terminal.complain(error)
          allUsable = false
          continue
        }
        try Terminal.print("\(path): usable, sha256:\(checksum)")
      }
      if !allUsable { throw Terminal.unusable }
    }
  }

  struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a model as one file in landmarkd's own format.")

    @Argument(help: "The model to read.")
    var model: String

    @Argument(help: ArgumentHelp("The file to write.", valueName: "output"))
    var output: String

    @Flag(help: "Replace a file that exists.")
    var force = false

    func run() throws {
      try write(try load(model).withStandardSettings().archive(), to: output, force: force)
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the model that landmarkd brings as a file.")

    @Argument(help: ArgumentHelp("The file to write.", valueName: "output"))
    var output: String

    @Flag(help: "Replace a file that exists.")
    var force = false

    func run() throws { try write(FaceModel.defaultArchive(), to: output, force: force) }
  }
}

private func write(_ bytes: [UInt8], to output: String, force: Bool) throws {
  do {
    try WholeFile.write(bytes, to: output, force: force)
  } catch {
    Terminal.complain(error)
    throw Terminal.unusable
  }
}

/// The default model without a path.
private func load(_ path: String?) throws -> FaceModel {
  do {
    guard let path else { return try FaceModel.default() }
    return try FaceModel.load(path)
  } catch {
    Terminal.complain(error)
    throw Terminal.unusable
  }
}

/// A model in words.
struct ModelSummary {
  private var lines: [String] = []

  init(_ model: FaceModel) {
    let settings = model.fitSettings ?? FitSettings.landmarkd(for: model)
    lines.append("\(model.name)")
    lines.append("  checksum     sha256:\(model.checksum)")
    lines.append("  size         \(model.fileSize) bytes")
    lines.append(
      "  shape model  \(model.landmarkCount) landmarks, \(model.shapeModel.modeCount) modes")
    for (index, scale) in model.scales.enumerated() {
      add(scale, index, settings, isFinest: index == model.scales.count - 1)
    }
    if let validator = model.validator { add(validator) }
    if !model.triangulations.isEmpty {
      let counts = model.triangulations.map { "\($0.count)" }.joined(separator: " ")
      lines.append("  triangles    \(counts)")
    }
    for part in model.parts {
      lines.append(
        "  part         \(part.name): \(part.model.landmarkCount) landmarks, \(part.mapping.count) shared, scales \(Self.list(part.model.scales.map(\.patchScaling)))"
      )
    }
    lines.append(
      "  fit windows  first fit \(settings.firstFitWindows), tracking \(settings.trackingWindows); responses to the power of \(settings.responseExponent)"
    )
    if let detail = settings.detail {
      lines.append(
        "  details      lids and lips once more with \(detail.window) at the finest scale")
    }
  }

  var text: String { lines.joined(separator: "\n") }

  private mutating func add(
    _ scale: ExpertScale, _ index: Int, _ settings: FitSettings, isFinest: Bool
  ) {
    let visible = scale.views.map { "\($0.experts.count { $0 != nil })" }.joined(separator: " ")
    let size = scale.kernelSize
    lines.append(
      "  scale \(index)      \(scale.patchScaling) px/mm, \(scale.views.count) views, \(Self.experts(scale)) on \(size) x \(size) px"
    )
    lines.append(
      "    views      \(scale.views.map { Self.degrees($0.center) }.joined(separator: ", "))")
    lines.append("    visible    \(visible) landmarks by view")
    if scale.hasNets {
      let mirrored = scale.views.map { "\($0.experts.count { $0?.isMirrored ?? false })" }
      lines.append("    mirrored   \(mirrored.joined(separator: " ")) of them by view")
    }
    var used = [settings.firstFitWindows, settings.trackingWindows]
      .compactMap { index < $0.count && $0[index] > 0 ? $0[index] : nil }
    if isFinest, let detail = settings.detail { used.append(detail.window) }
    lines.append("    windows    \(Self.windows(scale, Set(used).sorted(by: >)))")
  }

  /// How many experts of which kind.
  private static func experts(_ scale: ExpertScale) -> String {
    let experts = scale.views.flatMap(\.experts).compactMap { $0 }
    if let net = experts.lazy.compactMap(\.net).first {
      let sizes = net.sizes.map { "\($0)" }.joined(separator: "-")
      return
        "\(experts.count) nets \(sizes) (\(experts.count { !$0.isMirrored }) stored)"
    }
    let neurons = experts.compactMap { $0.field?.neurons.count }
    let range =
      neurons.min() == neurons.max()
      ? "\(neurons.min() ?? 0)" : "\(neurons.min() ?? 0) to \(neurons.max() ?? 0)"
    return "\(neurons.count) experts of \(range) neurons"
  }

  private static func windows(_ scale: ExpertScale, _ used: [Int]) -> String {
    guard !scale.hasNets else {
      let words = used.isEmpty ? "none" : list(used)
      return "nets have no Sigma; fitted with \(words)"
    }
    let edges = scale.windowSizesWithEdges
    let words = used.map { "\($0) \(edges.contains($0) ? "with edges" : "edge-free")" }
    return
      "edges for \(edges.isEmpty ? "none" : list(edges)), edge-free Sigma for all others; fitted with \(words.isEmpty ? "none" : words.joined(separator: ", "))"
  }

  /// A view's centre, degrees.
  private static func degrees(_ center: EulerAngles) -> String {
    let angles = [center.x, center.y, center.z].map {
      "\(Int(($0 * 180 / Double.pi).rounded()))"
    }
    return "(\(angles.joined(separator: " ")))"
  }

  private mutating func add(_ validator: LandmarkValidator) {
    let kind =
      switch validator.views[0].classifier {
      case .linear: "linear (type 0)"
      case .fullyConnected: "fully connected (type 1)"
      case .convolutional: "convolutional (type 2)"
      }
    lines.append("  validator    \(kind), \(validator.views.count) views")
  }

  private static func list<Value>(_ values: [Value]) -> String {
    values.map { "\($0)" }.joined(separator: " ")
  }
}
