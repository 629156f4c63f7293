import Session
import Testing

/// What batches of many machines and many days must agree on.
@Suite struct BatchTests {
  /// Figures of Python's hashlib: int.from_bytes(sha256(name).digest()[:8], "big") % N + 1.
  @Test(arguments: [(3, [3, 3, 2]), (8, [5, 7, 1]), (200, [29, 175, 9])])
  func shardsAreThoseOfSHA256(count: Int, numbers: [Int]) throws {
    let latin: [UInt8] = Array("caf".utf8) + [0xE9] + Array(".avi".utf8)
    let names = [Array("a/x.mp4".utf8), Array("p001/day 2/v00007.mp4".utf8), latin]
    for (name, number) in zip(names, numbers) {
      for candidate in 1...count {
        let shard = try #require(Shard(number: candidate, count: count))
        #expect(shard.contains(name) == (candidate == number))
      }
    }
  }

  @Test func shardsThatAreNone() {
    #expect(Shard(number: 5, count: 4) == nil && Shard(number: 0, count: 4) == nil)
    #expect(Shard(number: 1, count: 0) == nil && Shard(number: 1, count: 1_000_001) == nil)
  }

  private func report(
    _ settings: [String: ReportValue], model: String = "sha256:00", version: String = "1"
  ) -> RunReport {
    RunReport(
      input: "x", model: .init(name: "m", checksum: model), settings: settings,
      versions: ["landmarkd": version, "ffmpeg": "6"],
      times: .init(started: "", finished: "", wallSeconds: 0, mediaSeconds: 0))
  }

  @Test func theRecipeIsAllThatRowsDependOn() {
    let one = report(["columns": "all", "every": 1, "strict": false, "instruction-set": "avx2"])
    var same = report(["columns": "all", "every": 1, "strict": true, "instruction-set": "avx512"])
    same.input = "y"
    same.versions["ffmpeg"] = "7"
    #expect(one.recipe == same.recipe && one.difference(from: same) == nil)
    let others: [(RunReport, String)] = [
      (report(["columns": "all", "every": 2]), "other settings (every 1, now 2)"),
      (report(["columns": "all"]), "every 1, now not given"),
      (report(["columns": "all", "every": 1], model: "sha256:01"), "another model (m), now m"),
      (report(["columns": "all", "every": 1], version: "2"), "made by landmarkd 1, this is 2"),
    ]
    for (other, words) in others {
      #expect(one.recipe != other.recipe)
      #expect(one.difference(from: other)?.contains(words) == true)
    }
  }
}
