import CLNF
import Foundation
import TestSupport
import Testing
import Tracking

@testable import Measurement

/// Against the reference toolkit's own figures ($LANDMARKD_REFERENCE).
///
/// Tolerances of 0.001 mm and 1e-5 rad: the differences seen, up to 2e-4 mm and 4e-6 rad, are where
/// OpenCV's iteration stops (float epsilon) and the nine digits that the tracks are printed with.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct ReferencePoseTests {
  let model: TextShapeModel
  let fixtures: URL

  init() throws {
    let folder = try #require(MaterialFolder.reference).appending(path: "openface")
    fixtures = folder.appending(path: "fixtures")
    model = try TextShapeModel(folder.appending(path: "model/pdms/In-the-wild_aligned_PDM_68.txt"))
  }

  @Test func posesAnd3DLandmarksOfSixImages() throws {
    let data = try Data(contentsOf: fixtures.appending(path: "images.json"))
    let images = try JSONDecoder().decode(ImageFixtures.self, from: data).images
    #expect(images.count == 6)
    for image in images {
      let camera = try CameraIntrinsics(width: image.width, height: image.height)
      #expect(abs(camera.fx - image.fx) < 1e-9)
      #expect(camera.cx == image.cx && camera.cy == image.cy)
      let frame = trackedFrame(
        global: image.params_global, local: image.params_local, landmarks: image.landmarks2d)
      var measurement = FaceMeasurement()
      FaceMeasurer(camera: camera).measure(
        frame: frame, shape3D: model.shape(of: image.params_local), into: &measurement)

      let world = try #require(measurement.headPose)
      let golden = HeadPose(
        translation: SIMD3(image.pose_corrected_world[0..<3]),
        rotation: EulerAngles(
          RotationMatrix(axisAngle: SIMD3(image.pose_corrected_world[3..<6]))))
      #expect(distance(world, golden) < 1e-3, "\(image.image)")
      #expect(turn(world, golden) < 1e-5, "\(image.image)")

      let relative = try #require(measurement.cameraRelativePose)
      let goldenRelative = HeadPose(printed: image.pose_corrected_camera)
      #expect(distance(relative, goldenRelative) < 1e-3, "\(image.image)")
      #expect(turn(relative, goldenRelative) < 1e-5, "\(image.image)")

      let guess = try #require(HeadPose(approximating: frame.global, with: camera))
      #expect(distance(guess, HeadPose(printed: image.pose_camera)) < 1e-9)
      #expect(turn(guess, HeadPose(printed: image.pose_camera)) < 1e-12)
      let uncorrected = HeadPose.referenceUncorrectedWorld(guess)
      #expect(distance(uncorrected, HeadPose(printed: image.pose_world)) < 1e-9)
      #expect(turn(uncorrected, HeadPose(printed: image.pose_world)) < 1e-12)

      let points = zip(measurement.landmarks3D, image.shape3d_camera_3x68.data)
      #expect(measurement.landmarks3D.count == image.shape3d_camera_3x68.data.count)
      #expect(points.allSatisfy { abs($0 - $1) < 1e-9 }, "\(image.image)")
    }
  }

  @Test(arguments: [
    ("track_default_68only.csv", 288), ("track_multi_face_68only.csv", 702),
  ])
  func posesOfEveryFrameOfATrack(name: String, frameCount: Int) throws {
    let text = try String(contentsOf: fixtures.appending(path: name), encoding: .utf8)
    var rows = text.split(separator: "\n").map { $0.split(separator: ",") }
    let header = rows.removeFirst().map(String.init)
    #expect(rows.count == frameCount)
    let column = Dictionary(uniqueKeysWithValues: zip(header, 0...))
    let measurer = FaceMeasurer(camera: try CameraIntrinsics(width: 640, height: 480))
    var measurement = FaceMeasurement()
    var worst = (mm: 0.0, rad: 0.0)
    for row in rows {
      func values(_ names: [String]) throws -> [Double] {
        try names.map { name in
          let index = try #require(column[name], "no column \(name)")
          return try #require(Double(row[index]))
        }
      }
      let local = try values((0..<34).map { "p_\($0)" })
      let frame = trackedFrame(
        global: try values(["p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty"]), local: local,
        landmarks: try values((0..<68).map { "x_\($0)" } + (0..<68).map { "y_\($0)" }))
      measurer.measure(frame: frame, shape3D: model.shape(of: local), into: &measurement)
      let found = try #require(measurement.cameraRelativePose)
      let golden = HeadPose(
        printed: try values(
          ["pose_Tx", "pose_Ty", "pose_Tz", "pose_Rx", "pose_Ry", "pose_Rz"]))
      worst.mm = max(worst.mm, distance(found, golden))
      worst.rad = max(worst.rad, turn(found, golden))
    }
    #expect(worst.mm < 1e-3, "\(name): \(worst.mm) mm")
    #expect(worst.rad < 1e-5, "\(name): \(worst.rad) rad")
  }

  private func trackedFrame(
    global: [Double], local: [Double], landmarks: [Double]
  ) -> TrackedFrame {
    var frame = TrackedFrame()
    frame.hasFit = true
    frame.landmarks = landmarks
    frame.local = local
    frame.global = GlobalParameters(
      scale: global[0], rotation: EulerAngles(x: global[1], y: global[2], z: global[3]),
      tx: global[4], ty: global[5])
    return frame
  }
}

extension HeadPose {
  /// [Tx, Ty, Tz, rx, ry, rz] as the fixtures print it.
  fileprivate init(printed values: [Double]) {
    self.init(
      translation: SIMD3(values[0..<3]),
      rotation: EulerAngles(x: values[3], y: values[4], z: values[5]))
  }
}

/// The entries of images.json that are read here, under their names in the file.
private struct ImageFixtures: Decodable {
  struct Matrix: Decodable {
    var data: [Double]
  }
  // swift-format-ignore: AlwaysUseLowerCamelCase
  struct Image: Decodable {
    var image: String
    var width: Int
    var height: Int
    var fx: Double
    var cx: Double
    var cy: Double
    var params_global: [Double]
    var params_local: [Double]
    var landmarks2d: [Double]
    var pose_camera: [Double]
    var pose_world: [Double]
    var pose_corrected_camera: [Double]
    var pose_corrected_world: [Double]
    var shape3d_camera_3x68: Matrix
  }
  var images: [Image]
}

/// A shape model's mean and modes, read from the reference's text file (three text matrices:
/// `rows cols type`, then the values; `#` starts a comment line).
struct TextShapeModel {
  let mean: [Double]
  /// 3n x m, row by row.
  let modes: [Double]

  init(_ file: URL) throws {
    let lines = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
    var words = lines.filter { !$0.hasPrefix("#") }.joined(separator: " ").split(separator: " ")[
      ...]
    func matrix() throws -> [Double] {
      let size = words.prefix(2).compactMap { Int($0) }
      try #require(size.count == 2)
      words = words.dropFirst(3)
      let values = words.prefix(size[0] * size[1]).compactMap { Double($0) }
      try #require(values.count == size[0] * size[1])
      words = words.dropFirst(values.count)
      return values
    }
    mean = try matrix()
    modes = try matrix()
  }

  /// mean + V q.
  func shape(of local: [Double]) -> [Double] {
    let m = local.count
    return mean.indices.map { i in
      (0..<m).reduce(mean[i]) { $0 + modes[i * m + $1] * local[$1] }
    }
  }
}
