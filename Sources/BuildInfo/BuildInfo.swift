import CBuildInfo

/// Which program this is.
public enum BuildInfo {
  /// The top of CHANGELOG.md is about it.
  public static let version = "0.1.0"

  /// The commit that it was built from, "+changes" behind it where files differed from it; "unknown"
  /// where the build was not told (scripts/write-commit.sh).
  public static let commit = String(cString: landmarkd_commit())

  /// Both, as people are shown them.
  public static let text = "\(version) (commit \(commit))"
}
