import CLivePage
import FoundationEssentials

/// The live page: one document with everything in it. It shows what the other routes give, and
/// writes what it gets as text, never as HTML.
enum LivePage {
  /// The page, with a policy under which nothing runs but its own script.
  static func answer() -> HTTPAnswer {
    var random = SystemRandomNumberGenerator()
    // Hexadecimal, 128 bits: another one every time, so that nothing else can have it.
    let nonce = (0..<2).map { _ in String(random.next(), radix: 16) }.joined()
    var answer = HTTPAnswer(.ok, "text/html; charset=utf-8", Array(document(nonce).utf8))
    answer.headers = [("Content-Security-Policy", policy(nonce))]
    return answer
  }

  static func policy(_ nonce: String) -> String {
    [
      "default-src 'none'", "script-src 'nonce-\(nonce)'", "style-src 'nonce-\(nonce)'",
      "img-src data:", "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
      "frame-ancestors 'none'",
    ].joined(separator: "; ")
  }

  static func document(_ nonce: String) -> String { pieces.joined(separator: nonce) }

  /// The page of CLivePage's files, cut where a nonce goes.
  private static let pieces: [String] = {
    var page = String(cString: landmarkd_page_document())
    for (mark, text) in [
      ("style", String(cString: landmarkd_page_style())),
      ("script", String(cString: landmarkd_page_script())),
      ("mostPictures", String(PicturesWait.mostStreams)),
    ] {
      page.replace("{{\(mark)}}", with: text)
    }
    return page.components(separatedBy: "{{nonce}}")
  }()
}
