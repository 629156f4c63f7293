import Dispatch
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// A second thread that computes maps changes nothing but the time.
struct SharedMapsTests {
  private func fit(
    _ model: FaceModel, _ image: borrowing GreyImage, box: FaceBox, shared: Bool, times: Int
  ) throws -> [[Double]] {
    let fitter = try Fitter(model: model, settings: .video, sharesMaps: shared)
    var results: [[Double]] = []
    var landmarks: [Double] = []
    for _ in 0..<times {
      var parameters = fitter.start(box: box, rotation: EulerAngles(x: 0, y: 0, z: 0))
      fitter.fit(image: image, parameters: &parameters, windows: [11, 9, 7])
      fitter.copyLandmarks(into: &landmarks)
      results.append(landmarks + parameters.local + [fitter.report.likelihood])
    }
    return results
  }

  /// To the last bit, every time, for neural fields and nets, also where the two threads share a core.
  @Test func fitsAreTheSame() throws {
    let image = try SyntheticFixture.image("image_frontal.pgm")
    let box = FaceBox(x: 23.4, y: 19.9, width: 94.4, height: 93.5)
    for model in [try SyntheticFixture.model(), try SyntheticNets.model()] {
      let alone = try fit(model, image, box: box, shared: false, times: 1)[0]
      for (index, together) in try fit(model, image, box: box, shared: true, times: 200)
        .enumerated()
      {
        #expect(together == alone, "fit \(index)")
      }
    }
  }

  /// Many at a time, on fewer cores: nobody waits for ever, nothing is mixed up.
  @Test func manyFittersAtATime() throws {
    let model = try SyntheticNets.model()
    let image = Held(try SyntheticFixture.image("image_frontal.pgm"))
    let box = FaceBox(x: 23.4, y: 19.9, width: 94.4, height: 93.5)
    let alone = try fit(model, image.image, box: box, shared: false, times: 1)[0]
    let results = Results()
    let threads = DispatchGroup()
    for _ in 0..<8 {
      threads.enter()
      let thread = Thread {
        defer { threads.leave() }
        let found = (try? fit(model, image.image, box: box, shared: true, times: 30)) ?? []
        results.add(found)
      }
      thread.start()
    }
    threads.wait()
    #expect(results.all.count == 240)
    #expect(results.all.allSatisfy { $0 == alone })
  }
}

private final class Held: Sendable {
  let image: GreyImage
  init(_ image: consuming GreyImage) { self.image = image }
}

private final class Results: @unchecked Sendable {
  private let lock = NSLock()
  private var found: [[Double]] = []
  var all: [[Double]] { lock.withLock { found } }
  func add(_ more: [[Double]]) { lock.withLock { found += more } }
}
