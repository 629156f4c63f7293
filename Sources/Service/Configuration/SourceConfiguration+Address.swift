import VideoInput

extension SourceConfiguration {
  /// Where the source is, with its secrets from the environment and from files in it; nil where
  /// something is wrong.
  static func readAddress(
    _ section: ConfigurationSection, _ secrets: SecretSource
  ) -> SourceAddress? {
    let (userKey, fileKey) = (ServiceSettings.user.key, ServiceSettings.passwordFile.key)
    let sourceKey = ServiceSettings.source.key
    let user = section.read(ServiceSettings.user)
    let password = section.secret(inFileOf: ServiceSettings.passwordFile, secrets)
    guard let text = section.require(ServiceSettings.source) else { return nil }
    do throws(AddressSecretError) {
      var address = try SourceAddress.expanding(text, environment: secrets.environment)
      guard VideoInput.isLive(address.secretText) else {
        section.complain(
          sourceKey, "cannot be used", expected: ServiceSettings.source.format.expected)
        return nil
      }
      if section.has(userKey) || section.has(fileKey) {
        guard (user != nil) == section.has(userKey), (password != nil) == section.has(fileKey)
        else { return nil }
        address = try address.adding(user: user, password: password)
      }
      guard let mistake = address.mistake else { return address }
      section.complain(sourceKey, mistake.problem, expected: mistake.expected)
    } catch {
      let isVariable =
        switch error {
        case .missingVariable, .noVariable: true
        default: false
        }
      let key = isVariable ? sourceKey : section.has(userKey) ? userKey : fileKey
      section.complain(
        key, "cannot be used: \(error)",
        expected: isVariable
          ? "${NAME} of a variable that is set"
          : "rtsp://host/path with user and password-file, or rtsp://user@host/path with "
            + "password-file")
    }
    return nil
  }
}
