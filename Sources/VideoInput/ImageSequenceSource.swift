import CFFmpeg
import CFFmpegShims

/// Still images as frames: one file, the images of a folder, or those that match a pattern.
///
/// Image i (from 0) is at i / rate seconds (`VideoSettings.frameRate`) and has no time stamp; its
/// number is i + 1. An image that cannot be decoded is counted as a decode error and keeps its
/// place; if it is the only one it is an error. Images in front of the start and between those of
/// `everyNthFrame` are not decoded at all.
public final class ImageSequenceSource: FrameSource {
  public let description: SourceDescription
  public private(set) var report = SourceReport()
  public let interruption: Interruption

  private let settings: VideoSettings
  private let framesPerSecond: Double
  private let files: [String]
  /// Their names without folders; empty for a single image.
  private let names: [String]
  private let decoder: ImageDecoder
  private let converter: FrameConverter
  private var selection: FrameSelection
  /// Index of the next file.
  private var index = 0
  /// The first image that could be decoded, read while opening: its index and frame.
  private var opened: (index: Int, frame: UnsafePointer<AVFrame>)?
  private var lastShape: (width: Int32, height: Int32, format: Int32)?
  private var failure: VideoInputError?

  /// A single image. Throws what is wrong with it.
  public convenience init(
    image path: String, settings: VideoSettings = .standard,
    interruption: Interruption = Interruption()
  ) throws(VideoInputError) {
    try self.init(
      files: [path], name: path, settings: settings, interruption: interruption)
  }

  /// The images of a folder, in natural order. Throws `.noImages`, and the first image's error
  /// where none can be decoded.
  public convenience init(
    folder: String, settings: VideoSettings = .standard,
    interruption: Interruption = Interruption()
  ) throws(VideoInputError) {
    try self.init(
      files: try imageFiles(inFolder: folder), name: folder, namesImages: true, settings: settings,
      interruption: interruption)
  }

  convenience init(
    pattern: ImagePattern, settings: VideoSettings, interruption: Interruption
  ) throws(VideoInputError) {
    try self.init(
      files: try pattern.files(), name: pattern.text, namesImages: true, settings: settings,
      interruption: interruption)
  }

  private init(
    files: [String], name: String, namesImages: Bool = false, settings: VideoSettings,
    interruption: Interruption
  ) throws(VideoInputError) {
    self.files = files
    names = namesImages ? files.map { String($0.split(separator: "/").last ?? "") } : []
    self.settings = settings
    framesPerSecond = settings.frameRate ?? VideoSettings.imagesPerSecond
    self.interruption = interruption
    decoder = try ImageDecoder(settings: settings, watch: IOWatch(interruption), name: name)
    converter = FrameConverter(settings)
    selection = FrameSelection(settings, tickSeconds: 1 / framesPerSecond)
    let (first, frame) = try Self.firstDecodable(files, decoder)
    opened = (first, frame)
    var report = SourceReport()
    let geometry = decoder.geometry(of: frame, &report)
    let size = geometry.deliveredSize(
      width: Int(frame.pointee.width), height: Int(frame.pointee.height))
    description = SourceDescription(
      name: name, container: files.count == 1 ? "image" : "images", codec: decoder.codecName,
      width: size.width, height: size.height,
      nominalFramesPerSecond: files.count == 1 ? nil : framesPerSecond,
      durationSeconds: files.count == 1 ? nil : Double(files.count) / framesPerSecond,
      frameCountEstimate: files.count, namesImages: namesImages)
    if settings.frameRate == nil, files.count > 1 {
      report.note(
        "images state no times: 30 frames/s assumed; --frame-rate gives the true rate")
    }
    self.report = report
  }

  /// The first image that can be decoded; if there is none, the error of the first.
  private static func firstDecodable(
    _ files: [String], _ decoder: ImageDecoder
  ) throws(VideoInputError) -> (Int, UnsafePointer<AVFrame>) {
    var firstError: VideoInputError?
    for (index, file) in files.enumerated() {
      do throws(VideoInputError) {
        return (index, try decoder.decode(file))
      } catch {
        if error.kind == .interrupted { throw error }
        if firstError == nil { firstError = error }
      }
    }
    throw firstError ?? Demuxer.outOfMemory("images")
  }

  public func read(into frame: inout VideoFrame) throws(VideoInputError) -> Bool {
    if let failure { throw failure }
    do throws(VideoInputError) {
      return try readNext(into: &frame)
    } catch {
      failure = error
      throw error
    }
  }

  private func readNext(into frame: inout VideoFrame) throws(VideoInputError) -> Bool {
    while index < files.count {
      let current = index
      index += 1
      let seconds = Double(current) / framesPerSecond
      switch selection.choose(seconds) {
      case .deliver: break
      case .skip:
        report.framesSkipped += 1
        continue
      case .end:
        report.framesSkipped += files.count - current
        index = files.count
        continue
      }
      guard try decode(current, into: &frame) else { continue }
      frame.number = current + 1
      frame.timestampSeconds = seconds
      frame.presentationTimestamp = nil
      frame.timeBase = timeBase
      frame.utcSeconds = nil
      frame.isDamaged = false
      frame.imageName = names.isEmpty ? nil : names[current]
      report.framesDelivered += 1
      return true
    }
    try finish()
    return false
  }

  private func finish() throws(VideoInputError) {
    guard report.framesDelivered == 0 else { return }
    if let text = report.firstDecodeError {
      throw VideoInputError(
        .nothingDecodable, operation: "decode", source: description.name,
        problem: "no image can be decoded", libraryText: text)
    }
    throw VideoInputError(
      .startBeyondEnd, operation: "read", source: description.name,
      problem: "no image at or after \(settings.startSeconds) s",
      expected: "a start before \(Double(files.count) / framesPerSecond) s")
  }

  /// Decodes file `current` into `frame`; false (and counted) where it is broken.
  private func decode(
    _ current: Int, into frame: inout VideoFrame
  ) throws(VideoInputError) -> Bool {
    let path = files[current]
    do throws(VideoInputError) {
      let decoded: UnsafePointer<AVFrame>
      if let opened, opened.index == current {
        decoded = opened.frame
      } else {
        decoded = try decoder.decode(path)
      }
      opened = nil
      noteShape(decoded)
      let geometry = decoder.geometry(of: decoded, &report)
      try converter.convertImage(decoded, geometry: geometry, path: path, into: &frame)
      report.framesDecoded += 1
      return true
    } catch {
      if error.kind == .interrupted || files.count == 1 { throw error }
      report.countDecodeError(error.description)
      // The frame kept from opening lives in the decoder, which has moved on.
      opened = nil
      return false
    }
  }

  private func noteShape(_ frame: UnsafePointer<AVFrame>) {
    let shape = (frame.pointee.width, frame.pointee.height, frame.pointee.format)
    if let lastShape, lastShape != shape { report.resolutionChanges += 1 }
    lastShape = shape
  }

  /// One image as the tick, as near as a fraction with the denominator 1,000,000 comes where the
  /// rate is no whole number.
  private var timeBase: TimeBase {
    let rate = framesPerSecond
    if rate >= 1, rate == rate.rounded() { return TimeBase(numerator: 1, denominator: Int32(rate)) }
    let scaled = (1e6 / rate).rounded()
    return TimeBase(
      numerator: Int32(max(1, min(scaled, 1e9))), denominator: 1_000_000)
  }
}
