import Foundation
import TestSupport
import Testing

import Recording
import Session

@Suite struct RunReportTests {
  let folder: ScratchFolder
  let path: String

  init() throws {
    folder = try ScratchFolder()
    path = RunReport.path(besides: folder.file("out.csv"))
  }

  private var sample: RunReport {
    var counts = RunReport.Counts()
    counts.framesRead = 288
    counts.framesTracked = 280
    counts.framesFailed = 6
    counts.framesWithoutFace = 2
    counts.decodeErrors = 1
    counts.rowsWritten = 288
    return RunReport(
      input: "a/\"b\".avi", model: .init(name: "general", checksum: "sha256:00ff"),
      settings: ["threads": 1, "columns": ["pose", "fit"], "force": false, "sigma": 1.75],
      versions: ["landmarkd": "0.1.0", "libavcodec": "61.3.100"], counts: counts,
      identities: [
        .init(faceID: 3, firstSeconds: 0.5, lastSeconds: 9.25, frames: 280, meanConfidence: 0.875)
      ],
      times: .init(
        started: "2026-01-31T09:30:00.250000Z", finished: "2026-01-31T09:30:02.250000Z",
        wallSeconds: 2, mediaSeconds: 9.6))
  }

  @Test func goldenText() throws {
    #expect(path == folder.file("out.csv.json"))
    try sample.write(to: path, force: false)
    #expect(
      try folder.text("out.csv.json") == """
        {
          "counts" : {
            "corruptPackets" : 0,
            "damagedFrames" : 0,
            "decodeErrors" : 1,
            "disorderedTimestamps" : 0,
            "framesDropped" : 0,
            "framesFailed" : 6,
            "framesRead" : 288,
            "framesTracked" : 280,
            "framesWithoutFace" : 2,
            "lostFrames" : 0,
            "missingTimestamps" : 0,
            "recordingsJoined" : 0,
            "repeatedTimestamps" : 0,
            "resolutionChanges" : 0,
            "rowsWritten" : 288,
            "wildTimestamps" : 0
          },
          "endedEarly" : false,
          "identities" : [
            {
              "faceID" : 3,
              "firstSeconds" : 0.5,
              "frames" : 280,
              "lastSeconds" : 9.25,
              "meanConfidence" : 0.875
            }
          ],
          "input" : "a/\\"b\\".avi",
          "model" : {
            "checksum" : "sha256:00ff",
            "name" : "general"
          },
          "settings" : {
            "columns" : [
              "pose",
              "fit"
            ],
            "force" : false,
            "sigma" : 1.75,
            "threads" : 1
          },
          "times" : {
            "finished" : "2026-01-31T09:30:02.250000Z",
            "mediaSeconds" : 9.6,
            "started" : "2026-01-31T09:30:00.250000Z",
            "wallSeconds" : 2
          },
          "versions" : {
            "landmarkd" : "0.1.0",
            "libavcodec" : "61.3.100"
          }
        }

        """)
  }

  @Test func whatIsReadIsWhatWasWritten() throws {
    var report = sample
    report.endedEarly = true
    report.endReason = "interrupted"
    report.settings["text"] = "1"
    report.settings["nested"] = [[true], 0.1, []]
    try report.write(to: path, force: false)
    let read = try JSONDecoder().decode(
      RunReport.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(read == report)
  }

  @Test func anOldReportIsReplacedOnlyWhenAsked() throws {
    try sample.write(to: path, force: false)
    var other = sample
    other.input = "b"
    #expect(throws: RecordingError.alreadyExists(path: path, rows: nil)) {
      try other.write(to: path, force: false)
    }
    #expect(try !folder.text("out.csv.json").contains("\"b\"\n"))
    try other.write(to: path, force: true)
    #expect(try folder.text("out.csv.json").contains("\"input\" : \"b\""))
    #expect(try folder.names == ["out.csv.json"])
  }

  @Test func jsonHasNoWordForNoNumber() throws {
    var report = sample
    report.settings["sigma"] = .number(.nan)
    #expect(throws: RecordingError.self) { try report.write(to: path, force: false) }
    #expect(try folder.names == [])
  }
}
