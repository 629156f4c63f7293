import ArgumentParser
import Session
import VideoInput

/// Which pictures are decoded at all.
struct PictureOptions: ParsableArguments {
  @Option(setting: Settings.largestPicture) var largestPicture: Double?

  /// - Parameter standard: what applies without the option.
  func largest(_ standard: LargestPicture = .recorded) throws -> LargestPicture {
    try largestPicture.map(LargestPicture.init(megapixels:)) ?? standard
  }
}

/// Which part of a recorded input is read, and whether it may be of several files.
struct StreamOptions: ParsableArguments {
  @Option(setting: Settings.videoStream) var videoStream: Int?
  @Flag(setting: Settings.allowPlaylists) var allowPlaylists = false
}

/// What an address of a recording may lead to.
struct AddressOptions: ParsableArguments {
  @Flag(setting: Settings.allowRedirects) var allowRedirects = false
}

/// Which frames of an input are read.
struct RangeOptions: ParsableArguments {
  @Option(setting: Settings.start) var givenStart: Double?
  @Option(setting: Settings.duration) var duration: Double?
  @Option(setting: Settings.every) var givenEvery: Int?

  var start: Double { Settings.start.value(givenStart) }
  var every: Int { Settings.every.value(givenEvery) }
}

/// How any input is read.
struct ReadingOptions: ParsableArguments {
  @Option(setting: Settings.frameRate) var frameRate: Double?
  @Option(setting: Settings.openDeadline) var openDeadline: Double?
  @Option(setting: Settings.readDeadline) var readDeadline: Double?
}
