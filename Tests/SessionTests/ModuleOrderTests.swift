import Foundation
import Testing

/// Imports go one way (docs/develop/architecture.md): each module imports only those before it in
/// the order, and only what Package.swift gives it.
@Suite struct ModuleOrderTests {
  /// What may be imported stands in front.
  private static let order = [
    "SystemSupport", "SystemNames", "BuildInfo", "CLNF", "FaceFinding", "Tracking", "Measurement",
    "VideoInput", "Recording", "Pictures", "Session", "Diagnostics", "Service", "ModelTraining",
    "landmarkd", "landmarkd-dev",
  ]
  private static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The modules that the Swift files of a target import.
  private func imports(of target: String) throws -> Set<String> {
    let folder = Self.package.appending(path: "Sources/\(target)")
    var found: Set<String> = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    where name.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      for match in text.matches(of: /(?m)^ *(?:@\w+ )?(?:public )?import (?:struct |func )?(\w+)/) {
        found.insert(String(match.1))
      }
    }
    return found
  }

  /// The dependencies that Package.swift states for a target.
  private func stated(for target: String) throws -> String {
    let text = try String(
      contentsOf: Self.package.appending(path: "Package.swift"), encoding: .utf8)
    let parts = text.split(separator: /\.(target|executableTarget|testTarget)\(/)
    // What stands before the first target names them all.
    return try #require(
      parts.dropFirst().map(String.init).first { $0.contains("name: \"\(target)\"") })
  }

  @Test(arguments: order) func importsGoOneWay(target: String) throws {
    let place = try #require(Self.order.firstIndex(of: target))
    let used = try imports(of: target)
    #expect(!used.isEmpty)
    let stated = try stated(for: target)
    for module in used {
      if let other = Self.order.firstIndex(of: module) {
        #expect(other < place, "\(target) imports \(module)")
      }
      if Self.order.contains(module) || module.hasPrefix("C") {
        #expect(stated.contains("\"\(module)\""), "Package.swift gives \(target) no \(module)")
      }
    }
  }

  /// FFmpeg reads videos and makes pictures: two modules know it, and the C below them.
  @Test(arguments: order) func ffmpegIsForTwoModules(target: String) throws {
    let ffmpeg: Set = ["CFFmpeg", "CFFmpegShims"]
    let isAllowed = ["VideoInput", "Pictures"].contains(target)
    #expect(try imports(of: target).isDisjoint(with: ffmpeg) == !isAllowed)
    let stated = try stated(for: target)
    #expect(ffmpeg.contains { stated.contains("\"\($0)\"") } == isAllowed)
  }

  @Test func someThingsAreForSomeModulesOnly() throws {
    for target in ["CLNF", "FaceFinding", "Tracking", "Measurement"] {
      let used = try imports(of: target)
      let above: Set = ["VideoInput", "Recording", "Pictures", "Logging", "ArgumentParser"]
      #expect(used.isDisjoint(with: above))
    }
    #expect(try !imports(of: "ModelTraining").contains("VideoInput"))
  }

  /// All of Foundation would bring 44 MB: ICU and its data.
  @Test func theProgramDoesWithoutAllOfFoundation() throws {
    for target in Self.order where target != "ModelTraining" && target != "landmarkd-dev" {
      let used = try imports(of: target)
      #expect(used.isDisjoint(with: ["Foundation", "FoundationInternationalization"]), "\(target)")
    }
  }

  /// BLAS and LAPACK, which ModelTraining brings, are not for the program that is installed.
  @Test func onlyTheDevelopersProgramLearns() throws {
    for target in Self.order where target != "ModelTraining" && target != "landmarkd-dev" {
      let stated = try stated(for: target)
      for module in ["CLAPACK", "ModelTraining", "CAllocationCount"] {
        #expect(!stated.contains("\"\(module)\""), "Package.swift gives \(target) \(module)")
      }
    }
  }

  /// Every folder of Sources with Swift in it stands in the order.
  @Test func everyModuleHasItsPlace() throws {
    let folder = Self.package.appending(path: "Sources")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let files = try FileManager.default.subpathsOfDirectory(
        atPath: folder.appending(path: name).path)
      guard files.contains(where: { $0.hasSuffix(".swift") }) else { continue }
      #expect(Self.order.contains(name), "\(name)")
    }
  }
}
