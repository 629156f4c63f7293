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

  static func document(_ nonce: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>landmarkd</title>
    <link rel="icon" href="\(icon)">
    <style nonce="\(nonce)">
    \(style)
    </style>
    </head>
    <body>
    \(structure)
    <script nonce="\(nonce)">
    "use strict";
    (() => {
    \(drawing)
    \(card)
    \(script)
    })();
    </script>
    </body>
    </html>

    """
  }

  private static let icon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    + "%3Cpath d='M2 3c0 14 12 14 12 0M4 5h3M9 5h3M6 10q2 2 4 0' fill='none' stroke='%231c9d63' "
    + "stroke-width='1.6' stroke-linecap='round'/%3E%3C/svg%3E"

  private static let structure = """
    <header class="top">
    <h1>landmarkd</h1>
    <span id="version"></span>
    <span id="health" class="chip"></span>
    <span id="outputs" class="chip"></span>
    <span id="summary"></span>
    </header>
    <p id="notice" role="status" hidden></p>
    <main id="streams"></main>
    <template id="card">
    <article class="card">
    <header>
    <h2></h2>
    <span class="chip source"></span>
    <span class="chip tracking"></span>
    <p class="address"></p>
    </header>
    <div class="stage">
    <canvas class="picture" role="img"></canvas>
    <p class="cover"></p>
    <span class="rate"></span>
    </div>
    <div class="curves">
    <figure><figcaption>Mean shift <output class="shift"></output></figcaption>
    <canvas class="shift-curve"></canvas></figure>
    <figure><figcaption>Confidence <output class="confidence"></output></figcaption>
    <canvas class="confidence-curve"></canvas></figure>
    <figure><figcaption>Frames/s <output class="frames"></output></figcaption>
    <canvas class="frames-curve"></canvas></figure>
    <figure class="states" title="Green: tracking. Amber: doubtful. Blue-grey: searching or opening. \
    Red: face or source lost, or no frame."><canvas class="state-strip"></canvas>
    <figcaption><span>5 min ago</span><span>now</span></figcaption></figure>
    </div>
    <dl class="totals"></dl>
    <ul class="outputs"></ul>
    </article>
    </template>
    """
}
