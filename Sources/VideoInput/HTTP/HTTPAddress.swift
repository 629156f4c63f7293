import CCurl

/// An http or https address, taken apart by libcurl's own rules, which are those it asks by.
struct HTTPAddress: Sendable, Equatable {
  /// "http" or "https".
  let scheme: String
  /// In lower case.
  let host: String
  let port: String
  let user: String?
  let password: String?
  /// What is asked for: the address without user, password and fragment. Its path and query may
  /// still hold secrets.
  let request: String

  /// nil for what is no http or https address. Spaces and other bytes that no address may have are
  /// taken as if they were escaped.
  init?(_ text: String) { self.init(text, relativeTo: nil) }

  /// What `reference`, absolute or not, means where it was found at `base`.
  init?(_ reference: String, relativeTo base: HTTPAddress?) {
    guard let url = curl_url() else { return nil }
    defer { curl_url_cleanup(url) }
    func set(_ part: CURLUPart, _ text: String?) -> Bool {
      curl_url_set(url, part, text, UInt32(CURLU_URLENCODE)) == CURLUE_OK
    }
    func get(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
      var text: UnsafeMutablePointer<CChar>?
      guard curl_url_get(url, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
      defer { curl_free(text) }
      return String(cString: text)
    }
    if let base, !set(CURLUPART_URL, base.request) { return nil }
    guard set(CURLUPART_URL, reference),
      let scheme = get(CURLUPART_SCHEME)?.lowercased(), scheme == "http" || scheme == "https",
      let host = get(CURLUPART_HOST)?.lowercased(), !host.isEmpty,
      let port = get(CURLUPART_PORT, CURLU_DEFAULT_PORT)
    else { return nil }
    user = get(CURLUPART_USER, CURLU_URLDECODE)
    password = get(CURLUPART_PASSWORD, CURLU_URLDECODE)
    for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT] where !set(part, nil) {
      return nil
    }
    guard let request = get(CURLUPART_URL) else { return nil }
    (self.scheme, self.host, self.port, self.request) = (scheme, host, port, request)
  }

  /// Whether this is the same server as `first`: scheme, host and port, or its encrypted twin.
  func isSameServer(as first: HTTPAddress) -> Bool {
    guard host == first.host else { return false }
    return (scheme, port) == (first.scheme, first.port)
      || (first.scheme, first.port, scheme, port) == ("http", "80", "https", "443")
  }
}
