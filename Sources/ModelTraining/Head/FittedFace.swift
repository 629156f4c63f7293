import CLNF
import Foundation

/// A photo and the face that was fitted to it, as kept in a file between the stages of training.
public struct FittedFace: Sendable, Codable, Equatable {
  /// Path below the material's folder.
  public var photo: String
  /// A number that a person's photos share.
  public var person: Int
  public var identity: [Double]
  public var expression: [Double]
  /// px/mm.
  public var scale: Double
  /// Row by row.
  public var rotation: [Double]
  /// px.
  public var translation: [Double]
  /// What the photo's points lie beside the model's in the face's frontal plane, mm: x, y by landmark.
  public var residuals: [Double]
  public var showsMouthInterior: Bool

  public init(photo: String, person: Int, fit: IdentityFit, points: [SIMD2<Double>]) {
    self.photo = photo
    self.person = person
    identity = fit.identity
    expression = fit.expression
    scale = fit.view.scale
    rotation = [fit.view.rotation.row0, fit.view.rotation.row1, fit.view.rotation.row2].flatMap {
      [$0.x, $0.y, $0.z]
    }
    translation = [fit.view.translation.x, fit.view.translation.y]
    residuals = zip(points, fit.projected).flatMap { point, projected in
      let offset = fit.view.inFacePlane(point - projected)
      return [offset.x, offset.y]
    }
    showsMouthInterior = false
  }

  /// The fit, its landmarks projected with `basis`.
  public func fit(_ basis: LandmarkBasis) -> IdentityFit {
    func row(_ i: Int) -> SIMD3<Double> {
      SIMD3(rotation[3 * i], rotation[3 * i + 1], rotation[3 * i + 2])
    }
    let view = WeakPerspective(
      scale: scale, rotation: RotationMatrix(row(0), row(1), row(2)),
      translation: SIMD2(translation[0], translation[1]))
    return IdentityFit(
      identity: identity, expression: expression, view: view,
      projected: basis.points(identity: identity, expression: expression).map(view.project))
  }

  /// People whose points come from a teacher are numbered from here.
  public static let firstTeacherPerson = 1000

  /// Whether the photo was fitted with an expression.
  public var hasExpression: Bool { expression.contains { $0 != 0 } }

  /// Residuals as vectors, by landmark.
  public var residualVectors: [SIMD2<Double>] {
    stride(from: 0, to: residuals.count - 1, by: 2).map {
      SIMD2(residuals[$0], residuals[$0 + 1])
    }
  }

  /// Mean length of the residuals, mm.
  public var meanResidual: Double {
    let lengths = residualVectors.map { ($0 * $0).sum().squareRoot() }
    return lengths.reduce(0, +) / Double(max(1, lengths.count))
  }

  /// The photo's points themselves, px: the model's with the residuals.
  public func points(_ basis: LandmarkBasis) -> [SIMD2<Double>] {
    let fit = fit(basis)
    return zip(fit.projected, residualVectors).map { $0 + fit.view.inImage($1) }
  }

  /// Reads a list of faces.
  /// - Throws: `MaterialError` for a file that holds none, or other sizes than the head's.
  public static func readList(_ path: String, head: HeadModel) throws(MaterialError) -> [FittedFace]
  {
    let faces: [FittedFace]
    do {
      faces = try JSONDecoder().decode(
        [FittedFace].self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw MaterialError(path, "is not a list of fitted faces: \(error)")
    }
    let isUsable = faces.allSatisfy {
      $0.identity.count == head.identity.count && $0.expression.count == head.expressions.count
        && $0.rotation.count == 9 && $0.translation.count == 2 && $0.residuals.count == 136
    }
    guard !faces.isEmpty, isUsable else {
      throw MaterialError(
        path,
        "expected faces of \(head.identity.count) identity and \(head.expressions.count) expression coefficients, rotations of 9 and residuals of 136 values"
      )
    }
    return faces
  }

  public static func write(_ faces: [FittedFace], to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try encoder.encode(faces).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
