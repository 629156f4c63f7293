import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Crops of a series of drawn faces.
struct CropSeriesTests {
  private let material: SceneMaterial = {
    let head = TestHead.make()
    return SceneMaterial(
      head: head, definition: LandmarkDefinition(vertices: head.landmarkVertices), textures: [])
  }()

  private func series(threads: Int) -> CropSeries {
    CropSeries(faceCount: 6, fineFaceCount: 2, scene: .bare, threads: threads)
  }

  @Test func cropsDoNotDependOnThreads() {
    let one = series(threads: 1).draw(material, patchScalings: [0.25, 0.5]) { _, _ in }
    let two = series(threads: 2).draw(material, patchScalings: [0.25, 0.5]) { _, _ in }
    #expect(one == two)
  }

  @Test func facesAreUsedWhereTheyAreLargeEnough() {
    var counts: [(Int, Int)] = []
    let crops = series(threads: 1).draw(material, patchScalings: [0.25, 1]) {
      counts.append(($0, $1))
    }
    #expect(crops[0].count == 6, "fine faces are for the finest scale alone")
    #expect(crops[1].count >= 2 && crops[1].count <= 8)
    #expect(counts.last.map { $0 == (8, 8) } == true)
    for crop in crops[1] {
      // A crop's landmarks are spread as its scale says: 90 mm between the jaw's upper ends.
      let width = (crop.landmarks.map(\.x).max() ?? 0) - (crop.landmarks.map(\.x).min() ?? 0)
      #expect(width > 60 && width < 150)
    }
  }
}
