/// Every setting of the commands, and those that a stream of the service shares with them, by topic:
/// `Settings.minFace`. The service's own are beside it (`ServiceSettings`).
public enum Settings {
  /// In the order of the reference page.
  public static let topics = [
    SettingTopic("Output", output), SettingTopic("Many inputs", batch), SettingTopic("Face", face),
    SettingTopic("Columns and what is in them", columnSettings),
    SettingTopic("Recorded inputs", recorded), SettingTopic("Live sources", live),
    SettingTopic("Model", modelSettings), SettingTopic("What is believed", beliefSettings),
    SettingTopic("Diagnostics", diagnostics),
  ]

  /// Options that have another name now, by command; what to say of each.
  public static func successor(of option: String, in command: String) -> String? {
    let files = ["track", "fit", "evaluate", "inspect"]
    let renamed: [(option: String, commands: [String], now: String)] = [
      ("--minimum-face", files, "--min-face"),
      ("--sequence-rate", ["track"], "--frame-rate"),
      ("--deadline", ["track"], "--open-deadline and --read-deadline"),
      ("--picture", ["fit"], "--picture-dir"), ("--pts", ["fit"], "--pts-dir"),
      ("-o", ["evaluate", "inspect"], "--out-dir"),
    ]
    return renamed.first { $0.option == option && $0.commands.contains(command) }?.now
  }

  /// Keys of a stream that have other names now.
  public static let successorsOfStreamKeys = [
    "face": "face-at, min-face and enlarge",
    "belief": BeliefLimit.allCases.map(\.rawValue).joined(separator: ", "),
    "camera": "fx, fy, cx and cy",
    "smoothing": "smooth, smooth-min-cutoff and smooth-beta",
  ]
}
