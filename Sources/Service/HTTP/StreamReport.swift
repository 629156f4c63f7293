/// /api/streams: the service and its streams.
struct ServiceReport: Encodable {
  var version: String
  /// Another one after every start of the service.
  var instance: String
  var isReady: Bool
  var uptimeSeconds: Double
  var configuration: ReloadReport
  var streams: [StreamReport]
}

/// How the last reading of the configuration went, as /metrics names it. Times are seconds since
/// 1970.
struct ReloadReport: Encodable {
  private let reload: ServiceRecord.Reload
  private let ageSeconds: Double

  private enum Key: String, CodingKey {
    case lastReloadSuccessful, problem, lastReloadAgeSeconds, lastReloadTimestampSeconds
    case lastReloadSuccessTimestampSeconds
  }

  init(_ record: ServiceRecord) {
    reload = record.lastReload
    ageSeconds = record.reloadAgeSeconds
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(reload.problem == nil, forKey: .lastReloadSuccessful)
    try values.encode(reload.problem, forKey: .problem)
    try values.encode(ageSeconds, forKey: .lastReloadAgeSeconds)
    try values.encode(reload.lastSeconds, forKey: .lastReloadTimestampSeconds)
    try values.encode(reload.lastSuccessSeconds, forKey: .lastReloadSuccessTimestampSeconds)
  }
}

/// A stream as JSON: its `StreamStatus`, but for what only this process can make use of.
struct StreamReport: Encodable {
  private let status: StreamStatus
  private let now: Double

  private enum Key: String, CodingKey {
    case name, source, sourceState, problem, timesProblem, width, height
    case framesIn, framesTracked, framesDoubtful, framesWithoutFace, drops, reconnects, hangs
    case detections, trackingState, confidence, meanShift, facesNow, identities
    case framesPerSecond, lastFrameAgeSeconds
    case latency, fitTime, outputs
  }

  /// - Parameters:
  ///   - now: seconds of the monotonic clock.
  init(_ status: StreamStatus, now: Double) {
    self.status = status
    self.now = now
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(status.name, forKey: .name)
    try values.encode(status.source, forKey: .source)
    try values.encode(status.sourceState, forKey: .sourceState)
    try values.encode(status.problem, forKey: .problem)
    try values.encode(status.timesProblem, forKey: .timesProblem)
    try values.encode(status.width, forKey: .width)
    try values.encode(status.height, forKey: .height)
    try values.encode(status.framesIn, forKey: .framesIn)
    try values.encode(status.framesTracked, forKey: .framesTracked)
    try values.encode(status.framesDoubtful, forKey: .framesDoubtful)
    try values.encode(status.framesWithoutFace, forKey: .framesWithoutFace)
    try values.encode(status.drops, forKey: .drops)
    try values.encode(status.reconnects, forKey: .reconnects)
    try values.encode(status.hangs, forKey: .hangs)
    try values.encode(status.detections, forKey: .detections)
    try values.encode(status.trackingState, forKey: .trackingState)
    try values.encode(status.confidence, forKey: .confidence)
    try values.encode(status.meanShift, forKey: .meanShift)
    try values.encode(status.facesNow, forKey: .facesNow)
    try values.encode(status.identities, forKey: .identities)
    try values.encode(status.framesPerSecond, forKey: .framesPerSecond)
    try values.encode(status.lastFrameAgeSeconds(at: now), forKey: .lastFrameAgeSeconds)
    try values.encode(status.latency, forKey: .latency)
    try values.encode(status.fitTime, forKey: .fitTime)
    try values.encode(status.outputs, forKey: .outputs)
  }
}
