import Foundation
import SystemSupport
import Testing

@Suite struct TextTests {
  @Test func numbersAreAsFoundationHasThem() {
    let values = [0, -0.0, 0.5, 1.005, -2.675, 1e-7, 123_456_789.125, 1e300, .infinity, .nan]
    for format in ["%.0f", "%.2f", "%.7g", "%g", "%8.3f|", "%.1f %%"] {
      for value in values {
        #expect(String(printf: format, value) == String(format: format, value))
      }
    }
    for value in [0, 7, -12, 2_147_483_647] {
      #expect(
        String(printf: "%d|%02d|%5d", value, value, value)
          == String(format: "%d|%02d|%5d", value, value, value))
    }
  }

  @Test func longTextsAndTextsOfBytesAboveASCIIAreWhole() {
    let words = String(repeating: "Größe ", count: 1000)
    #expect(String(printf: words + "%d", 5) == words + "5")
    #expect(String(printf: "") == "")
  }

  @Test func paddingFillsAndCuts() {
    #expect("ab".padded(to: 4) == "ab  ")
    #expect("abcd".padded(to: 2) == "ab")
    #expect("größe".padded(to: 6) == "größe ")
    #expect("".padded(to: 0) == "")
  }

  @Test func trimmingTakesSpacesAndWhatIsNamed() {
    for text in ["", " ", "\t \u{A0}\u{3000}", "a", " a b ", "\ta\n", "\u{2009}x\u{200B}"] {
      #expect(text.trimmed() == text.trimmingCharacters(in: .whitespaces))
    }
    #expect("\u{FEFF} \"a\" ".trimmed(also: ["\u{FEFF}", "\""]) == "a")
    #expect("x a y".dropFirst().dropLast().trimmed() == "a")
  }
}
