import Foundation
import Testing

/// Frames of the sample portrait for cameras that are not there: its first 45, forward and back, so
/// that they can be shown in a loop without a jump.
enum LiveMedia {
  /// Frames in each file.
  static let frameCount = 90
  /// 320 x 240, YUYV.
  static let frames = made("frames.yuyv") { raw("320:240", to: $0) }
  /// What a camera that shows `frames` is told.
  static func camera() throws -> [String: String] {
    ["frames": try frames.get(), "width": "320", "height": "240"]
  }
  /// The same in 160 x 120.
  static let small = made("small.yuyv") { raw("160:120", to: $0) }
  /// The same in 320 x 240, JPEGs after one another.
  static let pictures = made("pictures.mjpeg") {
    loop("320:240") + ["-c:v", "mjpeg", "-q:v", "3", "-f", "mjpeg", $0]
  }

  private static let sample = Fixtures.package.appending(path: "Samples/portrait.mp4").path

  private static func raw(_ size: String, to path: String) -> [String] {
    loop(size) + ["-pix_fmt", "yuyv422", "-f", "rawvideo", path]
  }

  private static func loop(_ size: String) -> [String] {
    let half = "trim=end_frame=\(frameCount / 2),scale=\(size)"
    return [
      "-i", sample, "-filter_complex", "\(half),split[a][b];[b]reverse[c];[a][c]concat=n=2",
    ]
  }

  private static func made(
    _ name: String, _ arguments: @escaping (String) -> [String]
  ) -> Result<String, any Error> {
    Result {
      let folder = try folder.get()
      try Media.ffmpeg(arguments(folder.file(name)), in: folder)
      return folder.file(name)
    }
  }

  /// Goes away with the process: nothing else ends a static value.
  private static let folder: Result<Scratch, any Error> = Result {
    let made = try Scratch()
    atexit {
      if let made = try? LiveMedia.folder.get() {
        try? FileManager.default.removeItem(atPath: made.path)
      }
    }
    return made
  }

  /// The face's true motion in `frames`.
  static func motion() throws -> Motion {
    let text = try String(
      contentsOf: Fixtures.package.appending(path: "Samples/portrait-motion.csv"), encoding: .utf8)
    let maps = text.split(separator: "\n").dropFirst().prefix(frameCount / 2).map { line in
      line.split(separator: ",").dropFirst(2).compactMap { Double($0) }
    }
    try #require(maps.count == frameCount / 2 && maps.allSatisfy { $0.count == 6 })
    return Motion(maps: maps + maps.reversed())
  }

  /// Affine maps from the portrait to each frame of 640 x 480: xx, xy, x0, yx, yy, y0.
  struct Motion {
    let maps: [[Double]]

    /// Mean distance, in pixels of 320 x 240, of a row's landmarks from where those of another row
    /// would be if the face had moved as it did from the other's frame to this one.
    func error(
      of row: [String: String], in frame: Int, against other: [String: String], in otherFrame: Int
    ) -> Double {
      var sum = 0.0
      for index in 0..<68 {
        guard let x = value(row, "x_\(index)"), let y = value(row, "y_\(index)"),
          let u = value(other, "x_\(index)"), let v = value(other, "y_\(index)")
        else { return .infinity }
        let (a, b) = carried(u, v, from: otherFrame, to: frame)
        sum += hypot(x - a, y - b)
      }
      return sum / 68
    }

    private func value(_ row: [String: String], _ name: String) -> Double? {
      row[name].flatMap { Double($0) }
    }

    private func carried(_ x: Double, _ y: Double, from: Int, to: Int) -> (Double, Double) {
      // Half a pixel of the large frame is a quarter of the small one's.
      let (fullX, fullY) = (2 * x + 0.5, 2 * y + 0.5)
      let a = maps[from]
      let (p, q) = (fullX - a[2], fullY - a[5])
      let determinant = a[0] * a[4] - a[1] * a[3]
      let u = (a[4] * p - a[1] * q) / determinant
      let v = (a[0] * q - a[3] * p) / determinant
      let b = maps[to]
      return (
        (b[0] * u + b[1] * v + b[2] - 0.5) / 2, (b[3] * u + b[4] * v + b[5] - 0.5) / 2
      )
    }
  }
}
