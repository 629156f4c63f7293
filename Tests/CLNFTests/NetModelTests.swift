import CAllocationCount
import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Whole models of nets: fits, their file, mirror images.
@Suite(.serialized)
struct NetModelTests {
  static let box = FaceBox(x: 23, y: 20, width: 94, height: 93)
  static let images = ["image_frontal.pgm", "image_turned_left.pgm", "image_turned_right.pgm"]

  private var settings: FitSettings {
    var settings = FitSettings.video
    settings.responseExponent = 2
    settings.iterationLimit = 20
    return settings
  }

  private func landmarks(
    _ model: FaceModel, _ image: String, _ set: InstructionSet = .best
  ) throws -> (landmarks: [Double], report: FitReport) {
    let fitter = try Fitter(model: model, settings: settings, instructionSet: set)
    _ = fitter.fit(image: try SyntheticFixture.image(image), box: Self.box)
    var landmarks: [Double] = []
    fitter.copyLandmarks(into: &landmarks)
    return (landmarks, fitter.report)
  }

  /// Nets that answer as the experts do end where the experts end, within about a pixel.
  @Test(arguments: [NetPrecision.halves, .bytes])
  func fitsEndNearTheTruth(precision: NetPrecision) throws {
    let model = try SyntheticNets.model(mirrored: false, precision: precision)
    for image in Self.images {
      let fit = try landmarks(model, image)
      let distance = meanDistance(fit.landmarks, try SyntheticFixture.trueLandmarks(image))
      #expect(fit.report.succeeded && distance < 1.5, "\(image): \(distance) px")
    }
  }

  /// Landmarks within 0.001 px, which is what `InstructionSet` promises.
  @Test(arguments: [true, false])
  func fitsAgreeBetweenSets(mirrored: Bool) throws {
    for hidden in [(10, 5), (32, 16)] {
      let model = try SyntheticNets.model(hidden: hidden, mirrored: mirrored)
      for image in Self.images {
        let portable = try landmarks(model, image, .portable)
        let widest = try landmarks(model, image, .avx2)
        let difference = largestDifference(portable.landmarks, widest.landmarks)
        #expect(difference < 0.001, "\(image), \(hidden)")
        #expect(portable.report.iterations == widest.report.iterations, "\(image), \(hidden)")
      }
    }
  }

  @Test func fittingAllocatesNothing() throws {
    let model = try SyntheticNets.model()
    let fitter = try Fitter(model: model, settings: settings)
    let image = try SyntheticFixture.image("image_frontal.pgm")
    let start = fitter.start(box: Self.box, rotation: EulerAngles(x: 0, y: 0, z: 0))
    let windows = fitter.settings.firstFitWindows
    var parameters = start
    func fit() {
      parameters.global = start.global
      for mode in 0..<5 { parameters.local[mode] = 0 }
      fitter.fit(image: image, parameters: &parameters, windows: windows)
    }
    for _ in 0..<3 { fit() }
    let before = allocation_count()
    for _ in 0..<20 { fit() }
    let after = allocation_count()
    #expect(after == before, "\(after - before) allocations in 20 fits")
  }

  @Test func scaleReportsSayEdgeFree() throws {
    let fitter = try Fitter(model: try SyntheticNets.model(), settings: settings)
    fitter.keepsScaleReports = true
    _ = fitter.fit(image: try SyntheticFixture.image("image_frontal.pgm"), box: Self.box)
    #expect(fitter.scaleReports.count == 3)
    for report in fitter.scaleReports {
      #expect(report.sigma == "edge-free")
      #expect(report.responses.joined().allSatisfy { $0 >= 0 && $0 <= 1 })
    }
  }

  /// A face and its mirror image give mirrored response maps where every expert is a mirrored pair.
  @Test func mirroredViewsSeeMirroredImages() throws {
    let model = try SyntheticNets.model()
    let n = 16
    var generator = SeededGenerator(seed: TestSeed.of(421))
    var image = GreyImage(width: 121, height: 90, repeating: 0)
    var mirror = GreyImage(width: 121, height: 90, repeating: 0)
    for y in 0..<90 {
      for x in 0..<121 {
        let level = UInt8.random(in: 0...255, using: &generator)
        image[x, y] = level
        mirror[120 - x, y] = level
      }
    }
    // Axes of the image and of the reference agree: an upright face at the experts' own scale.
    let places = (0..<n).map { _ in
      (
        x: Double(Int.random(in: 20...100, using: &generator)),
        y: Double(Int.random(in: 20...70, using: &generator))
      )
    }
    func maps(_ image: borrowing GreyImage, _ view: Int, _ places: [(x: Double, y: Double)])
      -> [Float]
    {
      var maps = ResponseMaps(
        landmarkCount: n, largestWindow: 9, scales: model.preparedScales)
      let landmarks = places.map(\.x) + places.map(\.y)
      maps.compute(
        image: image, landmarks: landmarks,
        ResponseMaps.Request(
          scale: model.preparedScales[1], view: view, windowSize: 9,
          toImage: Similarity(a: 1, b: 0), kernels: InstructionSet.best.kernels))
      return maps.responses.array
    }
    let partners = SyntheticNets.mirrorPartners
    let left = maps(image, 2, places)
    let mirroredPlaces = partners.map { (x: 120 - places[$0].x, y: places[$0].y) }
    let right = maps(mirror, 1, mirroredPlaces)
    for landmark in 0..<n {
      let map = Array(left[landmark * 81..<(landmark + 1) * 81])
      let partner = partners[landmark]
      let other = Array(right[partner * 81..<(partner + 1) * 81])
      var flipped: [Double] = []
      for row in 0..<9 {
        for column in 0..<9 { flipped.append(Double(other[row * 9 + 8 - column])) }
      }
      #expect(
        largestDifference(map.map(Double.init), flipped) < 1e-6, "\(landmark)")
      let isVisible = model.scales[1].views[2].experts[landmark] != nil
      #expect(map.contains { $0 > 0 } == isVisible, "landmark \(landmark)")
    }
  }

  /// Mirror images have no memory of their own, and a model that was read uses its file's.
  @Test(arguments: [NetPrecision.halves, .bytes])
  func weightsAreHeldOnce(precision: NetPrecision) throws {
    let bytes = try SyntheticNets.model(precision: precision).archive()
    let memory = bytes.withUnsafeBytes { ModelBytes($0) }
    let model = try FaceModel(archive: memory, name: "shared")
    let range = memory.withBytes { raw in
      let start = UInt(bitPattern: raw.baseAddress)
      return start..<start + UInt(raw.count)
    }
    func nets(_ view: PreparedView) throws -> PreparedNets {
      var nets: PreparedNets?
      if case .nets(let found) = view.experts { nets = found }
      return try #require(nets, "patch experts where nets were expected")
    }
    func address(_ layer: clnf_layer) -> UnsafeRawPointer? {
      precision == .halves ? UnsafeRawPointer(layer.halves) : UnsafeRawPointer(layer.bytes)
    }
    var mirrored = 0
    for scale in model.preparedScales {
      let source = try nets(scale.views[2])
      for (view, prepared) in scale.views.enumerated() {
        let nets = try nets(prepared)
        for (landmark, partner) in SyntheticNets.mirrorPartners.enumerated()
        where prepared.visible[landmark] {
          let weights = address(nets.nets[landmark].layers.0)
          #expect(range.contains(UInt(bitPattern: weights)))
          guard view == 1 else { continue }
          mirrored += 1
          #expect(nets.nets[landmark].mirrored && weights == address(source.nets[partner].layers.0))
        }
      }
    }
    #expect(mirrored >= model.scales.count)
  }

  /// The exponent's figures: responses squared, cubed by `pow`, and left alone.
  @Test func responsesAreRaised() throws {
    for model in [try SyntheticNets.model(), try SyntheticFixture.model()] {
      let image = try SyntheticFixture.image("image_frontal.pgm")
      var maps: [[Double]] = []
      for exponent in [1.0, 2, 3, 0.5] {
        var settings = FitSettings.video
        settings.responseExponent = exponent
        let fitter = try Fitter(model: model, settings: settings)
        let parameters = fitter.start(box: Self.box, rotation: EulerAngles(x: 0, y: 0, z: 0))
        let report = fitter.responses(
          image: image, parameters: parameters, scaleIndex: 1, windowSize: 7)
        maps.append(report.responses.joined().map(Double.init))
      }
      for (index, exponent) in [(1, 2.0), (2, 3), (3, 0.5)] {
        #expect(largestDifference(maps[index], maps[0].map { pow($0, exponent) }) < 1e-6)
      }
    }
  }
}
