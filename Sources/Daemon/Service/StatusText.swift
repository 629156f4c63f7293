import Foundation

/// The service in one line, for `systemctl status`.
struct StatusText {
  /// systemd shows one line; what is longer helps nobody.
  private static let longest = 400

  let text: String

  /// - Parameter notes: what is wrong beside the streams.
  init(_ streams: [StreamStatus], notes: [String]) {
    let parts = notes + streams.map(Self.words)
    let text = parts.joined(separator: "; ")
    self.text = text.count > Self.longest ? text.prefix(Self.longest - 3) + "..." : text
  }

  private static func words(_ stream: StreamStatus) -> String {
    var words = "\(stream.name) \(stream.sourceState.rawValue)"
    switch stream.sourceState {
    case .live:
      words += String(format: " %.1f frames/s, ", stream.framesPerSecond) + stream.trackingState
    case .opening, .waiting, .stopped:
      if let problem = stream.problem { words += " (\(problem))" }
    }
    let ill = stream.outputs.filter { $0.problem != nil }.map(\.kind)
    if !ill.isEmpty { words += ", trouble with \(ill.joined(separator: " and "))" }
    return words
  }
}
