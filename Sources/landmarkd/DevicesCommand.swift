import ArgumentParser
import VideoInput

struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "List the cameras with their pixel formats, sizes and rates.",
    discussion: """
      Names below v4l/by-id stay with the camera wherever it is plugged in; give one to track or \
      serve. Status 1 where there is no camera.

      Example: landmarkd track /dev/video0 --pixel-format mjpeg --video-size 1280x720 -o out.csv
      """)

  @Argument(help: "Folder with the devices.")
  var folder = "/dev"

  func run() throws {
    let list = CameraList(folder: folder)
    for camera in list.cameras {
      for line in Self.lines(camera) { try Terminal.print(line) }
    }
    for device in list.closed {
      Terminal.complain("cannot open \(device.path): \(device.problem)")
    }
    guard list.cameras.isEmpty else { return }
    Terminal.complain("there is no camera: no V4L2 device in \(folder) gives pictures")
    throw Terminal.unusable
  }

  private static func lines(_ camera: CameraList.Camera) -> [String] {
    var lines = ["\(camera.path): \(camera.name) (\(camera.driver), \(camera.bus))"]
    lines += camera.stablePaths.map { "  \($0)" }
    for format in camera.formats {
      let name = format.name ?? "\(format.code), unknown to landmarkd"
      lines.append("  \(name) (\(format.description))")
      lines += format.sizes.map { "    \(text($0))" }
    }
    return lines
  }

  private static func text(_ size: CameraList.Size) -> String {
    let width = text(size.width)
    let height = text(size.height)
    guard !size.rates.isEmpty else { return "\(width)x\(height)" }
    let rates = size.rates.map { rate in
      rate.lowerBound == rate.upperBound
        ? number(rate.upperBound) : "\(number(rate.lowerBound)) to \(number(rate.upperBound))"
    }
    return "\(width)x\(height): \(rates.joined(separator: ", ")) frames/s"
  }

  private static func text(_ range: ClosedRange<Int>) -> String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
  }

  /// Without zeros behind the point: "30", "29.97".
  private static func number(_ value: Double) -> String {
    let hundredths = (value * 100).rounded()
    return hundredths.truncatingRemainder(dividingBy: 100) == 0
      ? "\(Int(hundredths / 100))" : "\(hundredths / 100)"
  }
}
