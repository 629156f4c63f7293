import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Views and scales together: what is trained, what is mirrored, what is kept.
struct ExpertTrainingTests {
  /// Crops of heads turned by -30 ... 30 degrees of yaw; landmarks scattered, some unseen.
  static func crops(count: Int = 80) -> [ReferenceCrop] {
    var generator = SeededGenerator(seed: 2)
    return SyntheticCrops.corners(count: count, landmarks: 68).map { crop in
      var crop = crop
      for landmark in 0..<68 {
        crop.landmarks[landmark] += SIMD2(
          Float(generator.uniform(-8...8)), Float(generator.uniform(-8...8)))
      }
      crop.visible[16] = false
      let yaw = generator.uniform(-30...30) * .pi / 180
      crop.rotation = EulerAngles(x: 0.02, y: yaw, z: 0)
      return crop
    }
  }

  static func settings() -> ExpertTrainingSettings {
    var settings = ExpertTrainingSettings()
    settings.patchScalings = [0.25]
    settings.views = [
      ExpertViewPlan(yaw: 0, pitch: 0, yawRange: -12...12, pitchRange: -20...20),
      ExpertViewPlan(yaw: 20, pitch: 0, yawRange: 8...40, pitchRange: -20...20),
    ]
    settings.nets.firstHidden = 4
    settings.nets.secondHidden = 3
    settings.nets.steps = 3
    settings.nets.crops = 4
    settings.nets.positions = 4
    settings.nets.heldOut = 6
    settings.nets.validationCrops = 5
    return settings
  }

  static func folder() throws -> URL {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("experts-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  static func train(
    _ settings: ExpertTrainingSettings, in folder: URL, threads: Int = 2, _ crops: [ReferenceCrop]
  ) throws -> [ExpertScale] {
    try ExpertTraining(settings: settings, folder: folder, threads: threads, log: { _ in })
      .train { _ in crops }
  }

  @Test func someLandmarksAreTrainedAloneAndTakenIntoAModel() throws {
    let (whole, part, anew) = (try Self.folder(), try Self.folder(), try Self.folder())
    defer {
      for folder in [whole, part, anew] { try? FileManager.default.removeItem(at: folder) }
    }
    let crops = Self.crops()
    let all = try Self.train(Self.settings(), in: whole, crops)
    var settings = Self.settings()
    settings.nets.landmarks = Array(0...16)
    let jaws = try Self.train(settings, in: part, crops)
    // An expert does not depend on which others are trained.
    for (view, own) in jaws[0].views.enumerated() {
      #expect(own.experts[0...16] == all[0].views[view].experts[0...16])
      #expect(own.experts[17...].allSatisfy { $0 == nil })
    }
    settings.nets.seed = 2
    let others = try Self.train(settings, in: anew, crops)
    let taken = try ExpertScale.taking(Set(0...16), from: others, others: all)
    for (view, own) in taken[0].views.enumerated() {
      #expect(own.experts[0...16] == others[0].views[view].experts[0...16])
      // The last view says that all of its experts are mirror images, whosever they are.
      #expect(view == 2 || own.experts[0...16] != all[0].views[view].experts[0...16])
      #expect(own.experts[17...] == all[0].views[view].experts[17...])
    }
    // What was kept of a part is not taken for the whole.
    #expect(throws: MaterialError.self) { try Self.train(Self.settings(), in: part, crops) }
    settings.nets.landmarks = [0, 1]
    #expect(settings.nets.problem?.contains("mirror partner") == true)
    settings.nets.landmarks = [68]
    #expect(settings.nets.problem?.contains("0 to 67") == true)
    var otherScale = others
    otherScale[0].patchScaling = 0.5
    #expect(throws: MaterialError.self) {
      try ExpertScale.taking([8], from: otherScale, others: all)
    }
  }

  /// Nets of less than 4 % of the heaviest one's weight go, and their mirror images in this view and the other.
  @Test func faintNetsGoWithTheirMirrorImages() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var scale = try #require(try Self.train(Self.settings(), in: folder, Self.crops()).first)
    func weigh(_ view: Int, _ landmark: Int, _ weight: Double) throws {
      var net = try #require(scale.views[view].experts[landmark]?.net)
      net.confidence = weight
      scale.views[view].experts[landmark] = .net(net)
    }
    for view in 0...1 {
      for landmark in 0..<68 where scale.views[view].experts[landmark]?.net != nil {
        try weigh(view, landmark, 0.5)
      }
    }
    try weigh(0, 2, 0.019)
    try weigh(0, 3, 0.021)
    try weigh(1, 40, 0)
    let left = scale.withoutFaintNets(mirrorPartners: LandmarkMirror.map)
    // 14 is 2 in the mirror, 47 is 40.
    let gone = [Set([2, 14]), [40], [47]]
    for (view, gone) in gone.enumerated() {
      for landmark in 0..<68 {
        let expected = gone.contains(landmark) ? nil : scale.views[view].experts[landmark]
        #expect(
          left.views[view].experts[landmark] == expected, "view \(view), landmark \(landmark)")
      }
    }
    #expect(left.withoutFaintNets(mirrorPartners: LandmarkMirror.map) == left)
    #expect(scale.withoutFaintNets(below: 0, mirrorPartners: LandmarkMirror.map) == scale)
  }

  @Test func viewsMirrorAndAreKept() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let crops = Self.crops()
    let scales = try Self.train(Self.settings(), in: folder, crops)
    let views = try #require(scales.first).views
    #expect(scales.count == 1 && views.count == 3)
    #expect(views.map { ($0.center.y * 180 / .pi).rounded() } == [0, 20, -20])
    // Frontal: one of each pair is a net, its partner the mirror image.
    for landmark in 0..<68 {
      let partner = LandmarkMirror.map[landmark]
      let expert = views[0].experts[landmark]
      #expect(partner >= landmark ? expert?.net != nil : expert == .mirrored(view: 0))
    }
    // Turned: 16 is never seen as drawn, 0 never in the mirror; each in about half of the crops.
    #expect(views[1].experts.allSatisfy { $0?.net != nil })
    #expect(views[2].experts.allSatisfy { $0 == .mirrored(view: 1) })
    let table = try String(
      contentsOf: folder.appendingPathComponent("figures.csv"), encoding: .utf8)
    #expect(table.split(separator: "\n").count == 1 + 39 + 68)

    // Trained again by one thread elsewhere: the same. Again here: what was kept.
    let other = try Self.folder()
    defer { try? FileManager.default.removeItem(at: other) }
    #expect(try Self.train(Self.settings(), in: other, threads: 1, crops) == scales)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["experts_0.25_0_0.json", "experts_0.25_20_0.json", "figures.csv"])
    for name in names {
      #expect(
        try Data(contentsOf: folder.appendingPathComponent(name))
          == Data(contentsOf: other.appendingPathComponent(name)), "\(name)")
    }
    #expect(try Self.train(Self.settings(), in: folder, crops) == scales)
  }

  @Test func whatWasMadeOtherwiseIsRefused() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var settings = Self.settings()
    settings.views.removeLast()
    let crops = Self.crops(count: 30)
    _ = try Self.train(settings, in: folder, crops)
    var longer = settings
    longer.nets.steps = 4
    #expect { try Self.train(longer, in: folder, crops) } throws: {
      ($0 as? MaterialError)?.problem.contains("other settings") == true
    }
    #expect { try Self.train(settings, in: folder, crops.dropLast()) } throws: {
      ($0 as? MaterialError)?.problem.contains("other crops") == true
    }
    // Damage of any kind is said, and never traps.
    let url = folder.appendingPathComponent("experts_0.25_0_0.json")
    let bytes = try Data(contentsOf: url)
    try bytes.prefix(bytes.count / 2).write(to: url)
    #expect(throws: MaterialError.self) { try Self.train(settings, in: folder, crops) }
    let text = String(decoding: bytes, as: UTF8.self)
    try Data(text.replacing("\"sizes\":[121,4,3,1]", with: "\"sizes\":[121,4,4,1]").utf8)
      .write(to: url)
    #expect(throws: MaterialError.self) { try Self.train(settings, in: folder, crops) }
  }

  @Test func settingsThatCannotBe() throws {
    var settings = Self.settings()
    #expect(settings.problem == nil && ExpertTrainingSettings().problem == nil)
    settings.nets.crops = 0
    #expect(settings.problem != nil)
    settings = Self.settings()
    settings.views[0].yawRange = -10...18
    #expect(settings.problem != nil)
    settings = Self.settings()
    settings.views[1].yawRange = 50...60
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: MaterialError.self) {
      try Self.train(settings, in: folder, Self.crops(count: 20))
    }
  }

  @Test func cropFilesKeepEverything() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appendingPathComponent("0.25.crops")
    let crops = Self.crops(count: 7)
    let writer = try CropFile.Writer(url, side: crops[0].side, landmarkCount: 68)
    for crop in crops { try writer.append(crop) }
    try writer.close()
    #expect(try CropFile.read(url) == crops)
    #expect(
      ReferenceCrop.fingerprint(of: try CropFile.read(url))
        == ReferenceCrop.fingerprint(of: crops))

    let bytes = try Data(contentsOf: url)
    for length in [0, 7, 15, 17, bytes.count - 1] {
      try bytes.prefix(length).write(to: url)
      #expect(throws: MaterialError.self) { try CropFile.read(url) }
    }
    var changed = bytes
    changed[8..<16] = Data(repeating: 0xFF, count: 8)
    try changed.write(to: url)
    #expect(throws: MaterialError.self) { try CropFile.read(url) }
    changed = bytes
    changed[16..<24] = Data(repeating: 0xFF, count: 8)
    try changed.write(to: url)
    #expect(throws: MaterialError.self) { try CropFile.read(url) }
  }
}
