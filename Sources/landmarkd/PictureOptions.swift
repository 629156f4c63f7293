import ArgumentParser
import VideoInput

/// Which pictures are decoded at all.
struct PictureOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Refuse larger pictures, in megapixels; default 64, live 36.", valueName: "megapixels"))
  var largestPicture: Double?

  func validate() throws { _ = try chosen() }

  /// - Parameter standard: what applies without the option.
  func largest(_ standard: LargestPicture = .recorded) throws -> LargestPicture {
    try chosen() ?? standard
  }

  private func chosen() throws -> LargestPicture? {
    guard let largestPicture else { return nil }
    do {
      return try LargestPicture(megapixels: largestPicture)
    } catch {
      throw ValidationError(
        "--largest-picture is \(error.problem); expected \(error.expected ?? "") megapixels")
    }
  }
}

/// Which part of a recorded input is read, and whether it may be of several files.
struct StreamOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Which of several video streams is read, from 1.", valueName: "n"))
  var videoStream: Int?

  @Flag(help: "Read an HLS playlist (.m3u8) with the files that it names in its own folder.")
  var allowPlaylists = false
}
