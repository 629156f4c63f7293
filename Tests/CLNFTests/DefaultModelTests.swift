import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The model that is part of the program.
struct DefaultModelTests {
  /// Its file read as any other, checksum computed, is the same model.
  @Test func itIsTheModelOfItsFile() throws {
    let bytes = FaceModel.defaultArchive()
    #expect(bytes.count <= 20_000_000, "\(bytes.count) bytes")
    let model = try FaceModel.default()
    let read = try FaceModel(archive: bytes, name: "read")
    #expect(model.name == "default" && model.fileSize == bytes.count)
    #expect(model.checksum == read.checksum && model.checksum.count == 64)
    #expect(model.scales == read.scales && model.fitSettings == read.fitSettings)
    #expect(model.archive() == bytes, "every figure is written back as it was")
    #expect(model.fitSettings != nil, "it says how it is best fitted")
  }

  /// Its nets' weights lie in the program, once.
  @Test func itIsNotCopied() throws {
    let models = [try FaceModel.default(), try FaceModel.default()]
    var nets = 0
    for (index, scale) in models[0].scales.enumerated() {
      for (view, experts) in scale.views.map(\.experts).enumerated() {
        for landmark in experts.indices {
          guard let net = experts[landmark]?.net else { continue }
          nets += 1
          let other = try #require(models[1].scales[index].views[view].experts[landmark]?.net)
          let places = [net, other].map { $0.packedLayers[0].weights.address }
          #expect(places[0] == places[1])
        }
      }
    }
    #expect(nets > 68)
  }

  @Test func itCanBeFitted() throws {
    let landmarks = try ModelFuzz.fitTiny(try FaceModel.default())
    #expect(landmarks.count == 136 && landmarks.allSatisfy(\.isFinite))
    #expect(Set(landmarks).count > 68, "they lie apart")
  }
}

extension PackedLayer.Weights {
  fileprivate var address: UnsafeRawPointer {
    switch self {
    case .halves(let halves): UnsafeRawPointer(halves.pointer)
    case .bytes(let bytes, _): UnsafeRawPointer(bytes.pointer)
    }
  }
}
