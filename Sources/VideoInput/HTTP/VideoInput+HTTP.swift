import Glibc

extension VideoInput {
  /// What answers at an http or https address.
  public enum Answer: Sendable {
    /// A file, which `open` reads from its beginning to its end.
    case recording
    /// What goes on: a stream, pictures one after another, one picture each time.
    case live
  }

  /// Whether `input` is an http or https address and no file of that name.
  public static func isHTTP(_ input: String) -> Bool {
    guard case .network(_, let scheme)? = LiveAddress(input)?.place else { return false }
    return scheme == "http" || scheme == "https"
  }

  /// Asks what is at the http or https address `input`.
  ///
  /// Throws as opening it would; `.lost` and `.timedOut` where it does not answer. Cost: a request,
  /// and a second one for a playlist of playlists.
  public static func answer(
    of input: String, allowsRedirects: Bool = false, deadlineSeconds: Double = 10,
    interruption: Interruption = Interruption()
  ) throws(VideoInputError) -> Answer {
    let watch = IOWatch(interruption)
    watch.start(seconds: deadlineSeconds)
    do throws(HTTPFailure) {
      guard let address = HTTPAddress(input) else { throw .notAnAddress }
      switch try HTTPAnswerKind.find(address, allowsRedirects: allowsRedirects, watch) {
      case .recording: return .recording
      case .live: return .live
      }
    } catch {
      throw error.error("open", redacted(input))
    }
  }

  static func httpAddress(_ input: String) -> HTTPAddress? {
    isHTTP(input) ? HTTPAddress(input) : nil
  }

  static func open(
    _ address: HTTPAddress, name: String, _ settings: VideoSettings, _ interruption: Interruption
  ) throws(VideoInputError) -> any FrameSource {
    let watch = IOWatch(interruption)
    watch.start(seconds: settings.openDeadlineSeconds)
    let found: HTTPAnswerKind
    do throws(HTTPFailure) {
      found = try HTTPAnswerKind.find(address, allowsRedirects: settings.allowsRedirects, watch)
    } catch {
      throw error.error("open", name)
    }
    guard case .recording(let recording) = found else {
      throw VideoInputError(
        .notVideo, operation: "open", source: name,
        problem: "it is a live source and does not end", expected: "a recording")
    }
    return try FileSource(.http(recording), name: name, settings: settings, watch: watch)
  }
}
