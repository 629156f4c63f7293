import Service
import Testing

@Suite struct HistogramTests {
  @Test("an observation goes to the first bucket that holds it")
  func buckets() {
    var histogram = Histogram(bounds: [1, 2])
    for value in [0.5, 1, 1.5, 2.5, .nan] { histogram.observe(value) }
    #expect(histogram.counts == [2, 1, 1])
    #expect(histogram.count == 4)
    #expect(histogram.sum == 5.5)
  }
}
