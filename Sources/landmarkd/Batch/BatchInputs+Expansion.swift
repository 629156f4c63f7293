import ArgumentParser
import Glibc
import SystemNames
import VideoInput

extension BatchInputs {
  /// What arguments and a list come to: folders of videos and patterns are replaced by their files.
  ///
  /// - Parameters:
  ///   - list: the name of a list; nil: there is none.
  ///   - base: the folder that outputs mirror; nil: where a folder is an input, that folder.
  ///
  /// Throws `ValidationError` for an input that is not below `base`.
  init(arguments: [String], list: String?, base: String?) throws {
    let folder = base.map(BaseFolder.init)
    if let base, !SystemName.isFolder(base) {
      throw ValidationError("--base \(base): expected the name of a folder that is there")
    }
    for argument in arguments {
      guard FilePattern.isPattern(argument) else {
        try add(argument, base, folder)
        continue
      }
      let files = FilePattern.files(argument)
      if files.isEmpty {
        problems.append(Problem(input: argument, text: "\(argument): no file has such a name"))
      }
      for file in files { try add(file, base, folder) }
    }
    if let list { try add(list: list, base, folder) }
  }

  private mutating func add(list: String, _ base: String?, _ folder: BaseFolder?) throws {
    guard let read = InputList(list) else {
      let reason = String(cString: strerror(errno))
      problems.append(Problem(input: list, text: "cannot read the list \(list): \(reason)"))
      return
    }
    if read.entries.isEmpty, inputs.isEmpty {
      problems.append(Problem(input: list, text: "the list \(list) names no input"))
    }
    for entry in read.entries {
      // What an argument would stand for is a file's name here.
      let name = entry.name == "-" ? "./-" : entry.name
      if !VideoInput.isHTTP(name), access(name, F_OK) != 0 {
        let reason =
          errno == ENOENT ? "there is no such file" : String(cString: strerror(errno))
        problems.append(
          Problem(input: name, text: "\(entry.place): cannot open \(name): \(reason)"))
      } else {
        try add(name, base, folder)
      }
    }
  }

  private mutating func add(_ name: String, _ base: String?, _ folder: BaseFolder?) throws {
    guard SystemName.isFolder(name) else {
      try add(file: name, base, folder)
      return
    }
    let found = VideoFolder(name)
    for (place, reason) in found.unread where !(found.videos.isEmpty && place == name) {
      problems.append(Problem(input: place, text: "cannot read the folder \(place): \(reason)"))
    }
    let hasImages = !VideoInput.files(of: name).isEmpty
    switch (found.videos.isEmpty, hasImages) {
    case (true, true): try add(file: name, base, folder)
    case (true, false):
      let reason = found.unread.first.map { "it cannot be read (\($0.reason))" }
      problems.append(
        Problem(
          input: name,
          text: "cannot open \(name): "
            + (reason
              ?? "the folder has no images, and no videos in it or below; expected images named "
              + ".png, .jpg and so on, or videos named .mp4, .mkv and so on")))
    case (false, true):
      problems.append(
        Problem(
          input: name,
          text: "cannot open \(name): the folder has images, and videos in it or below "
            + "(\(SystemName.text(found.videos[0]))); expected one kind; name the videos by a "
            + "pattern or --list, the images by a pattern such as \(name)/shot%04d.png"))
    case (false, false):
      for relative in found.videos {
        let path = VideoFolder.path(name, relative)
        if folder != nil {
          try add(file: path, base, folder)
        } else {
          inputs.append(TrackInput(path, relative: relative))
        }
      }
    }
  }

  private mutating func add(file name: String, _ base: String?, _ folder: BaseFolder?) throws {
    guard let folder, let base else {
      inputs.append(TrackInput(name))
      return
    }
    guard name != "-", !VideoInput.isLive(name), let relative = folder.relative(name) else {
      throw ValidationError(
        "\(VideoInput.redacted(name)) is not below --base \(base); expected inputs below it")
    }
    inputs.append(TrackInput(name, relative: relative))
  }
}
