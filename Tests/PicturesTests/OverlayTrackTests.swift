import CLNF
import Foundation
import Measurement
import TestSupport
import Testing
import Tracking

@testable import Pictures

private func black(_ width: Int, _ height: Int) -> OverlayPicture {
  plain(width, height, Colour(0, 0, 0))
}

/// How many pixels have a colour.
private func count(_ colour: Colour, in picture: borrowing OverlayPicture) -> Int {
  var count = 0
  for y in 0..<picture.height {
    for x in 0..<picture.width where picture[x, y] == colour { count += 1 }
  }
  return count
}

@Suite struct BitmapFontTests {
  @Test func textIsCutAtTheEdge() {
    let ink = Colour(255, 200, 100)
    var picture = black(40, 30)
    picture.drawText("L_", x: 3, y: 4, scale: 2, ink)
    #expect(picture[3, 4] == ink && picture[12, 17] == ink && picture[5, 4] != ink)
    var small = black(4, 4)
    small.drawText("####", x: -3, y: -2, scale: 3, ink)
    small.drawText("#", x: 1000, y: -1000, scale: 1, ink)
    #expect(count(ink, in: small) > 0)
  }
}

@Suite struct OverlayTrackTests {
  let camera: CameraIntrinsics
  let measurement: FaceMeasurement

  init() throws {
    camera = try CameraIntrinsics(fx: 500, fy: 500, cx: 160, cy: 120)
    var measurement = FaceMeasurement()
    measurement.headPose = HeadPose(
      translation: [-1.5, 20.255, 600], rotation: EulerAngles(x: 0.25, y: -0.125, z: 0))
    self.measurement = measurement
  }

  private func face(_ state: TrackingState) -> TrackedFrame {
    var frame = TrackedFrame()
    frame.frameNumber = 12
    frame.timestampSeconds = 0.2002
    frame.confidence = 0.98765
    frame.landmarks = [100, 150, 200, 100, 180, 100]
    frame.state = state
    frame.success = state == .tracking
    frame.hasFit = state != .searching
    return frame
  }

  @Test func residualsGoFromGreenOverYellowToRed() {
    let scale = ResidualColour.fullScalePixels
    #expect(ResidualColour.colour(0) == Colour(0, 220, 40))
    #expect(ResidualColour.colour(scale / 2) == Colour(255, 220, 40))
    #expect(ResidualColour.colour(scale) == Colour(255, 0, 40))
    #expect(ResidualColour.colour(.infinity) == ResidualColour.colour(scale))
    #expect(ResidualColour.colour(-1) == ResidualColour.colour(0))
    #expect(ResidualColour.colour(.nan) == ResidualColour.unknown)
    var last = ResidualColour.colour(0)
    for step in 1...400 {
      let colour = ResidualColour.colour(scale * Double(step) / 400)
      #expect(colour.red >= last.red && colour.green <= last.green)
      last = colour
    }
  }

  @Test func dotsHaveTheirResidualsColours() {
    var picture = black(320, 240)
    let residuals = [0, ResidualColour.fullScalePixels, .nan]
    picture.drawTrack(face(.tracking), measurement, camera: camera, residuals: residuals)
    #expect(picture[100, 100] == ResidualColour.colour(0))
    #expect(picture[150, 180] == ResidualColour.colour(residuals[1]))
    #expect(picture[200, 100] == ResidualColour.unknown)
    for odd in [nil, [], [1.0, 2]] as [[Double]?] {
      picture = black(320, 240)
      picture.drawTrack(face(.tracking), measurement, camera: camera, residuals: odd)
      for (x, y) in [(100, 100), (150, 180), (200, 100)] {
        #expect(picture[x, y] == OverlayStyle().dot)
      }
    }
  }

  @Test func whatIsNotBelievedIsFramedAndInItsOwnColours() {
    for (state, colour, isFramed) in [
      (TrackingState.tracking, VerdictColour.believed, false),
      (.doubtful, VerdictColour.doubtful, true), (.lost, VerdictColour.lost, true),
      (.searching, VerdictColour.searching, false),
    ] {
      var picture = black(320, 240)
      picture.drawTrack(face(state), measurement, camera: camera)
      // The caption is in the colour.
      #expect(count(colour, in: picture) > 60, "\(state)")
      for (x, y) in [(319, 0), (0, 239), (319, 239), (160, 239)] {
        #expect((picture[x, y] == colour) == isFramed, "\(state)")
      }
      // The landmarks: plain, in the verdict's colour, or not there.
      let expected =
        switch state {
        case .tracking: OverlayStyle().dot
        case .doubtful, .lost: colour
        case .searching: Colour(0, 0, 0)
        }
      #expect(picture[150, 180] == expected, "\(state)")
    }
  }

  /// Bottom left, above the frame; not in pictures that it would fill.
  @Test func aLegendSaysWhatTheColoursMean() {
    let fits = ResidualColour.colour(0)
    for (width, height, isThere) in [(640, 480, true), (120, 480, false), (640, 60, false)] {
      var picture = black(width, height)
      picture.drawTrack(
        face(.searching), FaceMeasurement(), camera: camera, residuals: [0, 1, 2])
      var pixels = 0
      for y in height / 2..<height {
        for x in 0..<width where picture[x, y] == fits { pixels += 1 }
      }
      #expect((pixels > 30) == isThere, "\(width) x \(height): \(pixels)")
    }
    #expect(OverlayPicture.legend(of: nil).count == 3)
    #expect(OverlayPicture.legend(of: .confidences).count == 5)
  }

  /// Landmarks that are judged one by one are drawn by that, not by their residuals.
  @Test func dotsShowTheConfidencesThatThereAre() {
    var frame = face(.tracking)
    frame.landmarkConfidences = (0..<frame.landmarks.count / 2).map { $0 == 0 ? 0 : 1 }
    var picture = black(640, 480)
    picture.drawTrack(
      frame, FaceMeasurement(), camera: camera,
      residuals: frame.landmarkConfidences.map { _ in .nan })
    let (x, y) = (frame.landmarks[0], frame.landmarks[frame.landmarks.count / 2])
    #expect(picture[Int(x.rounded()), Int(y.rounded())] == ResidualColour.colour(confidence: 0))
    #expect(ResidualColour.colour(confidence: 0) == Colour(255, 0, 40))
    #expect(ResidualColour.colour(confidence: 1) == ResidualColour.colour(0))
  }

  /// Each in a colour of its own, that of doubt where it is not believed, with its number above.
  @Test func severalFacesAreTold() {
    var (left, right) = (face(.tracking), face(.tracking))
    right.faceID = 1
    right.landmarks = [300, 350, 400, 200, 280, 200]
    func drawn() -> OverlayPicture {
      var picture = black(640, 480)
      picture.drawTrack(
        [left, right].map { OverlayPicture.TrackedFace($0, measurement) }, camera: camera,
        namesFaces: true)
      return picture
    }
    var picture = drawn()
    for id in [0, 1] { #expect(count(IdentityColour.colour(of: id), in: picture) > 20, "\(id)") }
    #expect(picture[639, 479] == Colour(0, 0, 0))
    right.state = .doubtful
    right.success = false
    picture = drawn()
    #expect(count(IdentityColour.colour(of: 1), in: picture) == 0)
    #expect(count(VerdictColour.doubtful, in: picture) > 60)
    #expect(picture[639, 479] == Colour(0, 0, 0), "one of them is believed")
    #expect(OverlayPicture.caption(left, faces: 1)[1] == "1 face")
    #expect(OverlayPicture.caption(left, faces: 2)[1] == "2 faces")
    #expect(OverlayPicture.caption(right, faces: 0)[1] == "doubtful")
    // Numbers of faces at the edges stay within the picture.
    left.landmarks = [-40, -30, -20, -50, -40, -50]
    right.landmarks = [1e30, 1e30, 1e30, 1e30, 1e30, 1e30]
    picture = drawn()
    left.landmarks[0] = .nan
    picture = drawn()
    #expect(IdentityColour.colour(of: Int.max) == IdentityColour.colour(of: Int.max % 6))
  }

  @Test func theCaptionSaysNumberTimeStateAndConfidence() {
    #expect(OverlayPicture.caption(face(.tracking)) == ["#12 0.200 s", "tracking 0.99"])
    var frame = face(.lost)
    frame.hasFit = false
    #expect(OverlayPicture.caption(frame) == ["#12 0.200 s", "lost"])
    frame = face(.tracking)
    frame.confidence = .nan
    #expect(OverlayPicture.caption(frame)[1] == "tracking")
  }

  @Test func anySizeCanBeDrawnOn() {
    for (width, height) in [(0, 0), (1, 1), (5, 300), (300, 5)] {
      var picture = black(width, height)
      picture.drawTrack(face(.doubtful), measurement, camera: camera, residuals: [1, 2, 3])
      let size = [picture.width, picture.height]
      #expect(size == [width, height])
      // The frame around what is not believed goes along every edge, below the caption too.
      let isFramed = width == 0 || picture[width - 1, height - 1] != Colour(0, 0, 0)
      #expect(isFramed, "\(size)")
    }
  }
}

@Suite struct OverlayRecorderTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func place(_ number: Int) -> OverlayRecorder.Place {
    OverlayRecorder.Place(frameNumber: number, seconds: Double(number) / 25, timeBase: .mpeg)
  }

  @Test func thePathSaysTheKind() throws {
    for ending in VideoWriter.endings + ["MP4"] {
      #expect(OverlayRecorder.kind(of: "a/b." + ending) == .video)
    }
    #expect(OverlayRecorder.kind(of: "new/") == .pictures)
    #expect(OverlayRecorder.kind(of: folder.path) == .pictures)
    for other in ["out", "out.gif", "out.csv", "mp4", "-", "/dev/null", ""] {
      #expect(OverlayRecorder.kind(of: other) == nil)
    }
  }

  @Test func aFolderGetsAPictureAFrame() throws {
    let path = folder.file("deep/pictures/")
    let recorder = try OverlayRecorder(path: path, force: false)
    for number in [1, 2, 7, 1_000_000] {
      try recorder.write(plain(8, 6, Colour(UInt8(number % 256), 2, 3)), at: place(number))
    }
    try recorder.finish()
    let names = ["frame-000001.png", "frame-000002.png", "frame-000007.png", "frame-1000000.png"]
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == names)
    let read = try ReadVideo(path + "frame-000007.png", looking: [(7, 5)])
    #expect(read.size == (8, 6) && read.colours == [[Colour(7, 2, 3)]])
    // Another run is not mixed in.
    #expect(throws: PicturesError.file(.alreadyExists(path: path + names[0], rows: nil))) {
      _ = try OverlayRecorder(path: path, force: false)
    }
    let second = try OverlayRecorder(path: path, force: true)
    try second.write(plain(8, 6, Colour(200, 2, 3)), at: place(7))
    #expect(try second.abandon() == path)
    #expect(
      try ReadVideo(path + names[2], looking: [(0, 0)]).colours == [[Colour(200, 2, 3)]])
  }

  @Test func aVideoIsRefusedBeforeAnythingIsDone() throws {
    let path = folder.file("out.mkv")
    try Data().write(to: URL(fileURLWithPath: path))
    #expect(throws: PicturesError.file(.alreadyExists(path: path, rows: nil))) {
      _ = try OverlayRecorder(path: path, force: false)
    }
    let recorder = try OverlayRecorder(path: path, force: true)
    #expect(try folder.names == ["out.mkv"])
    for number in 1...3 { try recorder.write(plain(8, 6, Colour(1, 2, 3)), at: place(number)) }
    try recorder.finish()
    #expect(recorder.framesWritten == 3)
    #expect(try ReadVideo(path).seconds.count == 3)
    #expect(throws: PicturesError.file(.closed(path: path))) {
      try recorder.write(plain(8, 6, Colour(1, 2, 3)), at: place(4))
    }
  }

  @Test func withoutFramesThereIsNothing() throws {
    let recorder = try OverlayRecorder(path: folder.file("out.mp4"), force: false)
    #expect(try recorder.abandon() == nil)
    try OverlayRecorder(path: folder.file("out.mp4"), force: false).finish()
    #expect(try folder.names == [])
  }

  @Test func aFolderThatCannotBeMadeIsAnError() throws {
    try Data().write(to: URL(fileURLWithPath: folder.file("file")))
    #expect(throws: PicturesError.self) {
      _ = try OverlayRecorder(path: folder.file("file/pictures/"), force: false)
    }
    #expect(throws: PicturesError.self) {
      _ = try OverlayRecorder(path: folder.file("out.gif"), force: false)
    }
  }
}

extension OverlayPicture {
  /// One face.
  fileprivate mutating func drawTrack(
    _ frame: TrackedFrame, _ measurement: FaceMeasurement, camera: CameraIntrinsics,
    residuals: [Double]? = nil
  ) {
    drawTrack([TrackedFace(frame, measurement, residuals: residuals)], camera: camera)
  }
}
