import CLNF
import Testing

@testable import ModelTraining

/// What the points of a kind of photo lie beside their heads' on average.
struct MeanResidualTests {
  private static func face(
    _ offset: (Int) -> SIMD2<Double>, person: Int = 0, expression: [Double] = [0]
  ) -> FittedFace {
    let places = (0..<68).map { SIMD2(Double($0), 2) }
    let view = WeakPerspective(scale: 2, rotation: .identity, translation: .zero)
    let fit = IdentityFit(identity: [0], expression: expression, view: view, projected: places)
    return FittedFace(
      photo: "", person: person, fit: fit, points: (0..<68).map { places[$0] + 2 * offset($0) })
  }

  /// As if four faces without an offset were among them, and the same for both sides.
  @Test func meansAreShrunkAndSymmetric() {
    let faces = [
      Self.face { $0 == 36 ? SIMD2(5, 1) : .zero }, Self.face { $0 == 45 ? SIMD2(-1, 3) : .zero },
    ]
    for means in FittedFace.meanResiduals(faces) {
      for i in 0..<68 {
        // The mean of what is seen right and, mirrored, left: (3, 2); two faces of six.
        let expected: SIMD2<Double> =
          i == 36 ? SIMD2(0.5, 1.0 / 3) : i == 45 ? SIMD2(-0.5, 1.0 / 3) : .zero
        let off = means[i] - expected
        #expect(abs(off.x) < 1e-9 && abs(off.y) < 1e-9, "\(i): \(means[i])")
      }
    }
  }

  @Test func kindsOfPhotosAreApart() {
    let faces = [
      Self.face { _ in SIMD2(0, 5) },
      Self.face({ _ in SIMD2(0, 10) }, expression: [0.5]),
      Self.face({ _ in SIMD2(0, -5) }, person: FittedFace.firstTeacherPerson, expression: [0.5]),
    ]
    let means = FittedFace.meanResiduals(faces).map { $0[20].y }
    #expect(zip(means, [1.0, 2, -1]).allSatisfy { abs($0 - $1) < 1e-9 }, "\(means)")
  }
}
