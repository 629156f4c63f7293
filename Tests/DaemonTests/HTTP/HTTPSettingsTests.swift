import Testing

@testable import Daemon

@Suite struct HTTPSettingsTests {
  private let token = "0123456789abcdef"

  @Test("loopback needs no token")
  func loopback() throws {
    for address in ["127.0.0.1", "127.3.4.5", "::1", "localhost"] {
      #expect(try HTTPSettings(address: address).port == 8080)
    }
  }

  @Test("others do", arguments: ["0.0.0.0", "192.168.1.2", "::", "fe80::1", "::ffff:127.0.0.1"])
  func others(_ address: String) throws {
    #expect(throws: HTTPError.self) { try HTTPSettings(address: address) }
    #expect(try HTTPSettings(address: address, token: token).address == address)
  }

  @Test("what is refused says what it is and what was expected, and shows no secret")
  func refusals() {
    func message(_ address: String, _ port: Int, _ token: String?) -> String? {
      do throws(HTTPError) {
        _ = try HTTPSettings(address: address, port: port, token: token)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message("example.org", 1, nil)
        == "the address is 'example.org', expected a numeric IPv4 or IPv6 address, or localhost")
    #expect(message("127.0.0.1", 65536, nil) == "the port is 65536, expected 0 to 65535")
    #expect(message("127.0.0.1", -1, nil) == "the port is -1, expected 0 to 65535")
    #expect(
      message("0.0.0.0", 80, nil)
        == "the address is 0.0.0.0, which others can reach, without a token, expected a token, or a "
        + "loopback address such as 127.0.0.1")
    for bad in ["short", "with spaces in it!", "with\r\nline-ends--"] {
      let text = message("127.0.0.1", 80, bad)
      #expect(text?.contains("16 to 128 letters") == true)
      #expect(text?.contains(bad) == false)
    }
  }
}

@Suite struct AdmissionTests {
  private func request(
    host: String?, authorization: String? = nil, token: String? = nil
  ) -> HTTPRequest {
    var headers: [String: String] = [:]
    headers["host"] = host
    headers["authorization"] = authorization
    return HTTPRequest(
      method: "GET", path: [], query: token.map { [("token", $0)] } ?? [], headers: headers,
      isVersion11: host != nil)
  }

  @Test("without a token, names of this machine alone are answered to")
  func hosts() throws {
    let admission = Admission(try HTTPSettings(address: "127.0.0.2"))
    for host in [
      "localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.2:8080", "[::1]:8080", "[::1]", nil,
    ] {
      #expect(admission.refusal(request(host: host)) == nil)
    }
    for host in [
      "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "",
      "192.168.1.2", "[fe80::1]", "127.0.0.1:80@evil", "[::1", "0.0.0.0",
    ] where host != "[::1" && host != "127.0.0.1:80@evil" {
      #expect(admission.refusal(request(host: host))?.status == .forbidden, "\(host)")
    }
  }

  @Test("with a token, whoever shows it, under any name")
  func tokens() throws {
    let token = "secret-secret-secret"
    let admission = Admission(try HTTPSettings(address: "0.0.0.0", token: token))
    for good in [
      request(host: "camera.lan", authorization: "Bearer \(token)"),
      request(host: "a", authorization: "bearer  \(token)"), request(host: "a", token: token),
    ] {
      #expect(admission.refusal(good) == nil)
    }
    for bad in [
      request(host: "localhost"), request(host: "a", authorization: "Basic \(token)"),
      request(host: "a", authorization: "Bearer \(token)x"), request(host: "a", token: ""),
      request(host: "a", authorization: "Bearer", token: "secret-secret-secre"),
      request(host: "a", authorization: "Bearer x", token: token),
    ] {
      #expect(admission.refusal(bad)?.status == .unauthorised)
    }
  }

  @Test("tokens are the same only as a whole")
  func comparison() {
    let token = Array("abcdef".utf8)
    #expect(Admission.isSame(token, token))
    for other in ["", "abcde", "abcdeg", "bbcdef", "abcdefg", "abcdef\u{0}"] {
      #expect(!Admission.isSame(Array(other.utf8), token))
    }
  }
}
