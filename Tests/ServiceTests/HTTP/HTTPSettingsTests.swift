import Testing

@testable import Service

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
    host: String?, authorization: String? = nil, token: String? = nil, path: [String] = [],
    _ more: [String: String] = [:]
  ) -> HTTPRequest {
    var headers = more
    headers["host"] = host
    headers["authorization"] = authorization
    return HTTPRequest(
      method: "GET", path: path, query: token.map { [("token", $0)] } ?? [], headers: headers,
      isVersion11: host != nil, authority: host.flatMap { HTTPAuthority($0) })
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
      "192.168.1.2", "[fe80::1]", "0.0.0.0", "127.1", "127.0.0.1.", "[::ffff:127.0.0.1]",
    ] {
      #expect(admission.refusal(request(host: host))?.status == .forbidden, "\(host)")
    }
  }

  @Test("names of the settings are its own: behind a proxy, or in a network of one's own")
  func otherHosts() throws {
    let admission = Admission(try HTTPSettings(hosts: ["Cameras.example", "192.0.2.7"]))
    for host in ["cameras.example", "CAMERAS.example:443", "192.0.2.7:8080", "localhost"] {
      #expect(admission.refusal(request(host: host)) == nil)
    }
    for host in ["a.cameras.example", "cameras.example.evil.example", "192.0.2.8"] {
      #expect(admission.refusal(request(host: host))?.status == .forbidden)
    }
    // A proxy that says "Host: localhost" hands its own name on as the page's origin.
    let proxied = request(
      host: "localhost", path: ["api", "streams"], ["origin": "https://cameras.example"])
    #expect(admission.refusal(proxied) == nil)
    for bad in ["", "a b", "cameras.example:80", "[::1]", "http://a", "a/b", "ä.example"] {
      #expect(throws: HTTPError.self, "\(bad)") { try HTTPSettings(hosts: [bad]) }
    }
  }

  @Test("pages of other sites are refused, whatever they show; the service's own are not")
  func otherSites() throws {
    let token = "secret-secret-secret"
    for (settings, shown) in [
      (try HTTPSettings(), nil), (try HTTPSettings(address: "0.0.0.0", token: token), token),
    ] {
      let admission = Admission(settings)
      func status(_ headers: [String: String], path: [String] = ["api", "pictures"]) -> HTTPStatus?
      {
        admission.refusal(
          request(host: "localhost:8080", token: shown, path: path, headers))?.status
      }
      for site in ["same-origin", "none"] { #expect(status(["sec-fetch-site": site]) == nil) }
      for site in ["cross-site", "same-site", "", "same-origin, cross-site"] {
        #expect(status(["sec-fetch-site": site]) == .forbidden, "\(site)")
      }
      for origin in ["http://localhost:8080", "HTTP://LOCALHOST:8080"] {
        #expect(status(["origin": origin]) == nil)
      }
      for origin in [
        "http://evil.example", "http://localhost", "http://localhost:3000", "null", "",
        "http://localhost:8080.evil.example", "http://localhost:8080@evil.example",
        "http://evil.example, http://localhost:8080", "file://", "https://localhost",
      ] {
        #expect(status(["origin": origin]) == .forbidden, "\(origin)")
      }
      // A link to the page is followed, to anything else it is not; nor is the page framed.
      var link = ["sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"]
      link["sec-fetch-dest"] = "document"
      #expect(status(link, path: []) == nil)
      #expect(status(link) == .forbidden)
      link["sec-fetch-dest"] = "iframe"
      #expect(status(link, path: []) == .forbidden)
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

@Suite struct HTTPAuthorityTests {
  @Test("a host, and a port where there is one")
  func read() throws {
    for (text, host, port) in [
      ("localhost", "localhost", nil), ("LOCALHOST:8080", "localhost", 8080),
      ("127.0.0.1:1", "127.0.0.1", 1), ("[::1]", "::1", nil), ("[FE80::1]:65535", "fe80::1", 65535),
      ("cam_1.a-b.example:", "cam_1.a-b.example", nil), ("", "", nil),
    ] as [(String, String, UInt16?)] {
      let authority = try #require(HTTPAuthority(text), "\(text)")
      #expect(authority.host == host && authority.port == port)
    }
  }

  @Test(
    "what is neither",
    arguments: [
      "[::1].evil.com", "localhost:80@evil", "user@localhost", "localhost:80:80", "[::1", "::1",
      "[localhost]", "[127.0.0.1]", "[::1]80", "localhost:-1", "localhost:65536", "localhost:+80",
      "localhost:8 0", "local host", "localhost/", "a,b", "a%2eb", ":80", "[fe80::1%25lo]", "ä",
    ])
  func refused(_ text: String) { #expect(HTTPAuthority(text) == nil) }
}
