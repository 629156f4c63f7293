import ArgumentParser
import Session

/// Many inputs: which, and what became of them.
struct BatchOptions: ParsableArguments {
  @Option(setting: Settings.list) var list: String?
  @Option(setting: Settings.base) var base: String?
  @Flag(setting: Settings.skipDone) var skipDone = false
  @Option(setting: Settings.shard) var shard: Shard?
  @Option(setting: Settings.retries) var givenRetries: Int?
  @Option(setting: Settings.summary) var summary: String?

  var retries: Int { Settings.retries.value(givenRetries) }

  /// The first of them that was given.
  var given: String? {
    let options = [
      (Settings.list.key, list != nil), (Settings.base.key, base != nil),
      (Settings.skipDone.key, skipDone), (Settings.shard.key, shard != nil),
      (Settings.retries.key, givenRetries != nil), (Settings.summary.key, summary != nil),
    ]
    return options.first(where: \.1)?.0
  }
}
