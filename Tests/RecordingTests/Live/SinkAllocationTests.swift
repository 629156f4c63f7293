import CAllocationCount
import Measurement
import TestSupport
import Testing
import Tracking

@testable import Recording

@Suite struct SinkAllocationTests {
  @Test func aRowAllocatesNothingOnTheStreamsThread() throws {
    let folder = try ScratchFolder()
    let schema = ColumnSchema(landmarkCount: 68, modeCount: 34, isLive: true)
    let sinks: [any FrameSink] = [
      try CSVLog(path: folder.file("a.csv"), schema: schema),
      try NDJSONLog(.files(LogFileSettings(pattern: folder.file("a.ndjson"))), stream: "door"),
      try OSCSender(settings: OSCSettings(host: "127.0.0.1", port: 9), stream: "door"),
      try OpenSeeFaceSender(host: "127.0.0.1", port: 9),
    ]
    var frame = sampleFrame(landmarks: 68, modes: 34)
    frame.captureSeconds = 1
    let measurement = sampleMeasurement(landmarks: 68)
    for sink in sinks {
      // Both halves of the queue get their size.
      for _ in 0..<4 {
        for _ in 0..<20 { sink.write(frame, measurement, sampleContext) }
        let written = sink.status.written
        _ = sink.wait(seconds: 1) { $0.kind == "csv" ? $0.written > written : true }
      }
      let kind = sink.status.kind
      var least = UInt64.max
      for _ in 0..<10 {
        let before = allocation_count()
        sink.write(frame, measurement, sampleContext)
        least = min(least, allocation_count() - before)
      }
      #expect(least == 0, "\(kind)")
      sink.close()
    }
  }
}
