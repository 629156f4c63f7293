import Testing

@testable import Measurement

@Suite struct CameraIntrinsicsTests {
  @Test(arguments: [
    (640, 480, 500.0, 320.0, 240.0), (640, 400, 458.333333333333, 320, 200),
    (1942, 1944, 1771.09375, 971, 972), (1, 1, (500.0 / 640 + 500.0 / 480) / 2, 0.5, 0.5),
  ])
  func defaultsOfTheReference(width: Int, height: Int, f: Double, cx: Double, cy: Double) throws {
    let camera = try CameraIntrinsics(width: width, height: height)
    #expect(abs(camera.fx - f) < 1e-9)
    #expect(camera.fy == camera.fx)
    #expect(camera.cx == cx)
    #expect(camera.cy == cy)
  }

  @Test func whatIsKnownReplacesTheDefault() throws {
    let one = try CameraIntrinsics(width: 640, height: 480, overrides: .init(fy: 700))
    #expect(one == (try CameraIntrinsics(fx: 700, fy: 700, cx: 320, cy: 240)))
    let two = try CameraIntrinsics(
      width: 640, height: 480, overrides: .init(fx: 650, fy: 700, cx: -3))
    #expect(two == (try CameraIntrinsics(fx: 650, fy: 700, cx: -3, cy: 240)))
  }

  @Test(arguments: [0, -1, .nan, .infinity])
  func badFocalLengthsAreRefusedByName(f: Double) {
    #expect {
      _ = try CameraIntrinsics(fx: 500, fy: f, cx: 0, cy: 0)
    } throws: { error in
      "\(error)" == "camera intrinsics: fy is \(f), expected a finite number above 0"
    }
  }

  @Test func badCentresAndSizesAreRefused() {
    #expect(throws: MeasurementError.self) {
      _ = try CameraIntrinsics(fx: 1, fy: 1, cx: 0, cy: .infinity)
    }
    #expect(throws: MeasurementError.self) { _ = try CameraIntrinsics(width: 0, height: 480) }
    #expect(throws: MeasurementError.self) { _ = try CameraIntrinsics(width: 640, height: -1) }
  }

  @Test func projection() throws {
    let camera = try CameraIntrinsics(fx: 100, fy: 200, cx: 10, cy: 20)
    let seen = try #require(camera.project([1, 2, 4]))
    #expect(seen.x == 35)
    #expect(seen.y == 120)
    #expect(camera.project([1, 2, 0]) == nil)
    #expect(camera.project([1, 2, -4]) == nil)
  }
}
