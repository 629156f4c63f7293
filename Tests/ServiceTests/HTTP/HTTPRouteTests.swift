import Foundation
import Testing

@testable import Service

/// Every route and refusal, through real sockets.
@Suite struct HTTPRouteTests {
  @Test("health and readiness")
  func health() throws {
    let directory = FakeDirectory.liveAndAway()
    let front = try RunningFront(directory)
    #expect(try ask(front, "/healthz").status == 200)
    #expect(try ask(front, "/healthz").text == "{\"status\":\"ok\"}\n")
    #expect(try ask(front, "/readyz").status == 200)
    directory.isReady = false
    let starting = try ask(front, "/readyz")
    #expect(starting.status == 503 && starting.text == "{\"status\":\"starting\"}\n")
    #expect(try ask(front, "/healthz").status == 200)
  }

  @Test("every answer is not stored, not sniffed, not framed, and is dated")
  func headers() throws {
    let front = try RunningFront(.liveAndAway())
    for path in ["/", "/healthz", "/metrics", "/nothing"] {
      let headers = try ask(front, path).headers
      #expect(headers["cache-control"] == "no-store")
      #expect(headers["x-content-type-options"] == "nosniff")
      #expect(headers["x-frame-options"] == "DENY")
      #expect(headers["cross-origin-resource-policy"] == "same-origin")
      #expect(headers["access-control-allow-origin"] == nil)
      #expect(headers["date"]?.hasSuffix(" GMT") == true)
    }
    #expect(HTTPAnswer.date(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
  }

  @Test("streams as JSON")
  func streams() throws {
    let answer = try ask(try RunningFront(.liveAndAway()), "/api/streams")
    #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
    let service = try answer.json()
    #expect(service["version"] as? String == "1.2.3-test")
    #expect(service["isReady"] as? Bool == true)
    let streams = try #require(service["streams"] as? [[String: Any]])
    #expect(streams.map { $0["name"] as? String } == ["door", "yard"])
    #expect(streams[0]["framesTracked"] as? Int == 90)
    #expect(streams[0]["drops"] as? [String: Int] == ["newer": 2, "undecodable": 1])
    #expect(streams[0]["problem"] is NSNull)
    #expect(streams[0]["lastFrameSeconds"] == nil)
    #expect(streams[0]["trackingState"] as? String == "tracking")
    #expect(streams[0]["facesNow"] as? Int == 2 && streams[0]["identities"] as? Int == 5)
    for key in ["trackingState", "confidence", "meanShift", "facesNow"] {
      #expect(streams[1][key] is NSNull)
    }
    // It has an age, though no frame ever came.
    #expect(streams[1]["lastFrameAgeSeconds"] as? Double ?? 0 > 0)
    #expect(streams[1]["sourceState"] as? String == "waiting")
    #expect(streams[1]["problem"] as? String == "Connection refused")
    let outputs = try #require(streams[0]["outputs"] as? [[String: Any]])
    #expect(outputs[1]["lost"] as? [String: Int] == ["no receiver": 2])
  }

  @Test("a configuration that was not taken, as JSON")
  func configuration() throws {
    let front = try RunningFront(.liveAndAway())
    func told() throws -> [String: Any] {
      try #require(try ask(front, "/api/streams").json()["configuration"] as? [String: Any])
    }
    #expect(try told()["lastReloadSuccessful"] as? Bool == true)
    #expect(try told()["problem"] is NSNull)
    front.record.note(reload: "has 2 mistakes")
    let failed = try told()
    #expect(failed["lastReloadSuccessful"] as? Bool == false)
    #expect(failed["problem"] as? String == "has 2 mistakes")
    #expect(failed["lastReloadAgeSeconds"] as? Double ?? 99 < 30)
    let times = ["lastReloadTimestampSeconds", "lastReloadSuccessTimestampSeconds"]
      .compactMap { failed[$0] as? Double }
    #expect(times.count == 2 && times[0] >= times[1] && times[1] > 1e9)
  }

  @Test("another front of the same service is no other service")
  func sameService() throws {
    let record = ServiceRecord(version: "1")
    let first = try ask(try RunningFront(.liveAndAway(), record: record), "/api/streams").json()
    usleep(20_000)
    let second = try ask(try RunningFront(.liveAndAway(), record: record), "/api/streams").json()
    #expect(first["instance"] as? String == second["instance"] as? String)
    let uptimes = [first, second].map { $0["uptimeSeconds"] as? Double ?? 0 }
    #expect(uptimes[1] > uptimes[0] + 0.02)
  }

  @Test("numbers that JSON does not have do not spoil the rest")
  func notNumbers() throws {
    let directory = FakeDirectory.liveAndAway()
    directory.change {
      $0[0].meanShift = .nan
      $0[0].confidence = .infinity
      $0[0].framesPerSecond = .nan
    }
    let front = try RunningFront(directory)
    let streams = try ask(front, "/api/streams").json()["streams"] as? [[String: Any]]
    #expect(streams?[0]["meanShift"] as? String == "nan")
    #expect(
      try ask(front, "/metrics").text.contains("landmarkd_frames_per_second{stream=\"door\"} NaN"))
  }

  @Test("the last seconds' figures for the curves")
  func history() throws {
    let directory = FakeDirectory.liveAndAway()
    let front = try RunningFront(directory)
    var last = 0
    try waitUntil("a second sample") {
      last = try ask(front, "/api/history").json()["last"] as? Int ?? 0
      return last >= 2
    }
    let answer = try ask(front, "/api/history?after=\(last - 1)").json()
    let door = try #require((answer["streams"] as? [String: [String: [Any]]])?["door"])
    #expect(door["meanShift"]?.first as? Double == 0.5)
    #expect(door["state"]?.first as? String == "tracking")
    #expect(try ask(front, "/api/history?after=-1").status == 400)
    #expect(try ask(front, "/api/history?after=x").status == 400)
  }

  @Test("what is not there, and what is not allowed")
  func refusals() throws {
    let front = try RunningFront(.liveAndAway())
    for path in [
      "/nothing", "/api", "/api/streams/door", "/api/streams/none/picture", "/healthz/",
      "/api/streams/../streams", "//", "/index.html", "/.env",
    ] {
      let answer = try ask(front, path)
      #expect(answer.status == 404, "\(path)")
      #expect(try answer.json()["error"] is String)
      #expect(answer.text.hasSuffix("\n") && !answer.text.dropLast().contains("\n"))
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
      let answer = try ask(front, "/metrics", method: method)
      #expect(answer.status == 405 && answer.headers["allow"] == "GET, HEAD")
    }
    #expect(try ask(front, "/nothing", method: "POST").status == 404)
    #expect(try ask(front, "/api/pictures?of=door").status == 400)
    #expect(try ask(front, "/api/pictures?of=x:door").status == 400)
    #expect(try ask(front, "/api/pictures?of=-1:door").status == 400)
    #expect(try ask(front, "/api/streams/door/picture?wait=21").status == 400)
    #expect(try ask(front, "/api/streams/door/picture?after=99999999999999999999").status == 400)
  }

  @Test("HEAD is GET without the body")
  func head() throws {
    let front = try RunningFront(.liveAndAway())
    let caller = try HTTPCaller(front.port)
    let head = try caller.get("/healthz", method: "HEAD")
    let whole = try caller.get("/healthz")
    #expect(head.status == 200 && head.headers["content-length"] == "\(whole.body.count)")
    #expect(head.headers["content-type"] == whole.headers["content-type"])
  }

  @Test("without a token, other names are refused; with one, other callers")
  func admission() throws {
    let open = try RunningFront(.liveAndAway())
    #expect(try ask(open, "/", host: "evil.example").status == 403)
    #expect(try ask(open, "/healthz", host: "127.0.0.1:\(open.port)").status == 200)
    #expect(try ask(open, "http://evil.example/healthz").status == 403)
    #expect(try ask(open, "http://localhost:\(open.port)/healthz", host: "x").status == 200)
    #expect(try ask(open, "/healthz", host: "[::1].evil.com").status == 400)
    for header in ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site"] {
      #expect(try ask(open, "/api/pictures?wait=0", headers: [header]).status == 403)
    }
    #expect(open.record.refusals[.host] == 2 && open.record.refusals[.otherSite] == 2)
    // What is no host at all is no request.
    #expect(open.record.refusals[.badRequest] == 1)
    let token = "0123456789abcdef-"
    let closed = try RunningFront(.liveAndAway(), address: "0.0.0.0", token: token)
    for path in ["/", "/healthz", "/metrics", "/api/streams", "/nothing"] {
      let refused = try ask(closed, path)
      #expect(refused.status == 401 && refused.headers["www-authenticate"] == "Bearer")
      #expect(!refused.text.contains(token))
    }
    #expect(try ask(closed, "/?token=\(token)", host: "camera.lan").status == 200)
    #expect(
      try ask(closed, "/metrics", headers: ["Authorization: Bearer \(token)"]).status == 200)
    #expect(try ask(closed, "/metrics?token=wrong-wrong-wrong-").status == 401)
    #expect(closed.record.refusals[.token] == 6)
    let metrics = try ask(closed, "/metrics?token=\(token)").text
    #expect(metrics.contains("landmarkd_http_refused_total{cause=\"token\"} 6\n"))
  }
}
