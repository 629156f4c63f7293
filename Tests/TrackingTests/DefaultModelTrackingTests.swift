import CAllocationCount
import CLNF
import FaceFinding
import Foundation
import TestSupport
import Testing

@testable import Tracking

/// The default model, its shipped settings and its learned verdict on a portrait.
struct DefaultModelTrackingTests {
  private static let fixtures = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appending(path: "../Fixtures").standardized

  /// After the first frames a followed frame allocates nothing, also where the face is larger than its
  /// experts and is reduced first, and where it moves.
  @Test(arguments: [2, 6])
  func followingAllocatesNothing(enlargement: Int) throws {
    let model = try FaceModel.default()
    let tracker = try FaceTracker(
      fitter: Fitter(model: model, settings: model.fitSettings ?? .landmarkd(for: model)),
      detector: FaceFinder(), judge: nil, settings: .landmarkd(for: model))
    let portrait = try PortableGreyMap.read(Self.fixtures.appending(path: "portrait.pgm"))
      .enlarged(enlargement)
    // Still, moving, and from one to the other: all kinds of fits.
    let images = [0, 0, 1, 3, 6, 3, 2, 1, 1, 1, 1].map {
      Boxed(portrait.moved(x: $0 * enlargement, y: $0, filler: 128))
    }
    var frame = TrackedFrame()
    func follow() {
      for image in images { tracker.track(image.image, into: &frame) }
    }
    follow()
    #expect(frame.success)
    let before = allocation_count()
    for _ in 0..<3 { follow() }
    let after = allocation_count()
    #expect(after == before, "\(after - before) allocations in 33 frames")
    #expect(frame.success && tracker.activity.fits == [.still])
  }

  /// How large a face is in the picture does not change what is made of it, nor does it creep where
  /// nothing moves: large pictures say no more than the experts see.
  @Test func largeFacesAreFittedAsSmallOnes() throws {
    let model = try FaceModel.default()
    let portrait = try PortableGreyMap.read(Self.fixtures.appending(path: "portrait.pgm"))
    var scales: [Double] = []
    for enlargement in [2, 5] {
      let tracker = try FaceTracker(
        fitter: Fitter(model: model, settings: model.fitSettings ?? .landmarkd(for: model)),
        detector: FaceFinder(), judge: nil, settings: .landmarkd(for: model))
      let image = portrait.enlarged(enlargement)
      var frame = TrackedFrame()
      var last: [Double] = []
      for _ in 0..<12 {
        last = frame.landmarks
        tracker.track(image, into: &frame)
      }
      #expect(frame.success)
      let moved = zip(frame.landmarks, last).map { abs($0 - $1) }.max() ?? .infinity
      #expect(moved < 0.2 * Double(enlargement), "\(moved) px between still frames")
      scales.append(frame.global.scale / Double(enlargement))
    }
    #expect(abs(scales[0] / scales[1] - 1) < 0.01, "\(scales)")
  }

  /// A face that does not move is fitted at the finest scale; one that begins to move is fitted again
  /// with all in the same frame, and with all at once while it goes on.
  @Test func coarseScalesAreForFacesThatMove() throws {
    let model = try FaceModel.default()
    let settings = TrackingSettings.landmarkd(for: model)
    #expect(settings.stillMovement != nil && TrackingSettings.reference.stillMovement == nil)
    let tracker = try FaceTracker(
      fitter: Fitter(model: model, settings: model.fitSettings ?? .landmarkd(for: model)),
      detector: FaceFinder(), judge: nil, settings: settings)
    let portrait = try PortableGreyMap.read(Self.fixtures.appending(path: "portrait.pgm"))
    var frame = TrackedFrame()
    var fits: [[FaceTracker.Activity.Windows]] = []
    // Pixels; about as many are a millimetre in this picture as its scale says.
    tracker.track(portrait, into: &frame)
    let step = Int((3 * settings.stillMovement! * frame.global.scale).rounded())
    for place in [0, 0, 0, step, 2 * step, 2 * step, 2 * step, 2 * step] {
      tracker.track(portrait.moved(x: place, y: 0, filler: 128), into: &frame)
      fits.append(tracker.activity.fits)
      #expect(frame.success)
    }
    // The first frame after a search is not known to be still.
    #expect(
      fits == [
        [.tracking], [.still], [.still], [.still, .tracking], [.tracking], [.tracking], [.still],
        [.still],
      ])
  }
}

/// Arrays hold no images; classes do.
private final class Boxed {
  let image: GreyImage
  init(_ image: consuming GreyImage) { self.image = image }
}

extension GreyImage {
  /// Each pixel repeated.
  fileprivate borrowing func enlarged(_ factor: Int) -> GreyImage {
    var result = GreyImage(width: factor * width, height: factor * height, repeating: 0)
    for y in 0..<factor * height {
      for x in 0..<factor * width { result[x, y] = self[x / factor, y / factor] }
    }
    return result
  }
}
