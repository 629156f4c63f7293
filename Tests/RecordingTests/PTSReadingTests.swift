import Foundation
import TestSupport
import Testing

@testable import Recording

private func parse(_ text: String, count: Int? = nil) throws -> [Double] {
  try PTSFile.parse(text, path: "a.pts", count: count)
}

@Suite struct PTSReadingTests {
  @Test(arguments: [
    "version: 1\nn_points: 2\n{\n11 21\n12.5 22\n}\n",
    "version: 1\r\nn_points:  2\r\n{\r\n11 21\r\n12.5 22\r\n}\r\n",
    "{\n11 21\n12.5 22\n}", "11 21\n12.5 22", "n_points: 2\n11\t21 \n\n  12.5   22\n\n",
    "\u{FEFF}# by hand\nversion: 1 // one\n{ # points\n11 21 # left\n1.25e1 22\n} # end\n# end\n",
  ])
  func withAndWithoutHeader(text: String) throws {
    #expect(try parse(text) == [10, 11.5, 20, 21])
    #expect(try parse(text, count: 2) == [10, 11.5, 20, 21])
  }

  @Test(arguments: [
    ("1 2\n3 x\n", "a.pts: line 2: '3 x' is no point: expected two numbers, x and y"),
    ("1 2\n\n3\n", "a.pts: line 3: '3' is no point: expected two numbers, x and y"),
    ("1 2 3\n", "a.pts: line 1: '1 2 3' is no point: expected two numbers, x and y"),
    ("1 nan\n", "a.pts: line 1: '1 nan' is no point: expected two numbers, x and y"),
    ("{\n1 2\ninf 3\n}\n", "a.pts: line 3: 'inf 3' is no point: expected two numbers, x and y"),
    ("{\n1 2\n", "a.pts: line 2: the file ends before its }"),
    (
      "{\n1 2\n}\n3 4\n", "a.pts: line 4: '3 4' is out of place: expected points between { and }"
    ),
    ("1 2\n}\n", "a.pts: line 2: '}' is out of place: expected points between { and }"),
    ("{\n{\n", "a.pts: line 2: '{' is out of place: expected points between { and }"),
    ("n_points: 3\n{\n1 2\n3 4\n}\n", "a.pts: line 5: 2 points, the header says 3"),
    ("n_points: many\n", "a.pts: line 1: n_points is 'many', expected a number above 0"),
    ("verson: 1\n", "a.pts: line 1: 'verson' is not known: expected version or n_points"),
    ("", "a.pts: no points"), ("version: 1\n{\n}\n", "a.pts: no points"),
  ])
  func damageIsSaidWithItsLine(text: String, message: String) {
    #expect {
      try parse(text)
    } throws: { error in
      "\(error)" == message
    }
  }

  @Test func anotherNumberOfPointsThanExpected() {
    #expect {
      try parse("1 2\n3 4\n", count: 68)
    } throws: { error in
      "\(error)" == "a.pts: line 2: 2 points, expected 68"
    }
  }

  @Test func whatIsWrittenIsRead() throws {
    let folder = try ScratchFolder()
    let landmarks = [0.0, 12.25, -3.5, 7, 100.125, 1]
    try PTSFile.write(landmarks, to: folder.file("a.pts"))
    #expect(try PTSFile.read(folder.file("a.pts"), count: 3) == landmarks)
    #expect {
      try PTSFile.read(folder.file("b.pts"))
    } throws: { error in
      "\(error)" == "\(folder.file("b.pts")): cannot be read: expected a .pts file"
    }
    // A folder is no file, and a pipe would never end.
    #expect(throws: PTSReadingError.self) { try PTSFile.read(folder.path) }
  }
}
