import CLNFKernels
import Glibc

/// How five points say where a head looks. The figures are guesses, to be measured with the finder.
public struct PointPrior: Sendable, Equatable {
  /// How far the points are off, standard deviation, as a share of the face's width.
  public var pointDeviation = 0.05
  /// How far heads are turned to the side and up or down, standard deviations, radians.
  public var yawDeviation = 45 * Double.pi / 180
  public var pitchDeviation = 20 * Double.pi / 180

  public init() {}

  public static let standard = PointPrior()
}

extension PointDistributionModel {
  /// A pose that five points ask for.
  public struct PointPose: Sendable, Equatable {
    public var global: GlobalParameters
    /// Root mean square distance of the mean shape's points from the given ones, as a share of the
    /// face's width.
    public var distance: Double
  }

  /// The pose at which the mean shape's five points lie nearest to `points`, turned no further than
  /// they say: weak perspective, least squares with a normal prior on yaw and pitch.
  ///
  /// nil for a model without the 68-point markup, and for points that are not finite or all in one
  /// place. Gauss-Newton from five yaws, so that profiles are found too; rotations are updated on
  /// the right, as those of a fit. Cost: some tenths of a millisecond. Allocates.
  public func globalParameters(
    points: FacePoints, prior: PointPrior = .standard
  ) -> PointPose? {
    guard landmarkCount == 68, let problem = PointProblem(self, points, prior) else { return nil }
    let yaws = [0, -0.7, 0.7, -1.3, 1.3]
    let poses = yaws.map { problem.solve(from: $0) }.filter { $0.cost.isFinite }
    guard let best = poses.min(by: { $0.cost < $1.cost }) else { return nil }
    return problem.pose(best.state)
  }
}

/// The least squares problem of `globalParameters(points:)`.
private struct PointProblem {
  struct State {
    var scale: Double
    var rotation: RotationMatrix
    var translation: SIMD2<Double>
  }

  /// The mean shape's five points, mm, about their own centre.
  private let shape: [SIMD3<Double>]
  private let shapeCentre: SIMD3<Double>
  private let points: [SIMD2<Double>]
  private let prior: PointPrior
  /// Pixels that the points may be off.
  private let deviation: Double
  /// Of the mean shape seen from the front, mm.
  private let meanWidth: Double
  private let roll: Double
  private let spread: Double
  private let shapeSpread: Double

  init?(_ model: PointDistributionModel, _ given: FacePoints, _ prior: PointPrior) {
    points = given.all
    guard points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return nil }
    let mean = model.meanShape
    let n = model.landmarkCount
    let places = FacePoints.landmarks.map { indices in
      var sum = SIMD3<Double>()
      for i in indices { sum += SIMD3(mean[i], mean[n + i], mean[2 * n + i]) }
      return sum / Double(indices.count)
    }
    let centre = places.reduce(SIMD3(), +) / Double(places.count)
    shapeCentre = centre
    shape = places.map { $0 - centre }
    let middle = points.reduce(SIMD2(), +) / Double(points.count)
    spread = points.map { Self.square($0 - middle) }.reduce(0, +).squareRoot()
    shapeSpread = shape.map { $0.x * $0.x + $0.y * $0.y }.reduce(0, +).squareRoot()
    guard spread > 1e-6, shapeSpread > 0 else { return nil }
    meanWidth = Extents(mean, n) { _ in true }.width
    self.prior = prior
    deviation = prior.pointDeviation * meanWidth * spread / shapeSpread
    // From the middle of the eyes to the middle of the mouth: down in an upright face.
    let down = (points[3] + points[4] - points[0] - points[1]) / 2
    roll = Self.square(down) > 0 ? atan2(-down.x, down.y) : 0
  }

  private static func square(_ v: SIMD2<Double>) -> Double { v.x * v.x + v.y * v.y }

  func solve(from yaw: Double) -> (state: State, cost: Double) {
    let middle = points.reduce(SIMD2(), +) / Double(points.count)
    // Roll in the picture, then yaw of the head: a turn in the picture stands on the left.
    let inPicture = RotationMatrix(EulerAngles(x: 0, y: 0, z: roll))
    var state = State(
      scale: spread / shapeSpread,
      rotation: inPicture * RotationMatrix(EulerAngles(x: 0, y: yaw, z: 0)),
      translation: middle)
    var cost = self.cost(state)
    var damping = 1e-3
    for _ in 0..<40 {
      guard let step = self.step(state, damping) else { break }
      var next = state
      next.scale *= exp(max(-0.5, min(0.5, step[0])))
      next.rotation =
        state.rotation * RotationMatrix(axisAngle: SIMD3(step[1], step[2], step[3]))
      next.translation += SIMD2(step[4], step[5])
      let nextCost = self.cost(next)
      guard nextCost < cost else {
        damping *= 10
        if damping > 1e6 { break }
        continue
      }
      let isDone = cost - nextCost < 1e-9 * cost
      (state, cost, damping) = (next, nextCost, max(1e-9, damping / 10))
      if isDone { break }
    }
    return (state, cost)
  }

  func pose(_ state: State) -> PointDistributionModel.PointPose {
    var sum = 0.0
    for (place, point) in zip(shape, points) { sum += Self.square(off(state, place, point)) }
    let turned = state.rotation.rotate(shapeCentre)
    return PointDistributionModel.PointPose(
      global: GlobalParameters(
        scale: state.scale, rotation: EulerAngles(state.rotation),
        tx: state.translation.x - state.scale * turned.x,
        ty: state.translation.y - state.scale * turned.y),
      distance: (sum / Double(points.count)).squareRoot() / (state.scale * meanWidth))
  }

  private func off(_ state: State, _ place: SIMD3<Double>, _ point: SIMD2<Double>)
    -> SIMD2<Double>
  {
    let turned = state.rotation.rotate(place)
    return state.scale * SIMD2(turned.x, turned.y) + state.translation - point
  }

  /// Where the head looks, whatever its roll: the line of sight's angles, radians.
  private func look(_ rotation: RotationMatrix) -> (yaw: Double, pitch: Double) {
    // The direction that the face looks into is -z of its own; seen with its roll taken out.
    let direction = rotation.rotate(SIMD3(0, 0, -1))
    let down = rotation.rotate(SIMD3(0, 1, 0))
    let length = max(1e-9, (down.x * down.x + down.y * down.y).squareRoot())
    let (c, s) = (down.y / length, down.x / length)
    let side = c * direction.x - s * direction.y
    let up = s * direction.x + c * direction.y
    return (
      atan2(side, -direction.z), atan2(up, (side * side + direction.z * direction.z).squareRoot())
    )
  }

  private func residuals(_ state: State) -> [Double] {
    var residuals: [Double] = []
    residuals.reserveCapacity(12)
    for (place, point) in zip(shape, points) {
      let off = off(state, place, point) / deviation
      residuals.append(off.x)
      residuals.append(off.y)
    }
    let look = look(state.rotation)
    residuals.append(look.yaw / prior.yawDeviation)
    residuals.append(look.pitch / prior.pitchDeviation)
    return residuals
  }

  private func cost(_ state: State) -> Double {
    residuals(state).map { $0 * $0 }.reduce(0, +)
  }

  /// The change of log scale, rotation vector and translation; nil where it cannot be solved.
  private func step(_ state: State, _ damping: Double) -> [Double]? {
    let base = residuals(state)
    let sizes = [1e-6, 1e-6, 1e-6, 1e-6, 1e-6 * spread, 1e-6 * spread]
    let columns = (0..<6).map { index -> [Double] in
      var moved = state
      let size = sizes[index]
      switch index {
      case 0: moved.scale *= exp(size)
      case 1, 2, 3:
        var turn = SIMD3<Double>()
        turn[index - 1] = size
        moved.rotation = state.rotation * RotationMatrix(axisAngle: turn)
      case 4: moved.translation.x += size
      default: moved.translation.y += size
      }
      return zip(residuals(moved), base).map { ($0 - $1) / size }
    }
    // Its rows, the lower triangle is read.
    var matrix = [Double](repeating: 0, count: 36)
    for i in 0..<6 {
      for j in 0...i { matrix[6 * i + j] = zip(columns[i], columns[j]).map(*).reduce(0, +) }
      matrix[7 * i] *= 1 + damping
    }
    var step = columns.map { column in -zip(column, base).map(*).reduce(0, +) }
    var scratch = [Double](repeating: 0, count: 6)
    let kernels = InstructionSet.portable.kernels
    guard kernels.pointee.solve(&matrix, 6, &step, &scratch) == 0,
      step.allSatisfy(\.isFinite)
    else { return nil }
    return step
  }
}
