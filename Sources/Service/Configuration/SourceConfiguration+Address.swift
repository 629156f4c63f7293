import VideoInput

extension SourceConfiguration {
  static let addressKeys = ["user", "password-file"]

  /// Where the source is, with its secrets from the environment and from files in it; nil where
  /// something is wrong.
  static func readAddress(
    _ section: ConfigurationSection, _ secrets: SecretSource
  ) -> SourceAddress? {
    let user = section.read("user", .text("a user's name"))
    let password = section.secret(inFileOf: "password-file", secrets)
    guard let text = section.require("source", addressText) else { return nil }
    do throws(AddressSecretError) {
      var address = try SourceAddress.expanding(text, environment: secrets.environment)
      guard VideoInput.isLive(address.secretText) else {
        section.complain("source", "cannot be used", expected: addressText.expected)
        return nil
      }
      if section.has("user") || section.has("password-file") {
        guard (user != nil) == section.has("user"),
          (password != nil) == section.has("password-file")
        else { return nil }
        address = try address.adding(user: user, password: password)
      }
      guard let mistake = address.mistake else { return address }
      section.complain("source", mistake.problem, expected: mistake.expected)
    } catch {
      let isVariable =
        switch error {
        case .missingVariable, .noVariable: true
        default: false
        }
      let key = isVariable ? "source" : section.has("user") ? "user" : "password-file"
      section.complain(
        key, "cannot be used: \(error)",
        expected: isVariable
          ? "${NAME} of a variable that is set"
          : "rtsp://host/path with user and password-file, or rtsp://user@host/path with "
            + "password-file")
    }
    return nil
  }

  /// A camera that is not there yet has a right address, a file that is there has not. What stands
  /// there may hold a password.
  static var addressText: ValueFormat<String> {
    ValueFormat(
      "a camera such as /dev/video0 or an address such as rtsp://host/path; recorded files are for "
        + "landmarkd track", isSecret: true
    ) { text in
      ValueFormat<String>.isPlainText(text) && (text.contains("://") || VideoInput.isLive(text))
        ? text : nil
    }
  }
}
