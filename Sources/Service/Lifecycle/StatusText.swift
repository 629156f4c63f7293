import SystemSupport

/// The service in one line, for `systemctl status`.
struct StatusText {
  /// systemd shows one line; what is longer helps nobody.
  private static let longest = 400

  let text: String

  /// - Parameters:
  ///   - notes: what is wrong beside the streams.
  ///   - now: seconds of the monotonic clock.
  init(_ streams: [StreamStatus], notes: [String], now: Double) {
    let parts = notes + streams.map { Self.words($0, now) }
    let text = parts.joined(separator: "; ")
    self.text = text.count > Self.longest ? text.prefix(Self.longest - 3) + "..." : text
  }

  /// A time that has passed, in its largest unit: "12 s", "5 min", "3 h", "2 d".
  static func age(_ seconds: Double) -> String {
    let units = [(86400.0, "d"), (3600, "h"), (60, "min")]
    let (unit, name) = units.first { seconds >= $0.0 } ?? (1, "s")
    return "\(Int(max(0, seconds / unit))) \(name)"
  }

  private static func words(_ stream: StreamStatus, _ now: Double) -> String {
    var words = "\(stream.name) \(stream.sourceState.rawValue)"
    switch stream.sourceState {
    case .live:
      let age = age(stream.lastFrameAgeSeconds(at: now))
      words += String(printf: " %.1f frames/s, ", stream.framesPerSecond)
      words += stream.trackingState ?? "no frame for \(age)"
    case .opening, .waiting, .stopped:
      if let problem = stream.problem { words += " (\(problem))" }
    }
    let ill = stream.outputs.filter { $0.problem != nil }.map(\.kind)
    if !ill.isEmpty { words += ", trouble with \(ill.joined(separator: " and "))" }
    return words
  }
}
