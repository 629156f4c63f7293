import Foundation
import Measurement
import TestSupport
import Testing
import Tracking

@testable import Recording

private struct Received: Decodable {
  struct Message: Decodable {
    var address: String
    var types: String
    var arguments: [Argument]
  }
  enum Argument: Decodable, Equatable {
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }
  var time: Double
  var bytes: Int
  var messages: [Message]

  subscript(address: String) -> [Argument]? {
    messages.first { $0.address == address }?.arguments
  }
}

private func numbers(_ values: [Double]) -> [Received.Argument] {
  values.map { .number(Double(Float($0))) }
}

@Suite struct OSCSenderTests {
  @Test(.enabled(if: PythonReceiver.python != nil, "needs python3"))
  func aReceiverUnderstandsEveryMessage() throws {
    let receiver = try PythonReceiver("osc_receiver.py", packets: 3)
    let sender = try OSCSender(
      settings: OSCSettings(
        host: "127.0.0.1", port: receiver.port, prefix: "/face/live",
        groups: Set(ColumnGroup.allCases)), stream: "front door #1")
    var frame = sampleFrame(12, landmarks: 68, modes: 34)
    frame.captureSeconds = 1
    let measurement = sampleMeasurement(landmarks: 68)
    sender.write(frame, measurement, sampleContext)
    sender.write(lostFrame(), sampleMeasurement(), sampleContext)
    frame.confidence = .nan
    frame.faceID = -1
    sender.write(frame, FaceMeasurement(), sampleContext)
    let got = try receiver.results(Received.self)
    try #require(got.count == 3)
    #expect(sender.wait { $0.written == 3 }.written == 3)
    #expect(sender.status.lost.isEmpty)

    let first = got[0]
    let base = "/face/live/front_door__1"
    #expect(abs(first.time - 1_769_851_800.25) < 1e-6)
    #expect(
      first.messages.map(\.address)
        == [
          "frame", "state", "success", "confidence", "size", "pose", "landmarks", "landmarks3d",
          "parameters", "fit", "latency",
        ].map { base + "/" + $0 })
    #expect(first[base + "/frame"] == numbers([12, 1]))
    #expect(first[base + "/state"] == [.text("tracking")])
    #expect(first[base + "/success"] == numbers([1]))
    #expect(first[base + "/confidence"] == numbers([0.98765]))
    #expect(first[base + "/size"] == numbers([640, 480]))
    #expect(first[base + "/pose"] == numbers([-1.5, 20.255, 600, 0.25, -0.125, 0]))
    #expect(
      first[base + "/landmarks"]
        == numbers((0..<68).flatMap { [frame.landmarks[$0], frame.landmarks[68 + $0]] }))
    #expect(
      first[base + "/landmarks3d"]
        == numbers(
          (0..<68).flatMap { index in
            (0..<3).map { measurement.landmarks3D[68 * $0 + index] }
          }))
    #expect(
      first[base + "/parameters"]
        == numbers([1.25, 0.1, -0.2, -1e-9, 320.123456, -4] + frame.local))
    #expect(first[base + "/fit"] == numbers([0.71234, 1.5, -0.40001, 30]))

    // Without a fit there is nothing to say of it; without a confidence neither.
    #expect(
      got[1].messages.map(\.address)
        == ["frame", "state", "success", "confidence", "size"].map { base + "/" + $0 })
    #expect(got[1][base + "/state"] == [.text("lost")])
    #expect(
      got[2].messages.map(\.address)
        == [
          "frame", "state", "success", "size", "landmarks", "parameters", "fit", "latency",
        ].map { base + "/" + $0 })
    #expect(got[2][base + "/frame"] == numbers([12, -1]))
  }

  @Test func theBytesOfASmallBundle() throws {
    var bundle = OSCBundle(
      settings: try OSCSettings(host: "127.0.0.1", port: 9000, prefix: "/l", groups: []),
      stream: "a")
    bundle.encode(
      lostFrame(), FaceMeasurement(), sampleContext,
      OSCBundle.Times(utcSeconds: 0.5, latencySeconds: nil))
    let expected: [UInt8] =
      Array("#bundle\0".utf8) + [0x83, 0xaa, 0x7e, 0x80, 0x80, 0, 0, 0]
      + [0, 0, 0, 24] + Array("/l/a/frame\0\0,ii\0".utf8) + [0, 0, 0, 8, 0, 0, 0, 0]
      + [0, 0, 0, 24] + Array("/l/a/state\0\0,s\0\0lost\0\0\0\0".utf8)
      + [0, 0, 0, 24] + Array("/l/a/success\0\0\0\0,i\0\0".utf8) + [0, 0, 0, 0]
      + [0, 0, 0, 24] + Array("/l/a/confidence\0,f\0\0".utf8) + [0, 0, 0, 0]
      + [0, 0, 0, 24] + Array("/l/a/size\0\0\0,ii\0".utf8) + [0, 0, 2, 128, 0, 0, 1, 224]
    #expect(Array(bundle.bytes) == expected)
  }

  @Test func thePacketOf68LandmarksFitsAnEthernetFrame() throws {
    var bundle = OSCBundle(
      settings: try OSCSettings(host: "127.0.0.1", port: 9000), stream: "front")
    bundle.encode(
      sampleFrame(landmarks: 68), sampleMeasurement(landmarks: 68), sampleContext,
      OSCBundle.Times(utcSeconds: 0.5, latencySeconds: nil))
    #expect(bundle.bytes.count < 1472)
  }

  @Test func timesOutsideOfTheTagsYearsAreImmediate() {
    #expect(OSCBundle.timeTag(0) == 2_208_988_800 << 32)
    #expect(OSCBundle.timeTag(-3e9) == 1)
    #expect(OSCBundle.timeTag(3e9) == 1)
    #expect(OSCBundle.timeTag(.nan) == 1)
  }

  @Test(arguments: ["", "landmarkd", "/a/", "/a b", "/a#", "/é"])
  func whatIsNoPrefix(prefix: String) {
    #expect(throws: RecordingError.self) {
      _ = try OSCSettings(host: "127.0.0.1", port: 9000, prefix: prefix)
    }
  }
}
