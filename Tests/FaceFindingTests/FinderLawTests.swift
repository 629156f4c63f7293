import CAllocationCount
import CLNF
import TestSupport
import Testing

@testable import FaceFinding

/// What holds for every net and picture: no trap, bounded, the same bits, no memory after the first.
@Suite struct FinderLawTests {
  /// Sure of a face nearly everywhere.
  private static let eager: FinderNet = {
    var contents = FinderNets.random(FinderNets.usual, seed: 9)
    let head = contents.layers.count - 1
    contents.layers[head].biases[0] = 3
    for index in contents.layers[head].weights.indices {
      contents.layers[head].weights[index] *= 0.1
    }
    return FinderNet(contents)
  }()

  private static let sizes = [
    (0, 0), (0, 100), (100, 0), (1, 1), (1, 1000), (3, 5000), (5000, 3), (23, 24), (24, 24),
    (25, 4000), (123, 77),
  ]

  @Test(arguments: sizes)
  func picturesOfAllSizes(width: Int, height: Int) throws {
    for enlargement in [0.1, 1, 2] {
      let finder = FaceFinder(
        net: Self.eager, settings: try FaceFinderSettings(enlargement: enlargement))
      for grey in [0, 255] as [UInt8] {
        let image = GreyImage(width: width, height: height, repeating: grey)
        check(finder.detectFaces(in: image))
      }
      let noise = Pictures.noise(width: width, height: height, seed: 3)
      let faces = finder.detectFaces(in: noise)
      check(faces)
      if min(width, height) < 24, enlargement <= 1 { #expect(faces.isEmpty) }
      let area = FaceBox(x: 10, y: 10, width: 30, height: 50)
      check(finder.detectFaces(in: noise, within: area))
      #expect(finder.lastError == nil)
    }
  }

  private func check(_ faces: [DetectedFace]) {
    #expect(faces.count <= FinderCandidates.largestCount)
    #expect(faces.map(\.confidence) == faces.map(\.confidence).sorted(by: >))
    for face in faces {
      let numbers = [face.box.x, face.box.y, face.box.width, face.box.height, face.confidence]
      #expect(numbers.allSatisfy(\.isFinite) && face.box.width > 0)
    }
  }

  /// Numbers that run over, or are none, are no faces.
  @Test func netsThatRunOver() {
    for size in [1e30, 3e38] as [Float] {
      var contents = FinderNets.random(FinderNets.usual, seed: 4)
      for layer in contents.layers.indices {
        for index in contents.layers[layer].weights.indices {
          contents.layers[layer].weights[index] = index % 2 == 0 ? size : -size
        }
      }
      let finder = FaceFinder(net: FinderNet(contents))
      #expect(finder.detectFaces(in: Pictures.noise(width: 90, height: 80, seed: 1)).isEmpty)
    }
  }

  @Test func searchesDoNotInfluenceEachOther() {
    let finder = FaceFinder(net: Self.eager)
    let first = Pictures.noise(width: 200, height: 130, seed: 5)
    let faces = finder.detectFaces(in: first)
    #expect(!faces.isEmpty)
    _ = finder.detectFaces(in: Pictures.noise(width: 333, height: 211, seed: 6))
    _ = finder.detectFaces(in: GreyImage(width: 0, height: 0, repeating: 0))
    #expect(finder.detectFaces(in: first) == faces)
  }

  @Test func anyNumberOfThreadsSeesTheSame() async {
    let expected = FaceFinder(net: Self.eager).detectFaces(
      in: Pictures.noise(width: 200, height: 130, seed: 5))
    await withTaskGroup(of: [DetectedFace].self) { group in
      for _ in 0..<4 {
        group.addTask {
          FaceFinder(net: Self.eager).detectFaces(
            in: Pictures.noise(width: 200, height: 130, seed: 5))
        }
      }
      for await faces in group { #expect(faces == expected) }
    }
  }

  /// Reduced, as it is, enlarged, and of areas.
  @Test func nothingIsAllocatedAfterTheFirstSearch() throws {
    let image = Pictures.noise(width: 320, height: 240, seed: 7)
    for reducedFirst in [false, true] {
      let finder = FaceFinder(
        net: Self.eager,
        settings: try FaceFinderSettings(
          enlargement: 1.5, threshold: 0.05, searchesReducedFirst: reducedFirst, sureScore: 1))
      var faces: [DetectedFace] = []
      let area = FaceBox(x: 60, y: 70, width: 120, height: 100)
      finder.findFaces(in: image, into: &faces)
      let count = faces.count
      let before = allocation_count()
      finder.findFaces(in: image, into: &faces)
      finder.findFaces(in: image, within: area, widths: 20...90, into: &faces)
      let after = allocation_count()
      #expect(after == before)
      #expect(count > 0)
    }
  }

  @Test(arguments: [-0.1, 100_001, .nan])
  func settingsOutsideTheirRanges(value: Double) {
    #expect(throws: FaceDetectionError.self) {
      try FaceFinderSettings(smallestFaceWidth: value)
    }
    #expect(throws: FaceDetectionError.self) { try FaceFinderSettings(enlargement: value) }
    #expect(throws: FaceDetectionError.self) { try FaceFinderSettings(threshold: value) }
    #expect(throws: FaceDetectionError.self) { try FaceFinderSettings(sureScore: value) }
    #expect(throws: FaceDetectionError.self) {
      try FaceFinderSettings(maximumSearchedPixels: value < 0 ? 6_399 : value * 10_000)
    }
  }

  @Test func settingsSayWhatIsAllowed() throws {
    let error = #expect(throws: FaceDetectionError.self) {
      try FaceFinderSettings(smallestFaceWidth: -1)
    }
    #expect(
      error?.description
        == "face detector: smallestFaceWidth is -1.0, allowed is 0.0 to 100000.0")
    #expect(try FaceFinderSettings() == .standard)
  }

  /// Of more places than are kept the surest stay, whatever their order.
  @Test func theSurestCandidatesStay() {
    let seed = TestSeed.of(521)
    var generator = SeededGenerator(seed: seed)
    var candidates = FinderCandidates()
    let count = 3 * FinderCandidates.largestCount
    let scores = (0..<count).map { Double($0) / 2048 }.shuffled(using: &generator)
    for (index, score) in scores.enumerated() {
      // Far from each other.
      candidates.add(candidate(score, SIMD2(Double(100 * index), 0), 10))
    }
    var faces: [DetectedFace] = []
    candidates.faces(into: &faces)
    let expected = scores.sorted(by: >).prefix(FinderCandidates.largestCount)
    #expect(faces.map(\.confidence) == Array(expected), "seed \(seed)")
  }

  private func candidate(
    _ score: Double, _ center: SIMD2<Double>, _ width: Double
  ) -> FinderCandidates.Candidate {
    FinderCandidates.Candidate(
      logit: Float(score), score: score, center: center, width: width,
      points: FacePoints(
        rightEye: .zero, leftEye: .zero, noseTip: .zero, rightMouthCorner: .zero,
        leftMouthCorner: .zero))
  }

  @Test func whatShowsTheSameFace() {
    let large = candidate(0.9, SIMD2(100, 100), 100)
    func isSame(_ x: Double, _ y: Double, _ width: Double) -> Bool {
      FinderCandidates.isSame(candidate(0.5, SIMD2(x, y), width), large)
    }
    #expect(isSame(100, 100, 100) && isSame(120, 110, 90) && isSame(100, 100, 300))
    // Inside, half inside, hardly inside.
    #expect(isSame(130, 120, 20) && isSame(150, 100, 20) && !isSame(151, 100, 20))
    #expect(!isSame(200, 100, 100) && isSame(150, 100, 100) && !isSame(151, 100, 100))
  }
}
