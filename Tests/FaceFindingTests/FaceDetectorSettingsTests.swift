import Testing

@testable import FaceFinding

@Suite struct FaceDetectorSettingsTests {
  @Test func presets() throws {
    #expect(FaceDetectorSettings.reference.enlargement == 1.3)
    #expect(FaceDetectorSettings.reference.threshold == -0.2)
    #expect(try FaceDetectorSettings() == .standard)
  }

  @Test(arguments: [0, -1, 0.0999, 8.001, .nan, .infinity])
  func enlargementOutsideItsRange(value: Double) {
    let error = #expect(throws: FaceDetectionError.self) {
      try FaceDetectorSettings(enlargement: value)
    }
    #expect(
      error?.description == "face detector: enlargement is \(value), allowed is 0.1 to 8.0")
  }

  @Test(arguments: [-10.1, 11, .nan])
  func thresholdOutsideItsRange(value: Double) {
    #expect(throws: FaceDetectionError.self) { try FaceDetectorSettings(threshold: value) }
  }

  @Test(arguments: [-0.1, 100_001, .nan])
  func minimumFaceWidthOutsideItsRange(value: Double) {
    #expect(throws: FaceDetectionError.self) { try FaceDetectorSettings(minimumFaceWidth: value) }
  }

  @Test(arguments: [0, 6_399, 1.1e9, .nan])
  func maximumSearchedPixelsOutsideItsRange(value: Double) {
    #expect(throws: FaceDetectionError.self) {
      try FaceDetectorSettings(maximumSearchedPixels: value)
    }
  }

  @Test func theEndsOfTheRangesAreAllowed() throws {
    for (enlargement, threshold, width, pixels) in [
      (0.1, -10.0, 0.0, 6_400.0), (8, 10, 100_000, 1e9),
    ] {
      let settings = try FaceDetectorSettings(
        enlargement: enlargement, threshold: threshold, minimumFaceWidth: width,
        maximumSearchedPixels: pixels)
      #expect(settings.enlargement == enlargement && settings.threshold == threshold)
      #expect(settings.minimumFaceWidth == width && settings.maximumSearchedPixels == pixels)
    }
  }
}
