import CLNF
import Foundation
import VideoInput

/// What a test keeps of a frame.
struct FrameRecord: Equatable {
  var number: Int
  var seconds: Double
  var timestamp: Int64?
  var width: Int
  var height: Int
  var grey: UInt32
  var isDamaged: Bool
}

/// Reads a source to its end; asserts nothing.
func records(_ source: any FrameSource, limit: Int = .max) throws -> [FrameRecord] {
  var frame = VideoFrame()
  var found: [FrameRecord] = []
  while found.count < limit, try source.read(into: &frame) {
    found.append(
      FrameRecord(
        number: frame.number, seconds: frame.timestampSeconds,
        timestamp: frame.presentationTimestamp, width: frame.grey.width,
        height: frame.grey.height, grey: frame.grey.withSamples { checksum($0) },
        isDamaged: frame.isDamaged))
  }
  return found
}

/// The error that `body` throws, or nil.
func videoError(_ body: () throws -> Void) -> VideoInputError? {
  do {
    try body()
    return nil
  } catch {
    return error as? VideoInputError
  }
}

/// Whether a message is what a user is to see: one line that names the input.
func isUserMessage(_ error: VideoInputError?, naming name: String) -> Bool {
  guard let text = error?.description else { return false }
  return text.contains(name) && !text.contains("\n") && text.count < 400
}
