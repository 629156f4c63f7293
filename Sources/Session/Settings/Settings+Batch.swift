extension Settings {
  static let batch = [
    list.description, base.description, skipDone.description, shard.description,
    retries.description, summary.description,
  ]

  public static let list = Setting(
    "list", .path("the name of a file, or - for standard input"), "file", in: [.track],
    "Read the names of inputs from a file, - for standard input: one a line, without empty lines and "
      + "those that begin with #; or with NUL behind each (find -print0).")

  public static let base = Setting(
    "base", .path("the name of a folder"), "folder",
    words: "a folder that is an input; else outputs stand side by side", in: [.track],
    "Folder of the inputs that outputs mirror: FOLDER/a/b.mp4 gives OUT/a/b.csv.")

  public static let skipDone = Setting(
    flag: "skip-done", in: [.track],
    "Leave out inputs whose table is whole and was made of the same input, in the same way, and "
      + "those that another run is working on.")

  public static let shard = Setting(
    "shard", shards, "i/n", words: "all inputs", in: [.track],
    "Take one of N parts of the inputs, the I-th; which, their names say.")

  private static let shards = ValueFormat<Shard>(
    "I/N with N from 1 to 1000000 and I from 1 to N, such as 2/8", range: "1/1 to N/N",
    text: { "\($0.number)/\($0.count)" }
  ) { text in
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { part in
      !part.isEmpty && part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil
    }
    guard parts.count == 2, let number = parts[0], let count = parts[1] else { return nil }
    return Shard(number: number, count: count)
  }

  public static let retries = Setting(
    "retries", .integer(0...100), "n", default: 0, in: [.track],
    "Try inputs again, at the end, after errors that may pass: of reading, of writing, deadlines.")

  public static let summary = Setting(
    "summary", .path("the name of a file, or - for standard output"), "file", in: [.track],
    "What became of every input, as JSON.")
}
