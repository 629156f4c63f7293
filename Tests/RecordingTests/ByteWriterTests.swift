import Foundation
import TestSupport
import Testing

@testable import Recording

private func printed(_ value: Double, _ decimals: Int) -> String {
  var bytes = ByteWriter(capacity: 0)
  bytes.append(value, decimals: decimals)
  return String(decoding: bytes.bytes, as: UTF8.self)
}

/// What C prints, but for the zero's sign.
private func expected(_ value: Double, _ decimals: Int) -> String {
  let text = String(format: "%.\(decimals)f", value)
  return text.allSatisfy { "-0.".contains($0) } ? text.filter { $0 != "-" } : text
}

@Suite struct ByteWriterTests {
  @Test(arguments: [
    (0.0, 3, "0.000"), (-0.0, 3, "0.000"), (-0.0004, 3, "0.000"), (-0.0005001, 3, "-0.001"),
    (1, 0, "1"), (0.5, 0, "0"), (1.5, 0, "2"), (2.5, 0, "2"), (-2.5, 0, "-2"), (0.125, 2, "0.12"),
    (0.375, 2, "0.38"), (1.005, 2, "1.00"), (1.015, 2, "1.01"), (2.675, 2, "2.67"),
    (9.9996, 3, "10.000"), (123.456, 6, "123.456000"), (-600, 2, "-600.00"),
    (4_503_599_627_370_495.5, 0, "4503599627370496"), (1e15, 3, "1000000000000000.000"),
  ])
  func byHand(value: Double, decimals: Int, text: String) {
    #expect(printed(value, decimals) == text)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func whatIsNoNumberPrintsNothing(value: Double) {
    #expect(printed(value, 3) == "")
  }

  @Test(arguments: TestSeed.of([1, 2, 3]))
  func asCPrintsIt(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<40_000 {
      let decimals = Int.random(in: 0...9, using: &generator)
      let value: Double =
        switch Int.random(in: 0..<4, using: &generator) {
        // Every size, down to far below the last digit and up beyond the fast path.
        case 0: generator.normal() * pow(10, Double.random(in: -12...20, using: &generator))
        // What the columns hold.
        case 1: Double.random(in: -5000...5000, using: &generator)
        // Halves of the last digit, as near as a double comes, and their neighbours.
        case 2:
          (Double(Int.random(in: -100_000...100_000, using: &generator)) + 0.5)
            / pow(10, Double(decimals))
        // Exact halves: odd multiples of a power of two.
        default:
          Double(Int.random(in: -100_000...100_000, using: &generator))
            / Double(1 << Int.random(in: 0...12, using: &generator))
        }
      for near in [value, value.nextUp, value.nextDown] {
        #expect(
          printed(near, decimals) == expected(near, decimals),
          "seed \(seed): \(near) to \(decimals) decimals")
      }
    }
  }

  @Test(arguments: [0, 7, -7, 10, 99, .max, .min] as [Int64])
  func wholeNumbers(value: Int64) {
    var bytes = ByteWriter(capacity: 0)
    bytes.append(value)
    #expect(String(decoding: bytes.bytes, as: UTF8.self) == "\(value)")
  }

  @Test func growsAndIsUsedAgain() {
    var bytes = ByteWriter(capacity: 1)
    for _ in 0..<1000 { bytes.append("abc") }
    #expect(String(decoding: bytes.bytes, as: UTF8.self) == String(repeating: "abc", count: 1000))
    let memory = bytes.bytes.baseAddress
    bytes.clear()
    #expect(bytes.count == 0)
    bytes.append(UInt8(ascii: "x"))
    #expect(bytes.bytes.baseAddress == memory)
    bytes.cut(to: 5)
    #expect(bytes.count == 1)
  }
}

@Suite struct UTCTimestampTests {
  @Test(arguments: [
    (0.0, "1970-01-01T00:00:00.000000Z"), (-0.000001, "1969-12-31T23:59:59.999999Z"),
    (951_782_399, "2000-02-28T23:59:59.000000Z"), (951_782_400, "2000-02-29T00:00:00.000000Z"),
    (1_709_251_199.5, "2024-02-29T23:59:59.500000Z"),
    (1_769_851_800.25, "2026-01-31T09:30:00.250000Z"),
    (-62_135_596_800, "0001-01-01T00:00:00.000000Z"),
    (253_402_300_799, "9999-12-31T23:59:59.000000Z"),
  ])
  func knownTimes(seconds: Double, text: String) {
    #expect(UTCTimestamp.text(secondsSince1970: seconds) == text)
  }

  @Test(arguments: [Double.nan, .infinity, -1e12, 1e12, 253_402_300_800])
  func noSuchTime(seconds: Double) {
    #expect(UTCTimestamp.text(secondsSince1970: seconds) == nil)
  }

  @Test func everyDayOfFourCenturiesFollowsTheOneBefore() throws {
    // Against a plain calendar, from 1800-01-01.
    var (year, month, day) = (1800, 1, 1)
    for days in -62_091..<(146_097 - 62_091) {
      let text = try #require(UTCTimestamp.text(secondsSince1970: Double(days) * 86_400))
      let date = String(format: "%04d-%02d-%02d", year, month, day)
      #expect(text.hasPrefix(date), "day \(days)")
      let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      day += 1
      if day > lengths[month - 1] { (month, day) = (month + 1, 1) }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
  }
}
