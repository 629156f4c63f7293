import Testing

@testable import Service

/// Keys of a stream that go together, and those that have another name now.
@Suite struct StreamKeyTests {
  private func mistakes(_ line: String) -> [String] {
    ConfigurationText.mistakes(
      "streams:\n  - name: a\n    source: /dev/video0\n    \(line)\n")
  }

  @Test(
    "smoothing's own settings need smoothing",
    arguments: [
      ("smooth: much", "4:13: streams[0].smooth: is \"much\"; expected true or false"),
      (
        "smooth-min-cutoff: 0",
        "4:24: streams[0].smooth-min-cutoff: is \"0\"; expected Hz from 0.001 to 1000"
      ),
      (
        "smooth-beta: 1",
        "4:18: streams[0].smooth-beta: is given without smooth; expected smooth beside it"
      ),
    ])
  func smoothing(line: String, mistake: String) {
    #expect(mistakes(line) == ["c.yaml:" + mistake])
  }

  @Test(
    "names of earlier versions are refused with those of today",
    arguments: [
      ("face: {at: [1, 2]}", "face", "face-at, min-face and enlarge"),
      ("smoothing: true", "smoothing", "smooth, smooth-min-cutoff and smooth-beta"),
      ("camera: {fx: 1}", "camera", "fx, fy, cx and cy"),
      (
        "belief: {max-step: 1}", "belief",
        "min-confidence, max-mean-shift, max-peak-offset, max-step, max-shape-distance, max-likelihood-drop, max-movement"
      ),
    ])
  func oldNames(line: String, key: String, now: String) {
    #expect(
      mistakes(line) == ["c.yaml:4:5: streams[0].\(key): has another name now; expected \(now)"])
  }
}
