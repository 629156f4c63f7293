import Testing

@testable import VideoInput

/// Secrets that an address takes from elsewhere.
@Suite struct AddressSecretTests {
  private let environment = ["CAMERA_PASSWORD": "a/b?c#d@e é", "USER": "admin", "EMPTY": ""]

  @Test(arguments: [
    ("rtsp://${USER}:${CAMERA_PASSWORD}@h/live", "rtsp://admin:a%2Fb%3Fc%23d%40e%20%C3%A9@h/live"),
    ("http://h/v.cgi?pwd=${USER}", "http://h/v.cgi?pwd=admin"),
    ("rtsp://h/$USER/%24", "rtsp://h/$USER/%24"), ("${USER}/x", "${USER}/x"),
    ("/dev/video0", "/dev/video0"),
  ])
  func variables(text: String, address: String) throws {
    let made = try SourceAddress.expanding(text, environment: environment)
    #expect(made.secretText == address)
  }

  @Test(arguments: [
    ("rtsp://${NONE}@h/", AddressSecretError.missingVariable(name: "NONE")),
    ("rtsp://${EMPTY}@h/", .missingVariable(name: "EMPTY")), ("rtsp://${}@h/", .noVariable),
    ("rtsp://${USER@h/", .noVariable), ("rtsp://${1A}@h/", .noVariable),
    ("rtsp://a:${b c}@h/", .noVariable),
  ])
  func wrongVariables(text: String, error: AddressSecretError) {
    #expect(throws: error) { try SourceAddress.expanding(text, environment: environment) }
  }

  /// What was put in is what FFmpeg and servers read again.
  @Test func userAndPassword() throws {
    let address: SourceAddress = "rtsp://h:554/live?channel=1"
    #expect(
      try address.adding(user: "j@x", password: "1/2:3").secretText
        == "rtsp://j%40x:1%2F2%3A3@h:554/live?channel=1")
    #expect(
      try address.adding(user: "a", password: nil).secretText == "rtsp://a@h:554/live?channel=1")
    let named: SourceAddress = "rtsp://a%40b@h/live"
    #expect(try named.adding(user: nil, password: "p").secretText == "rtsp://a%40b:p@h/live")
    #expect(try address.adding(user: "a", password: "/@?").mistake == nil)
  }

  @Test(
    arguments: [
      ("rtsp://h/live", nil, AddressSecretError.noUser), ("rtsp://a:b@h/live", nil, .passwordTwice),
      ("rtsp://a@h/live", "b", .passwordTwice), ("/dev/video0", "a", .noAddress),
    ] as [(SourceAddress, String?, AddressSecretError)])
  func wrongPasswords(address: SourceAddress, user: String?, error: AddressSecretError) {
    #expect(throws: error) { try address.adding(user: user, password: "geheim") }
  }
}
