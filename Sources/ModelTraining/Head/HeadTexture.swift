import CLNF

/// A photo of a face on a fitted mesh, for drawing that face anew.
///
/// Where the photo shows a vertex its pixels are used; elsewhere a grey level that spread over the
/// mesh from what is shown.
public struct HeadTexture: Sendable {
  /// Sides of the picture.
  public let width: Int
  public let height: Int
  /// Grey levels, row by row.
  public let pixels: [UInt8]
  /// By vertex, px of the picture.
  public let coordinates: [SIMD2<Float>]
  /// By vertex, 0 ... 1: how far the photo shows it.
  public let weights: [Float]
  /// By vertex, grey level 0 ... 255 used where it does not.
  public let levels: [Float]
  /// The face's identity and expression in the photo.
  public let identity: [Float]
  public let expression: [Float]
  /// A number that the photos of one person share.
  public let person: Int
  /// Whether the photo shows teeth and tongue, so that they are drawn from it.
  public let showsMouthInterior: Bool
  /// By landmark, mm in the head's own axes along its skin: where photos like it have it, beside its place on
  /// the mesh, which knows no hair of brows and no red of lips.
  public let offsets: [SIMD3<Float>]

  /// A face as fitted to a photo.
  public struct Source: Sendable {
    public var fit: IdentityFit
    public var person: Int
    public var showsMouthInterior: Bool
    /// By landmark, mm in the face's frontal plane: `FittedFace.meanResiduals`. Empty: none.
    public var residuals: [SIMD2<Double>]

    public init(
      fit: IdentityFit, person: Int = 0, showsMouthInterior: Bool = false,
      residuals: [SIMD2<Double>] = []
    ) {
      self.fit = fit
      self.person = person
      self.showsMouthInterior = showsMouthInterior
      self.residuals = residuals
    }
  }

  /// Pictures are kept at no more than this many px/mm.
  private static let largestDensity = 2.0
  /// A surface whose normal has less than this towards the camera is not taken from the photo; it
  /// is taken whole from the second figure on.
  private static let facing: (from: Float, to: Float) = (0.12, 0.37)
  /// What lies this far below the chin, mm, is clothes.
  private static let neck: Float = 45

  /// Projects a photo on the mesh that was fitted to it. Cost: about 0.1 s.
  /// - Parameter definition: tells where the chin is.
  public init(
    photo: borrowing GreyImage, source: Source, head: HeadModel, definition: LandmarkDefinition
  ) {
    let fit = source.fit
    identity = fit.identity.map(Float.init)
    expression = fit.expression.map(Float.init)
    person = source.person
    showsMouthInterior = source.showsMouthInterior
    let mesh = head.vertices(identity: identity, expression: expression)
    let factor = max(1, fit.view.scale / Self.largestDensity)
    let picture = Degradation.reduced(photo, by: factor)
    width = picture.width
    height = picture.height
    pixels = picture.withSamples { Array($0) }
    let places = mesh.map { vertex in
      // The centre of pixel x of the photo lies at (x + 1/2) / factor - 1/2 of the reduced one.
      SIMD2<Float>((fit.view.project(SIMD3<Double>(vertex)) + 0.5) / factor - 0.5)
    }
    coordinates = places
    let wall = Self.wall(
      in: picture, around: fit.projected.map { SIMD2<Float>(($0 + 0.5) / factor - 0.5) })
    let chin = definition.landmarks[8].place.point(of: mesh).y
    let row2 = SIMD3<Float>(fit.view.rotation.row2)
    let normals = head.normals(of: mesh)
    offsets = zip(definition.landmarks, source.residuals).map { landmark, residual in
      Self.alongSkin(SIMD2<Float>(residual), normal: landmark.place.point(of: normals))
    }
    let hidden = Self.hidden(
      places, depths: mesh.map { (row2 * $0).sum() }, triangles: head.triangles, width: width,
      height: height)
    var weights = [Float](repeating: 0, count: mesh.count)
    for i in mesh.indices where mesh[i].y < chin + Self.neck {
      let (x, y) = (Int(places[i].x.rounded()), Int(places[i].y.rounded()))
      guard x >= 0, y >= 0, x < width, y < height, !hidden[i],
        !Self.isNearWall(wall, x: x, y: y, width: width, height: height)
      else { continue }
      let facing = -(row2 * normals[i]).sum()
      weights[i] = max(
        0, min(1, (facing - Self.facing.from) / (Self.facing.to - Self.facing.from)))
      let region = head.regions[i]
      if region == .mouthInterior || region == .teeth {
        weights[i] = source.showsMouthInterior ? 1 : 0
      }
    }
    self.weights = weights
    var levels = Self.spread(weights, pixels: pixels, width: width, places: places, head: head)
    Self.fillEyes(&levels, weights: weights, head: head)
    self.levels = levels
  }

  /// A way in the face's frontal plane as one along a surface, which is no steeper than `steepest`.
  private static func alongSkin(_ way: SIMD2<Float>, normal: SIMD3<Float>) -> SIMD3<Float> {
    let depth = -(normal.x * way.x + normal.y * way.y) / min(normal.z, -1e-3)
    let most = steepest * (way * way).sum().squareRoot()
    return SIMD3(way.x, way.y, max(-most, min(most, depth)))
  }

  private static let steepest: Float = 1

  /// The photo's level at the vertices that it shows well, carried on to the others along edges.
  private static func spread(
    _ weights: [Float], pixels: [UInt8], width: Int, places: [SIMD2<Float>], head: HeadModel
  ) -> [Float] {
    var levels = [Float](repeating: 0, count: weights.count)
    var isKnown = weights.map { $0 > 0.3 }
    for i in weights.indices where isKnown[i] {
      levels[i] = Float(pixels[Int(places[i].y.rounded()) * width + Int(places[i].x.rounded())])
    }
    while true {
      var sums = [Float](repeating: 0, count: weights.count)
      var counts = [Float](repeating: 0, count: weights.count)
      for triangle in head.triangles {
        let corners = [Int(triangle.a), Int(triangle.b), Int(triangle.c)]
        for from in corners where isKnown[from] {
          for to in corners where !isKnown[to] {
            sums[to] += levels[from]
            counts[to] += 1
          }
        }
      }
      var changed = false
      for i in weights.indices where counts[i] > 0 {
        levels[i] = sums[i] / counts[i]
        isKnown[i] = true
        changed = true
      }
      if !changed { return levels }
    }
  }
}
