import Foundation
import Glibc
import Logging
import Testing

@testable import Service

@Suite struct LogOutputTests {
  /// Both ends of a pipe.
  private final class Pipes {
    let reading: Int32
    let writing: Int32

    init() {
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      (reading, writing) = (ends[0], ends[1])
    }

    deinit {
      close(reading)
      close(writing)
    }

    /// What has been written so far.
    func text() -> String {
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      let count = read(reading, &bytes, bytes.count)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
  }

  private func logger(_ output: LogOutput, _ threshold: LogThreshold) -> Logger {
    Logger(label: "test", factory: { _ in ServiceLogHandler(output, threshold) })
  }

  @Test("systemd's priorities stand in front")
  func journal() {
    let pipes = Pipes()
    let output = LogOutput(descriptor: pipes.writing, style: .journal)
    let logger = logger(output, LogThreshold(.debug))
    logger.debug("a")
    logger.info("b\nc")
    logger.notice("d")
    logger.warning("e")
    logger.error("f", metadata: ["x": "1"])
    logger.critical("g")
    output.flush(within: 5)
    #expect(pipes.text() == "<7>a\n<6>b?c\n<5>d\n<4>e\n<3>f x=1\n<2>g\n")
  }

  @Test("without the journal time and level stand there")
  func plain() {
    let pipes = Pipes()
    let output = LogOutput(descriptor: pipes.writing, style: .plain)
    logger(output, LogThreshold(.info)).info("hello")
    output.flush(within: 5)
    let text = pipes.text()
    #expect(text.hasSuffix("Z info: hello\n") && text.hasPrefix("20"))
  }

  @Test("the threshold of all loggers can be changed")
  func threshold() {
    let pipes = Pipes()
    let output = LogOutput(descriptor: pipes.writing, style: .journal)
    let threshold = LogThreshold(.warning)
    let logger = logger(output, threshold)
    logger.info("not this")
    threshold.value = .info
    logger.info("this")
    output.flush(within: 5)
    #expect(pipes.text() == "<6>this\n")
  }

  @Test("a reader that does not read is not waited for; what is lost is counted")
  func fullPipe() {
    let pipes = Pipes()
    let output = LogOutput(descriptor: pipes.writing, style: .journal)
    let logger = logger(output, LogThreshold(.info))
    let line = String(repeating: "x", count: 200)
    #expect(seconds { for _ in 0..<10_000 { logger.info("\(line)") } } < 5)
    #expect(seconds { output.flush(within: 0.1) } < 1)
    var text = ""
    while !text.contains("messages were lost") { text += pipes.text() }
    let lost = text.split(separator: "\n").compactMap { line in
      line.hasPrefix("<4>") ? Int(line.dropFirst(3).prefix { $0.isNumber }) : nil
    }
    #expect(lost.reduce(0, +) > 5000)
  }

  @Test("only what leads to the journal gets priorities")
  func style() {
    #expect(LogOutput.Style.ofStandardError([:]) == .plain)
    #expect(LogOutput.Style.ofStandardError(["JOURNAL_STREAM": "1:1"]) == .plain)
    var status = stat()
    fstat(STDERR_FILENO, &status)
    let own = ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"]
    #expect(LogOutput.Style.ofStandardError(own) == .journal)
  }
}
