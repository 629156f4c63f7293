import BuildInfo
import Recording
import Tracking

/// /metrics: the service and its streams, as it is scraped.
struct MetricsPage {
  private let streams: [StreamStatus]
  private let now: Double
  private var out = MetricsText()

  var text: String { out.text }

  /// - Parameters:
  ///   - now: seconds of the monotonic clock.
  init(
    _ streams: [StreamStatus], isReady: Bool, record: ServiceRecord, now: Double,
    process: ProcessFigures
  ) {
    self.streams = streams
    self.now = now
    out.family("landmarkd_build_info", .gauge, "The program's version and commit; always 1.")
    out.sample(
      "landmarkd_build_info", [("version", record.version), ("commit", BuildInfo.commit)], 1)
    one("landmarkd_ready", "Whether every stream was opened or is known lost.", isReady ? 1 : 0)
    addConfiguration(record.lastReload)
    addFrames()
    addStates()
    addFigures()
    addTimes()
    addOutputs()
    addCallers(record.refusals)
    addProcess(process)
  }

  private mutating func addConfiguration(_ reload: ServiceRecord.Reload) {
    let name = "landmarkd_config_last_reload"
    one(
      "\(name)_successful", "Whether the configuration was taken when it was read last.",
      reload.problem == nil ? 1 : 0)
    one(
      "\(name)_timestamp_seconds",
      "When the configuration was read last, taken or not, seconds since 1970.",
      reload.lastSeconds)
    one(
      "\(name)_success_timestamp_seconds",
      "When the configuration in force was read, seconds since 1970.",
      reload.lastSuccessSeconds)
  }

  private mutating func addCallers(_ refusals: HTTPRefusalCounts) {
    let name = "landmarkd_http_refused_total"
    out.family(name, .counter, "Callers who were turned away, by cause.")
    for cause in HTTPRefusalCause.allCases {
      out.sample(name, [("cause", cause.rawValue)], refusals[cause])
    }
  }

  private mutating func addFrames() {
    each("landmarkd_frames_received_total", .counter, "Frames that the source gave.") {
      [([], Double($0.framesIn))]
    }
    each("landmarkd_frames_processed_total", .counter, "Frames that were looked at, by result.") {
      [
        ([("result", "tracked")], Double($0.framesTracked)),
        ([("result", "doubtful")], Double($0.framesDoubtful)),
        ([("result", "without_face")], Double($0.framesWithoutFace)),
      ]
    }
    each("landmarkd_frames_dropped_total", .counter, "Frames that were not looked at, by cause.") {
      Self.byCause($0.drops).map { ([("cause", $0)], Double($1)) }
    }
    each("landmarkd_reconnects_total", .counter, "Times the source was opened again.") {
      [([], Double($0.reconnects))]
    }
    each(
      "landmarkd_source_hangs_total", .counter,
      "Times a connection hung beyond its deadlines and was left to itself."
    ) {
      [([], Double($0.hangs))]
    }
    each("landmarkd_detections_total", .counter, "Times the face detector looked.") {
      [([], Double($0.detections))]
    }
  }

  private mutating func addStates() {
    each("landmarkd_source_state", .gauge, "1 for the state that the source is in.") { stream in
      SourceState.allCases.map {
        ([("state", $0.rawValue)], stream.sourceState == $0 ? 1 : 0)
      }
    }
    each(
      "landmarkd_source_times_distrusted", .gauge,
      "Whether frames have the times of their arrival because the source's own are wrong."
    ) {
      [([], $0.timesProblem == nil ? 0 : 1)]
    }
    each(
      "landmarkd_tracking_state", .gauge,
      "1 for the state that tracking is in; 0 for all while no frame comes."
    ) { stream in
      TrackingState.allCases.map {
        ([("state", $0.rawValue)], stream.trackingState == $0.rawValue ? 1 : 0)
      }
    }
  }

  private mutating func addFigures() {
    each("landmarkd_frames_per_second", .gauge, "Rows over the last seconds.") {
      [([], $0.framesPerSecond)]
    }
    each("landmarkd_faces", .gauge, "Faces that are believed in the last frame, while frames come.")
    {
      $0.facesNow.map { [([], Double($0))] } ?? []
    }
    each("landmarkd_identities_total", .counter, "People so far, as far as can be told.") {
      [([], Double($0.identities))]
    }
    each("landmarkd_confidence", .gauge, "Of the last frame, while frames come; 0 to 1.") {
      $0.confidence.map { [([], $0)] } ?? []
    }
    each(
      "landmarkd_mean_shift_pixels", .gauge,
      "Of the last frame's fit, while frames come; reference pixels."
    ) {
      $0.meanShift.map { [([], $0)] } ?? []
    }
    let now = now
    each(
      "landmarkd_last_frame_age_seconds", .gauge,
      "Since the last frame was tracked; before the first, since the stream began."
    ) {
      [([], $0.lastFrameAgeSeconds(at: now))]
    }
  }

  private mutating func addTimes() {
    let latency = "landmarkd_latency_seconds"
    out.family(latency, .histogram, "From a frame's capture to its row.")
    for stream in streams { out.samples(latency, [("stream", stream.name)], stream.latency) }
    let fit = "landmarkd_fit_seconds"
    out.family(fit, .histogram, "What tracking a frame took.")
    for stream in streams { out.samples(fit, [("stream", stream.name)], stream.fitTime) }
  }

  private mutating func addOutputs() {
    eachOutput("landmarkd_output_written_total", .counter, "Rows or packets handed over.") {
      [([], Double($0.written))]
    }
    // All causes, losses or not: what Prometheus sees for the first time has not increased yet.
    eachOutput("landmarkd_output_lost_total", .counter, "Rows or packets lost, by cause.") {
      output in
      LossCause.allCases.map { ([("cause", $0.rawValue)], Double(output.lost[$0.rawValue] ?? 0)) }
    }
    eachOutput("landmarkd_output_failing", .gauge, "Whether the output has a problem now.") {
      [([], $0.problem == nil ? 0 : 1)]
    }
  }

  private mutating func addProcess(_ process: ProcessFigures) {
    func gauge(_ name: String, _ help: String, _ value: Double?) {
      if let value { one(name, help, value) }
    }
    if let seconds = process.processorSeconds {
      out.family("process_cpu_seconds_total", .counter, "Processor time, user and system.")
      out.sample("process_cpu_seconds_total", [], seconds)
    }
    gauge("process_resident_memory_bytes", "Memory that is in RAM.", process.residentBytes)
    gauge("process_virtual_memory_bytes", "Memory that is mapped.", process.virtualBytes)
    gauge("process_open_fds", "Descriptors that are open.", process.openDescriptors)
    gauge("process_max_fds", "Descriptors that may be open.", process.mostDescriptors)
    gauge("process_threads", "Threads.", process.threads)
    gauge(
      "process_start_time_seconds", "When the process began, seconds since 1970.",
      process.startSeconds)
  }

  // MARK: Families

  /// A gauge of the service.
  private mutating func one(_ name: String, _ help: String, _ value: Double) {
    out.family(name, .gauge, help)
    out.sample(name, [], value)
  }

  /// A family with samples of every stream.
  private mutating func each(
    _ name: String, _ kind: MetricsText.Kind, _ help: String,
    _ samples: (StreamStatus) -> [(MetricsText.Labels, Double)]
  ) {
    out.family(name, kind, help)
    for stream in streams {
      for (labels, value) in samples(stream) {
        out.sample(name, [("stream", stream.name)] + labels, value)
      }
    }
  }

  /// A family with samples of every stream's outputs. Their number, from 1, tells apart those that
  /// have the same target.
  private mutating func eachOutput(
    _ name: String, _ kind: MetricsText.Kind, _ help: String,
    _ samples: (OutputStatus) -> [(MetricsText.Labels, Double)]
  ) {
    out.family(name, kind, help)
    for stream in streams {
      for (i, output) in stream.outputs.enumerated() {
        let labels: MetricsText.Labels = [
          ("stream", stream.name), ("output", "\(i + 1)"), ("kind", output.kind),
          ("target", output.target),
        ]
        for (more, value) in samples(output) { out.sample(name, labels + more, value) }
      }
    }
  }

  private static func byCause(_ counts: [String: Int]) -> [(String, Int)] {
    counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
