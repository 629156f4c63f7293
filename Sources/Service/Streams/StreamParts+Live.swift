import Recording
import Session
import VideoInput

extension StreamParts {
  /// Cameras, network streams and real outputs.
  static let live = StreamParts(
    makeCapture: { try LiveCapture($0.address.secretText, settings: $0.settings) },
    makeDetector: makeDetector, makeSink: makeSink)

  private static func makeSink(
    _ output: OutputConfiguration, _ plan: StreamPlan
  ) throws -> any FrameSink {
    let shape = plan.model.shapeModel
    switch output {
    case .csv(let settings, let columns):
      return try CSVLog(
        settings: settings,
        schema: ColumnSchema(
          landmarkCount: plan.model.landmarkCount, modeCount: shape.modeCount, groups: columns,
          isLive: true), stream: plan.name)
    case .ndjson(let target, let columns):
      return try NDJSONLog(target, groups: columns, stream: plan.name)
    case .osc(let settings):
      return try OSCSender(settings: settings, stream: plan.name)
    case .openSeeFace(let host, let port, let faceID):
      return try OpenSeeFaceSender(
        host: host, port: port, faceID: faceID,
        hasSeveral: plan.configuration.tracking.faceLimit > 1)
    }
  }
}
