import CLNF

extension LandmarkDefinition {
  /// How a landmark may move while its definition is learned.
  private enum Freedom {
    /// Anywhere on the skin; it moves with expressions as the skin there does.
    case skin
    /// Anywhere on the skin, but it moves as the mesh's own vertex does: corners of lids.
    case skinMovingAsVertex
    /// Along an edge of the mesh through these landmarks; by column where a photo of a closed mouth
    /// does not tell its height.
    case edge([Int], byColumn: Bool)
  }

  private static func freedom(_ landmark: Int) -> Freedom {
    switch landmark {
    case 37, 38: .edge([36, 37, 38, 39], byColumn: false)
    case 40, 41: .edge([39, 40, 41, 36], byColumn: false)
    case 43, 44: .edge([42, 43, 44, 45], byColumn: false)
    case 46, 47: .edge([45, 46, 47, 42], byColumn: false)
    case 60...64: .edge([60, 61, 62, 63, 64], byColumn: true)
    case 65...67: .edge([64, 65, 66, 67, 60], byColumn: true)
    case 36, 39, 42, 45: .skinMovingAsVertex
    default: .skin
    }
  }

  /// What a round of learning saw: mean residuals by landmark.
  public struct Residuals: Sendable {
    /// Mean over photos of photo minus model in the face's frontal plane, mm, 68.
    public var mean: [SIMD2<Double>]
    /// Mean distance between photo's and model's points over that of the outer eye corners.
    public var relativeError: Double
  }

  /// Moves the landmarks on the mesh until the fitted faces agree with points placed by hand, on
  /// average over photos and both halves of the face.
  ///
  /// - Parameters:
  ///   - points: of each photo, 68, px, faces seen from the front.
  ///   - rounds: of fitting and moving; four are enough.
  /// - Returns: the residuals before each round and after the last.
  public mutating func learn(
    from points: [[SIMD2<Double>]], head: HeadModel, rounds: Int
  ) -> [Residuals] {
    let surface = HeadSurface(head)
    let own = head.landmarkVertices
    var history: [Residuals] = []
    for _ in 0..<rounds {
      let residuals = measure(points, head)
      history.append(residuals)
      let mean = Self.symmetric(residuals.mean)
      for i in landmarks.indices {
        let old = landmarks[i].place.point(of: head.neutral)
        let (x, y) = (old.x + Float(mean[i].x), old.y + Float(mean[i].y))
        switch Self.freedom(i) {
        case .skin:
          let place = surface.place(x: x, y: y, near: old)
          landmarks[i] = Landmark(place: place, motion: place)
        case .skinMovingAsVertex:
          landmarks[i].place = surface.place(x: x, y: y, near: old)
        case .edge(let stops, let byColumn):
          let way = surface.path(through: stops.map { own[$0] })
          let place = surface.place(on: way, x: x, y: y, byColumn: byColumn)
          landmarks[i] = Landmark(place: place, motion: place)
        }
      }
    }
    history.append(measure(points, head))
    return history
  }

  /// The residuals of identity fits with the landmarks as they are.
  public func measure(_ points: [[SIMD2<Double>]], _ head: HeadModel) -> Residuals {
    let basis = LandmarkBasis(head: head, definition: self)
    var sums = [SIMD2<Double>](repeating: .zero, count: landmarks.count)
    var (count, error) = (0, 0.0)
    for face in points {
      guard let fit = IdentityFit(points: face, basis: basis) else { continue }
      count += 1
      let eyes = face[36] - face[45]
      var distance = 0.0
      for i in face.indices {
        let offset = face[i] - fit.projected[i]
        sums[i] += fit.view.inFacePlane(offset)
        distance += (offset * offset).sum().squareRoot()
      }
      error += distance / Double(face.count) / (eyes * eyes).sum().squareRoot()
    }
    let total = Double(max(1, count))
    return Residuals(mean: sums.map { $0 / total }, relativeError: error / total)
  }

  /// The mean of the offsets and their mirror images.
  static func symmetric(_ offsets: [SIMD2<Double>]) -> [SIMD2<Double>] {
    offsets.indices.map { i in
      (offsets[i] + SIMD2(-1, 1) * offsets[LandmarkMirror.map[i]]) / 2
    }
  }
}

extension WeakPerspective {
  /// An image offset (px) as one in the face's own x and y (mm), for faces seen from the front.
  func inFacePlane(_ offset: SIMD2<Double>) -> SIMD2<Double> {
    let inFace = rotation.transposed.rotate(SIMD3(offset.x, offset.y, 0))
    return SIMD2(inFace.x, inFace.y) / scale
  }

  /// The image offset (px) of one in the face's x and y (mm).
  func inImage(_ offset: SIMD2<Double>) -> SIMD2<Double> {
    let inImage = rotation.rotate(SIMD3(offset.x, offset.y, 0))
    return scale * SIMD2(inImage.x, inImage.y)
  }
}
