import ArgumentParser

@main
struct Landmarkd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "landmarkd", abstract: "Follows faces through video.")
}
