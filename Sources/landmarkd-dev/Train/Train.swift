import ArgumentParser
import CLNF
import Foundation
import ModelTraining
import Recording
import VideoInput

/// What landmarkd ships is learned here (docs/develop/default-model.md).
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Learn what landmarkd ships: the default model and its parts.",
    subcommands: [
      AllCommand.self, ExpertsCommand.self, FitIdentitiesCommand.self,
      FitPortraitsCommand.self,
      ShapeCommand.self, RenderCommand.self, SequenceCommand.self, PackCommand.self,
      VerdictCommand.self,
    ])
}

/// Faces with true landmarks from folders of NAME.pts beside NAME.jpg.
enum AnnotatedFaces {
  static func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".pts") }.map { folder + "/" + $0.dropLast(4) }
  }

  static func read(_ stem: String) throws -> VerdictTraining.Face {
    let frame = try ImageReader.read(stem + ".jpg")
    return VerdictTraining.Face(
      image: frame.grey.copy(), truth: try PTSFile.read(stem + ".pts", count: 68))
  }
}
