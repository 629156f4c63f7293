import TestSupport
import Testing

@testable import Recording

@Suite struct CSVTableTests {
  @Test func cellsAreQuotedWhereTheyMustBe() throws {
    let folder = try ScratchFolder()
    try CSVTable.write(
      header: ["image", "x"], rows: [["a.png", "1"], ["b, \"c\".png", ""]],
      to: folder.file("a.csv"))
    #expect(try text(folder.file("a.csv")) == "image,x\na.png,1\n\"b, \"\"c\"\".png\",\n")
  }
}
