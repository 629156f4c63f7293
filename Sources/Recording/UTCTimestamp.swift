/// Points in time as ISO 8601 text in UTC with microseconds: 2026-01-31T09:30:00.250000Z.
public enum UTCTimestamp {
  /// The text for `seconds` since 1970-01-01T00:00:00Z (leap seconds not counted), rounded to the
  /// nearest microsecond. nil outside the years 1 to 9999 and for values that are not finite.
  public static func text(secondsSince1970 seconds: Double) -> String? {
    var bytes = ByteWriter(capacity: 32)
    append(seconds, to: &bytes)
    return bytes.count == 0 ? nil : String(decoding: bytes.bytes, as: UTF8.self)
  }

  /// Writes the text, or nothing where `text` gives nil. Allocates nothing.
  static func append(_ seconds: Double, to bytes: inout ByteWriter) {
    // 0001-01-01 and 10000-01-01.
    guard seconds >= -62_135_596_800, seconds < 253_402_300_799.999 else { return }
    let microseconds = Int64((seconds * 1e6).rounded())
    let (days, inDay) = floorDivide(microseconds, 86_400_000_000)
    let (year, month, day) = civilDate(daysSince1970: days)
    bytes.append(year, width: 4)
    bytes.append(UInt8(ascii: "-"))
    bytes.append(month, width: 2)
    bytes.append(UInt8(ascii: "-"))
    bytes.append(day, width: 2)
    bytes.append(UInt8(ascii: "T"))
    bytes.append(inDay / 3_600_000_000, width: 2)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(inDay / 60_000_000 % 60, width: 2)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(inDay / 1_000_000 % 60, width: 2)
    bytes.append(UInt8(ascii: "."))
    bytes.append(inDay % 1_000_000, width: 6)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// A point in time as the numbers of its date and its time of day in UTC.
  struct Fields: Equatable {
    let year, month, day, dayOfYear, hour, minute, second: Int64

    /// Of the second that began at or before `seconds`. What is outside the years 1 to 9999, or not
    /// finite, becomes the nearest end, or 1970.
    init(secondsSince1970 seconds: Double) {
      let bounded =
        seconds.isNaN ? 0 : min(max(seconds, -62_135_596_800), 253_402_300_799)
      let (days, inDay) = UTCTimestamp.floorDivide(Int64(bounded.rounded(.down)), 86_400)
      (year, month, day) = UTCTimestamp.civilDate(daysSince1970: days)
      dayOfYear = days - UTCTimestamp.daysSince1970(beginOf: year) + 1
      (hour, minute, second) = (inDay / 3600, inDay / 60 % 60, inDay % 60)
    }
  }

  /// The days from 1970-01-01 to the first of January of a year.
  private static func daysSince1970(beginOf year: Int64) -> Int64 {
    let before = year - 1
    return 365 * before + before / 4 - before / 100 + before / 400 - 719_162
  }

  /// The Gregorian date of a day. Years are counted from March, so that a leap day ends its year;
  /// 400 years have 146,097 days.
  private static func civilDate(daysSince1970 days: Int64) -> (Int64, Int64, Int64) {
    // 719,468 days from 0000-03-01 to 1970-01-01.
    let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    // Months from March have 153 days in five.
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (400 * era + yearOfEra + (month <= 2 ? 1 : 0), month, day)
  }

  private static func floorDivide(_ a: Int64, _ b: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
    return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
  }
}
