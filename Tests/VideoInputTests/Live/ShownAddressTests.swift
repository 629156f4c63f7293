import TestSupport
import Testing

@testable import VideoInput

/// What of an address may be shown.
@Suite struct ShownAddressTests {
  @Test(
    "cameras' usual addresses stay readable",
    arguments: [
      "rtsp://camera.example:554/live", "rtsp://10.0.0.5/Streaming/Channels/101",
      "rtsp://10.0.0.5:554/stream1", "rtsp://10.0.0.5/live/main", "rtsp://nvr/h264Preview_01_main",
      "rtsp://10.0.0.5/cam/realmonitor?channel=1&subtype=0",
      "http://10.0.0.5/axis-cgi/mjpg/video.cgi",
      "http://10.0.0.5/axis-media/media.amp?videocodec=h264&resolution=640x480",
      "http://camera/snap.jpg", "rtsp://camera/profile1/media.smp",
      "rtsp://camera/unicast/c1/s0/live",
      "http://127.0.0.1:8000/face.mjpeg", "udp://239.0.0.1:5000?pkt_size=1316",
      "srt://:9000?mode=listener", "srt://host:9000?mode=caller&latency=200000",
      "http://host/live.m3u8", "rtsp://[fe80::1]:554/1", "HTTP://Camera/Image.JPG", "http://host/?",
      "rtsp://host", "rtmp://host/live/stream", "/dev/video0", "clips/a@b.mp4", "a b=c&d.mp4", "",
    ])
  func readable(address: String) { #expect(ShownAddress.text(of: address) == address) }

  @Test(
    "the rest is not shown",
    arguments: [
      ("rtsp://user:pass@host:554/live", "rtsp://host:554/live"),
      ("rtsp://user@host/live", "rtsp://host/live"),
      ("udp://@239.0.0.1:5000", "udp://239.0.0.1:5000"),
      ("rtsp://user:p@ss@host/live", "rtsp://host/live"),
      ("rtsp://admin:12/Geheim@10.0.0.5:9/s", "rtsp://10.0.0.5:9/s"),
      ("rtsp://admin:12?Geheim@10.0.0.5:9/s", "rtsp://10.0.0.5:9/s"),
      ("rtsp://admin:12#Geheim@10.0.0.5:9/s", "rtsp://10.0.0.5:9/s"),
      ("rtsp://admin:p@ss/Geheim@10.0.0.5/s", "rtsp://10.0.0.5/s"),
      ("rtsp://us/er:Geheim@10.0.0.5/s", "rtsp://10.0.0.5/s"),
      ("rtsp://user:pa/ss@host/live", "rtsp://..."),
      ("http://10.0.0.5/snap@Geheim", "http://10.0.0.5/..."),
      ("http://host/Geh@eim", "http://..."),
      ("rtsp://admin:Geheim", "rtsp://..."),
      ("rtsp://10.0.0.5/user=admin&password=Geheim&channel=1", "rtsp://10.0.0.5/..."),
      ("rtsp://h/user=admin_password=Geheim_channel=1_stream=0.sdp?real_stream", "rtsp://h/..."),
      ("http://h/video.cgi?loginuse=admin&loginpas=Geheim", "http://h/video.cgi?..."),
      ("http://h/live?channel=1&token=Geheim&size=2", "http://h/live?channel=1&..."),
      ("http://h/live?channel=Geheim", "http://h/live?..."),
      ("srt://h:1?mode=caller&streamid=read:door:admin:Geheim", "srt://h:1?mode=caller&..."),
      ("http://h/live#Geheim", "http://h/live#..."),
      ("rtmp://h/live/Geheim/main", "rtmp://h/live/..."),
      ("rtmp://h/live/x pubUser=admin pubPasswd=Geheim", "rtmp://h/live/..."),
      ("http://h/1234", "http://h/..."), ("http://h/123/456", "http://h/123/456"),
      ("rtsp://admin:Geheim%40host/", "rtsp://..."), (" rtsp://a:Geheim@h/", "..."),
      ("admin:Geheim@10.0.0.5/live", "..."), ("rtsp:/a:Geheim@10.0.0.5/live", "..."),
      ("10.0.0.5/user=admin&password=Geheim", "..."), ("file:///clip.mp4", "file:///clip.mp4"),
    ])
  func hidden(address: String, shown: String) {
    #expect(ShownAddress.text(of: address) == shown)
  }

  @Test(
    "addresses in messages of others",
    arguments: [
      ("no way to rtsp://a:Geheim@h:1/live: refused", "no way to rtsp://h:1/live: refused"),
      (
        "'http://h/x?k=Geheim' and (http://u:Geheim@h/live).",
        "'http://h/x?...' and (http://h/live)."
      ),
      (
        "cannot open rtsp://...: what (rtsp://h/...)", "cannot open rtsp://...: what (rtsp://h/...)"
      ),
      ("no address at all: a/b", "no address at all: a/b"), ("://", "..."), ("", ""),
    ])
  func messages(text: String, shown: String) { #expect(ShownAddress.text(in: text) == shown) }

  /// A secret of 6 to 16 letters and digits, with separators within in every other one, at every place
  /// where cameras, servers and mistyped addresses have one.
  @Test("a secret never shows, wherever it stands")
  func secretsAnywhere() {
    var random = SeededGenerator(seed: TestSeed.of(12))
    var (places, mistakes) = (0, 0)
    for _ in 0..<20_000 {
      let secret = Secret(using: &random)
      let address = Self.address(with: secret, using: &random)
      let shown = ShownAddress.text(of: address)
      let message = ShownAddress.text(in: "cannot open \(address): no")
      for core in secret.cores {
        #expect(!shown.contains(core), "\(address) is shown as \(shown)")
        #expect(!VideoInput.redacted(address).contains(core))
        #expect(
          VideoInputError(.lost, operation: "open", source: address, problem: "gone")
            .description.contains(core) == false)
        // In running text an address ends at a blank.
        #expect(address.contains(" ") || !message.contains(core), "\(message)")
      }
      #expect(ShownAddress.text(of: shown) == shown, "\(address)")
      #expect("\(SourceAddress(address))" == shown)
      if let place = LiveAddress(address) {
        places += 1
        for core in secret.cores {
          #expect(!"\(place) \(String(reflecting: place))".contains(core))
        }
      }
      if let mistake = SourceAddress(address).mistake {
        mistakes += 1
        for core in secret.cores {
          #expect(!(mistake.problem + mistake.expected).contains(core))
        }
      }
    }
    #expect(places > 1000 && mistakes > 1000, "\(places) places, \(mistakes) mistakes")
  }

  /// Bytes at random after a scheme: nothing traps, and what is shown stays the same when it is shown
  /// again.
  @Test func anyBytes() {
    var random = SeededGenerator(seed: TestSeed.of(13))
    let marks = Array("://@?#&=;[]%.-_ \u{301}é0a9Z".unicodeScalars)
    for _ in 0..<20_000 {
      var text = Bool.random(using: &random) ? "rtsp://" : ""
      for _ in 0..<Int.random(in: 0...24, using: &random) {
        text.unicodeScalars.append(marks[Int.random(in: 0..<marks.count, using: &random)])
      }
      let shown = ShownAddress.text(of: text)
      #expect(ShownAddress.text(of: shown) == shown, "\(text)")
      let message = ShownAddress.text(in: text)
      #expect(ShownAddress.text(in: message) == message, "\(text)")
      _ = SourceAddress(text).mistake
    }
  }

  private struct Secret {
    let text: String
    /// Its runs of letters and digits, none of which may be seen.
    let cores: [String]

    init(using random: inout SeededGenerator) {
      let letters = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
      let separators = Array("/?#@:&=;%!+$,~|\\")
      func run(_ random: inout SeededGenerator) -> String {
        String(
          (0..<Int.random(in: 6...16, using: &random)).map { _ in
            letters[Int.random(in: 0..<letters.count, using: &random)]
          })
      }
      var cores = [run(&random)]
      if Bool.random(using: &random) { cores.append(run(&random)) }
      self.cores = cores
      text = cores.joined(
        separator: String(separators[Int.random(in: 0..<separators.count, using: &random)]))
    }
  }

  private static func address(
    with whole: Secret, using random: inout SeededGenerator
  ) -> String {
    let secret = whole.text
    func one(_ choices: [String]) -> String {
      choices[Int.random(in: 0..<choices.count, using: &random)]
    }
    let scheme = one(["rtsp", "RTSP", "http", "https", "rtmp", "srt", "udp", "fake"])
    let host = one(["127.0.0.1", "127.0.0.1:9", "camera", "camera.example:554", "[::1]:9"])
    let path = one(["/live", "/Streaming/Channels/101", "/v.cgi", "/x", ""])
    let user = one(["admin", "us/er", "us#er", "joe@corp.com", "1", ""])
    let upper = Bool.random(using: &random)
    var name = one([
      "password", "pwd", "pass", "pw", "p", "u", "user", "loginpas", "token", "key", "auth", "sig",
      "code", "sid", "jwt", "credential", "pass%77ord", "p%61ssword", "passphrase", "",
    ])
    if upper { name = name.uppercased() }
    let start = "\(scheme)://"
    return one([
      "\(start)\(user):\(secret)@\(host)\(path)", "\(start)\(secret)@\(host)\(path)",
      "\(start)\(user):2024\(one(["/", "?", "#", "@", "\\"]))\(secret)@\(host)\(path)",
      "\(start)\(host)/user=admin&\(name)=\(secret)&channel=1&stream=0.sdp?real_stream",
      "\(start)\(host)/user=admin_\(name)=\(secret)_channel=1_stream=0.sdp",
      "\(start)\(host)/0/admin:\(secret)/main", "\(start)\(host)/live/\(secret)",
      "\(start)\(host)/\(secret)/live?channel=1", "\(start)\(host)\(path)?\(name)=\(secret)",
      "\(start)\(host)\(path)?channel=1\(one(["&", ";", "?"]))\(name)=\(secret)&fps=5",
      "\(start)\(host)\(path)?\(secret)", "\(start)\(host)\(path)?channel=\(secret)",
      "\(start)\(host)?streamid=read:door:admin:\(secret)",
      "\(start)\(host)?streamid=#!::r=live/door,u=admin,s=\(secret)",
      "\(start)\(host)\(path)#\(name)=\(secret)",
      "\(start)\(host)/live/x pubUser=admin pubPasswd=\(secret)",
      "\(start)\(host)/proxy/rtsp://admin:\(secret)@h/live",
      "\(start)\(host)\(path)?url=http://admin:\(secret)@h/",
      // With an "@" in it what follows is a host for all that can be known.
      "\(start)admin:\(whole.cores[0])",
      "\(start)\(user):\(secret)@\(host)/live?\(name)=\(secret)",
    ])
  }
}
