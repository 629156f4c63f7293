import CLNF

/// The shape model of a morphable head's landmarks: principal components of rigidly aligned samples
/// of identity, expression and pose (which slides the jaw's points).
///
/// Source: Cootes et al., "Active Shape Models", CVIU 1995; docs/develop/default-model.md.
public struct ShapeStatistics: Sendable {
  public struct Settings: Sendable {
    public var sampleCount = 3000
    public var modeCount = 48
    public var seed: UInt64 = 1
    /// Standard deviation of the identity's coefficients.
    public var identityDeviation = 1.0
    /// Share of the samples whose expression and residual are those of one photo, where there are
    /// photos of expressions; the others have a drawn expression.
    public var observedShare = 0.2
    public init() {}
  }

  public let model: PointDistributionModel
  /// Share of the samples' variance within the first k modes, k from 1 to all.
  public let explained: [Double]

  /// - Parameter faces: fitted to photos. The residual of one, or its mirror image, is added to each
  ///   sample, so that the model also varies as real faces do and the head does not.
  /// - Throws: `ModelDataError` where the samples have no variance.
  public init(
    head: HeadModel, definition: LandmarkDefinition, faces: [FittedFace],
    settings: Settings = Settings()
  ) throws(ModelDataError) {
    let samples = Self.draw(head, definition, faces, settings)
    let aligned = RigidAlignment.align(samples, by: Self.fixed, rounds: 3)
    let n = definition.landmarks.count
    var mean = [Double](repeating: 0, count: 3 * n)
    let rows = aligned.map { shape in
      shape.map(\.x) + shape.map(\.y) + shape.map(\.z)
    }
    for row in rows { for k in mean.indices { mean[k] += row[k] / Double(rows.count) } }
    let covariance = Self.covariance(rows, mean)
    guard let eigen = DenseAlgebra.symmetricEigen(covariance, order: 3 * n) else {
      throw ModelDataError("the shapes' covariance has no eigenvectors")
    }
    let total = eigen.values.reduce(0) { $0 + max(0, $1) }
    var sum = 0.0
    explained = eigen.values.map { value in
      sum += max(0, value)
      return sum / total
    }
    model = try PointDistributionModel(
      mean: mean, modes: Array(eigen.vectors.prefix(settings.modeCount).joined()),
      variances: Array(eigen.values.prefix(settings.modeCount)))
  }

  /// What turns with the head: the jaw's landmarks slide on it.
  private static let fixed = 17..<68

  private static func covariance(_ rows: [[Double]], _ mean: [Double]) -> [Double] {
    let size = mean.count
    var covariance = [Double](repeating: 0, count: size * size)
    covariance.withUnsafeMutableBufferPointer { covariance in
      for row in rows {
        let offset = zip(row, mean).map { $0 - $1 }
        offset.withUnsafeBufferPointer { offset in
          for i in 0..<size {
            let value = offset[i] / Double(rows.count)
            for j in i..<size { covariance[i * size + j] += value * offset[j] }
          }
        }
      }
    }
    return covariance
  }

  private static func draw(
    _ head: HeadModel, _ definition: LandmarkDefinition, _ faces: [FittedFace],
    _ settings: Settings
  ) -> [[SIMD3<Double>]] {
    let silhouette = JawSilhouette(head: head, definition: definition)
    let basis = LandmarkBasis(head: head, definition: definition)
    let expressions = ExpressionSampler(names: head.expressionNames)
    let poses = PoseSampler()
    let needed = silhouette.vertices
    let neutral = faces.filter { !$0.hasExpression }.map(\.residualVectors)
    let expressive = faces.filter(\.hasExpression)
      .map { (expression: $0.expression, residual: $0.residualVectors) }
    var generator = SeededGenerator(seed: settings.seed)
    return (0..<settings.sampleCount).map { _ in
      let b = head.identity.map { _ in settings.identityDeviation * generator.normal() }
      var e = expressions.draw(&generator)
      var residual: [SIMD2<Double>]?
      if !expressive.isEmpty, generator.chance(settings.observedShare) {
        let face = expressive[generator.whole(0...expressive.count - 1)]
        let strength = generator.uniform(0.7...1.3)
        e = face.expression.map { Float(max(0, min(1.1, strength * $0))) }
        residual = face.residual
      }
      if !neutral.isEmpty {
        let other = neutral[generator.whole(0...neutral.count - 1)]
        if residual == nil { residual = other }
        // What a teacher takes for brows is off by more than brows differ.
        for i in CropSet.placedOnly { residual?[i] = other[i] }
      }
      var points = basis.points(identity: b, expression: e.map(Double.init))
        .map(SIMD3<Float>.init)
      let mesh = head.points(needed, identity: b.map(Float.init), expression: e)
      silhouette.slide(
        &points, mesh: { mesh[$0] ?? .zero }, seenWith: RotationMatrix(poses.draw(&generator)))
      var shape = points.map(SIMD3<Double>.init)
      guard let residual else { return shape }
      let isMirrored = Bool.random(using: &generator)
      for i in shape.indices {
        let offset = residual[isMirrored ? LandmarkMirror.map[i] : i]
        shape[i] += SIMD3(isMirrored ? -offset.x : offset.x, offset.y, 0)
      }
      return shape
    }
  }
}

extension HeadModel {
  /// Some vertices of the mesh for coefficients, by index.
  func points(
    _ vertices: [Int], identity shape: [Float], expression: [Float]
  ) -> [Int: SIMD3<Float>] {
    let active =
      zip(identity, shape).filter { $0.1 != 0 } + zip(expressions, expression).filter { $0.1 != 0 }
    var result: [Int: SIMD3<Float>] = [:]
    result.reserveCapacity(vertices.count)
    for vertex in vertices {
      var point = neutral[vertex]
      for (field, coefficient) in active { point += coefficient * field[vertex] }
      result[vertex] = point
    }
    return result
  }
}
