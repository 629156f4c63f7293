import ArgumentParser
import BuildInfo
import Service

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Follow the faces of cameras and streams until told to end.",
    discussion: """
      What it does is in one file: streams, each with a source, a model and outputs, and where \
      health, metrics and the live page are served. SIGHUP reads the file anew, SIGTERM and SIGINT \
      close every output whole; another one, more than a second later, ends at once.

      Exit status: 0 ended by a signal; 1 an output could not be closed, or rows that waited to be \
      written were lost at the end; 78 the configuration cannot be used.

      Example: landmarkd serve --config /etc/landmarkd/landmarkd.yaml --check
      """)

  @Option(required: ServiceSettings.config) var config: String
  @Flag(setting: ServiceSettings.check) var check = false

  func run() throws {
    try DescriptorLimit.require()
    do {
      guard check else {
        try LandmarkService(path: config, version: BuildInfo.version).run()
        return
      }
      let configuration = try LandmarkService.check(config)
      for warning in configuration.warnings { Terminal.say("warning: \(warning)") }
      let count = configuration.streams.count
      try Terminal.print("\(config): ok, \(count) stream\(count == 1 ? "" : "s")")
    } catch let error as ConfigurationError {
      Terminal.say("\(error)")
      throw ExitCode(LandmarkService.badConfigurationStatus)
    } catch is ServiceError {
      // It is in the service's log.
      throw Terminal.unusable
    }
  }
}
