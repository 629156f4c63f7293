import Glibc

/// How many files the process may have open at a time.
enum DescriptorLimit {
  /// What a run with one stream needs, with room to spare.
  private static let least: rlim_t = 64

  /// Raises a limit that is too low where that is allowed; says so and throws status 1 where not.
  ///
  /// Without descriptors a run would begin and then fail anywhere: signals, which need two, would
  /// not be heard.
  static func require() throws {
    var limit = rlimit()
    // Refused by a filter of system calls: whoever made that saw to the limit, too.
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
      limit.rlim_cur < least
    else { return }
    let found = limit.rlim_cur
    limit.rlim_cur = min(limit.rlim_max, least)
    guard limit.rlim_cur == least,
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    else {
      Terminal.complain(
        "the limit of open files is \(found); expected at least \(least) (ulimit -n, LimitNOFILE=)")
      throw Terminal.unusable
    }
  }
}
