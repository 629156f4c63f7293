import Foundation
import TestSupport
import Testing

@testable import Measurement

/// The filter's output for values at times, seconds.
private func filtered(
  _ values: [Double], at times: [Double], _ settings: OneEuroSettings, period: Double? = nil
) -> [Double] {
  var filter = OneEuroFilter(settings)
  return values.indices.map { i in
    var list = [values[i]]
    filter.filter(&list, elapsedSeconds: i > 0 ? times[i] - times[i - 1] : 1, period: period)
    return list[0]
  }
}

private func standardDeviation(_ values: some Collection<Double>) -> Double {
  let mean = values.reduce(0, +) / Double(values.count)
  return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
}

@Suite struct OneEuroFilterTests {
  /// The paper's algorithm worked through apart from this program (Python, doubles).
  @Test func worksAsThePaperSays() throws {
    let adaptive = try OneEuroSettings(minimumCutoffHertz: 1, speedCoefficient: 0.5)
    let result = filtered([0, 1, 1, 3, -2], at: [0, 0.1, 0.2, 0.5, 0.55], adaptive)
    let expected: [Double] = [
      0, 0.647957169592, 0.874250531130, 2.748916035930, -0.861947995250,
    ]
    #expect(largestDifference(result, expected) < 1e-11)
    let plain = try OneEuroSettings(minimumCutoffHertz: 2, speedCoefficient: 0)
    let second = filtered([10, 12, 9], at: [0, 1.0 / 30, 3.0 / 30], plain)
    #expect(largestDifference(second, [10, 10.590436555102, 9.865422171829]) < 1e-11)
  }

  @Test func constantValuesStayWhatTheyAre() {
    let times = [0, 0.01, 0.5, 0.6, 3, 3.001]
    let result = filtered(Array(repeating: 417.25, count: 6), at: times, .standard)
    #expect(result == Array(repeating: 417.25, count: 6))
  }

  @Test func aStepIsApproachedWithoutOvershoot() {
    let times = (0..<200).map { Double($0) / 30 }
    let result = filtered([0] + Array(repeating: 40, count: 199), at: times, .standard)
    for (a, b) in zip(result, result.dropFirst()) { #expect(a <= b && b <= 40) }
    #expect(result[1] > 0 && result[1] < 40)
    #expect(result[199] > 39.9)
  }

  @Test func longerStepsTakeMoreOfTheNewValue() {
    let parts = [0.001, 0.01, 0.03, 0.1, 0.5].map { elapsed in
      filtered([0, 1], at: [0, elapsed], .standard)[1]
    }
    for (a, b) in zip(parts, parts.dropFirst()) { #expect(a < b) }
    #expect(parts[0] < 0.02 && parts[4] > 0.75)
  }

  /// Without the speed's part the filter is an RC low pass: its answer to a step depends on the
  /// time that has passed and little on the steps it came in.
  @Test func theRateHardlyMatters() throws {
    let plain = try OneEuroSettings(minimumCutoffHertz: 1, speedCoefficient: 0)
    let exact = 1 - exp(-2 * Double.pi * 0.5)
    for rate in [120.0, 240, 480] {
      let count = Int(0.5 * rate)
      let times = (0...count).map { Double($0) / rate }
      let result = filtered([0] + Array(repeating: 1, count: count), at: times, plain)
      #expect(abs(result[count] - exact) < 0.6 / rate)
    }
  }

  /// The figures of docs/use/columns.md: 30 frames a second, noise of 0.5 px, default settings.
  @Test func jitterAndLagOfTheDefault() throws {
    var generator = SeededGenerator(seed: 20_260_131)
    let times = (0..<6000).map { Double($0) / 30 }
    let still = times.map { _ in 0.5 * generator.normal() }
    let jitter = standardDeviation(filtered(still, at: times, .standard).dropFirst(100)) / 0.5
    #expect(jitter > 0.3 && jitter < 0.4, "seed 20260131")
    func lagMilliseconds(_ speed: Double, _ settings: OneEuroSettings) -> Double {
      let ramp = times.prefix(600).map { speed * $0 }
      let result = filtered(ramp, at: times, settings)
      return 1000 * (ramp[599] - result[599]) / speed
    }
    #expect(lagMilliseconds(200, .standard) < 13)
    #expect(lagMilliseconds(20, .standard) < 70)
    // What the speed's part is for: a fixed cutoff with that jitter lags by 159 ms.
    let fixed = try OneEuroSettings(minimumCutoffHertz: 1, speedCoefficient: 0)
    #expect(abs(lagMilliseconds(200, fixed) - 1000 / (2 * .pi)) < 0.1)
  }

  @Test func anglesGoTheShorterWayRound() {
    let turn = 2 * Double.pi
    let result = filtered(
      [3.1, -3.1, -3.0], at: [0, 0.033, 0.066], .standard, period: turn)
    for angle in result { #expect(abs(angle) > 3 && abs(angle) <= .pi) }
    // Away from the seam it is the plain filter.
    let values = [0.2, -0.4, 1.5, -1.5]
    let times = [0, 0.03, 0.07, 0.1]
    let round = filtered(values, at: times, .standard, period: turn)
    #expect(round == filtered(values, at: times, .standard))
  }

  @Test func anotherNumberOfValuesBeginsAgain() {
    var filter = OneEuroFilter(.standard)
    var list = [1.0, 2]
    filter.filter(&list, elapsedSeconds: 1)
    list = [5, 6, 7]
    filter.filter(&list, elapsedSeconds: 0.01)
    #expect(list == [5, 6, 7])
    filter.reset()
    list = [50, 60, 70]
    filter.filter(&list, elapsedSeconds: 0.01)
    #expect(list == [50, 60, 70])
  }

  @Test func settingsHaveRanges() throws {
    #expect(try OneEuroSettings() == .standard)
    let extreme = try OneEuroSettings(minimumCutoffHertz: 1000, speedCoefficient: 0)
    #expect(extreme.minimumCutoffHertz == 1000 && extreme.speedCutoffHertz == 1)
    for bad in [0, -1, 1001, Double.nan, .infinity] {
      #expect(throws: MeasurementError.self) { try OneEuroSettings(minimumCutoffHertz: bad) }
      #expect(throws: MeasurementError.self) { try OneEuroSettings(speedCutoffHertz: bad) }
    }
    for bad in [-0.1, Double.nan, .infinity] {
      #expect(throws: MeasurementError.self) { try OneEuroSettings(speedCoefficient: bad) }
    }
    #expect {
      try OneEuroSettings(minimumCutoffHertz: 0)
    } throws: { "\($0)" == "minimumCutoffHertz is 0.0, expected above 0 to 1000 Hz" }
  }
}
