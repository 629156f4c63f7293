extension FittedFace {
  /// Photos whose points lie beside their heads' in the same way: who placed them, and on what faces.
  enum Origin: Hashable {
    case placedOnNeutralFace, placedOnExpression, teacher
  }

  var origin: Origin {
    if person >= Self.firstTeacherPerson { return .teacher }
    return hasExpression ? .placedOnExpression : .placedOnNeutralFace
  }

  /// By face, what the points of its kind of photo lie beside the heads' on average, mm in the face's
  /// frontal plane, by landmark: the mesh knows no hair of brows and no red of lips. The average is the
  /// same for both sides of the face, and as if `unmoved` faces without an offset were among them.
  ///
  /// What one photo's points lie beside that is left out: it is less than points placed twice differ.
  public static func meanResiduals(_ faces: [FittedFace]) -> [[SIMD2<Double>]] {
    var sums: [Origin: (count: Double, offsets: [SIMD2<Double>])] = [:]
    for face in faces {
      let own = face.residualVectors
      let both = zip(own, LandmarkMirror.mirrored(own)).map { ($0 + $1) / 2 }
      let sum = sums[face.origin]
      sums[face.origin] = (
        (sum?.count ?? unmoved) + 1,
        sum.map { zip($0.offsets, both).map { $0 + $1 } } ?? both
      )
    }
    let means = sums.mapValues { sum in sum.offsets.map { $0 / sum.count } }
    return faces.map { means[$0.origin] ?? [] }
  }

  private static let unmoved = 4.0
}
