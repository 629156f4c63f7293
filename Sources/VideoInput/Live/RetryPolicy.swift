/// How long to wait before a live source is tried again.
struct RetryPolicy {
  private let settings: LiveSettings
  private let isCamera: Bool
  private var generator: any RandomNumberGenerator
  private var refusals = 0

  init(
    _ settings: LiveSettings, isCamera: Bool,
    generator: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) {
    self.settings = settings
    self.isCamera = isCamera
    self.generator = generator
  }

  /// The source was live: refusals before count no more.
  mutating func succeeded() { refusals = 0 }

  /// Seconds to wait after `error`.
  mutating func delay(after error: VideoInputError) -> Double {
    guard error.kind == .credentialsRefused else {
      refusals = 0
      if isCamera { return settings.cameraRetrySeconds }
      return jittered(settings.networkRetrySeconds)
    }
    // Wrong words do not become right by being repeated, and cameras lock out who tries too often.
    refusals += 1
    let doubled = 2 * Double(1 << min(refusals, 10))
    return jittered(min(doubled, settings.refusedRetrySeconds))
  }

  private mutating func jittered(_ seconds: Double) -> Double {
    seconds * Double.random(in: 0.5...1, using: &generator)
  }
}
