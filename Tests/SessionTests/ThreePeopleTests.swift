import CLNF
import Foundation
import Session
import TestSupport
import Testing
import Tracking
import VideoInput

/// Three people in one room: each is one number from first to last.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct ThreePeopleTests {
  /// Where the middles of their faces are at twenty frames, looked at: the man on the left, the one at the
  /// table, the one on the right; nil where a face is turned away or hidden. px.
  private static let places: [(frame: Int, people: [SIMD2<Double>?])] = [
    (1, [[212, 117], [356, 255], [540, 89]]), (38, [[208, 116], [393, 243], [540, 89]]),
    (75, [[210, 92], [383, 249], [534, 87]]), (112, [[127, 83], [411, 245], [502, 84]]),
    (149, [[135, 90], [333, 253], [526, 77]]), (186, [[164, 103], [248, 243], [502, 164]]),
    (223, [[197, 110], [353, 234], [495, 80]]), (260, [[187, 106], [305, 233], [466, 87]]),
    (297, [[140, 111], [403, 250], [535, 77]]), (334, [[187, 123], [404, 236], [480, 80]]),
    (371, [[210, 95], [402, 236], [481, 77]]), (408, [[218, 160], [400, 240], [550, 186]]),
    (445, [[89, 189], [401, 238], [356, 106]]), (482, [[206, 114], [398, 240], [542, 96]]),
    (519, [nil, [400, 238], nil]), (556, [[154, 88], [382, 250], [363, 84]]),
    (593, [[163, 119], [449, 258], [552, 30]]), (630, [[166, 130], [405, 274], [469, 92]]),
    (667, [[158, 100], [395, 270], [548, 88]]), (700, [[121, 84], [396, 275], [514, 103]]),
  ]

  @Test func everybodyKeepsTheirNumber() throws {
    let folder = try #require(MaterialFolder.reference)
    var configuration = TrackingConfiguration()
    configuration.faceLimit = FaceCrowd.mostFaces
    var plan = TrackingPlan(try FaceModel.default(), configuration)
    plan.threads = 2
    let pipeline = try FacePipeline(plan, .onPath(try configuration.makeDetector()))
    let source = try VideoInput.open(folder.appending(path: "video/multi_face.avi").path)
    var frame = VideoFrame()
    var ids: [Set<Int>] = [[], [], []]
    var all: Set<Int> = []
    var missing = 0
    while try source.read(into: &frame) {
      try pipeline.follow(frame)
      let believed = pipeline.record.faces.map(\.fit).filter(\.success)
      all.formUnion(believed.map(\.faceID))
      guard let known = Self.places.first(where: { $0.frame == frame.number }) else { continue }
      for (person, place) in known.people.enumerated() {
        guard let place else { continue }
        let here = believed.filter { face in
          let box = FaceBox(around: face.landmarks)
          guard let center = box?.center else { return false }
          return abs(center.x - place.x) < 25 && abs(center.y - place.y) < 25
        }
        #expect(here.count <= 1, "frame \(known.frame)")
        if let face = here.first { ids[person].insert(face.faceID) } else { missing += 1 }
      }
    }
    #expect(ids.map(\.count) == [1, 1, 1], "\(ids)")
    #expect(Set(ids.flatMap(\.self)).count == 3 && all.count == 3, "\(ids), \(all)")
    #expect(missing == 0)
  }
}
