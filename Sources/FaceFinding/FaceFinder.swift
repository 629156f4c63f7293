import CLNF
import CLNFKernels

/// Finds faces with a small fully convolutional net (`FinderNet`) at several scales of an image.
///
/// A first net proposes places; where there is a second one, it decides (`FinderRefinement`).
///
/// Each level is reduced from the image itself, each pixel the mean of the area it covers: that is what
/// the net was trained on, and means of means would be blurred by each level's uneven edges. A level of
/// the image's own scale is read where it lies.
///
/// Same image, settings, body: the same faces to the bit, on any number of threads. A finder keeps its
/// scratch memory and is used by one thread at a time; different finders are independent of each other
/// and may share a net. After an image of the same size nothing is allocated, but the array of faces
/// where one is returned.
public final class FaceFinder: FaceDetector {
  public let settings: FaceFinderSettings
  public let net: FinderNet
  private let kernels: UnsafePointer<clnf_kernels>
  /// Scores, of the first net, from which on a place is a candidate, and of the net that decides, from
  /// which on it is a face.
  private let proposalThreshold: Double
  private let threshold: Double
  private let refinement: FinderRefinement?
  private var candidates = FinderCandidates()
  /// A level's pixels, unless they are the image's own.
  private var pixels = GreyImage(width: 0, height: 0, repeating: 0)
  private var map = Buffer<Float>(repeating: 0, count: 0)
  private var scratch = Buffer<Float>(repeating: 0, count: 0)
  private var reducing = Buffer<Double>(repeating: 0, count: 0)
  private var enlarging = Buffer<UInt32>(repeating: 0, count: 0)

  /// Cost: microseconds; memory is taken with the first image.
  ///
  /// - Parameter refiner: the second net; nil: the first one's word counts.
  public init(
    net: FinderNet, refiner: FinderNet? = nil, settings: FaceFinderSettings = .standard
  ) {
    self.net = net
    self.settings = settings
    threshold = settings.threshold ?? (refiner ?? net).threshold
    proposalThreshold = refiner == nil ? threshold : net.threshold
    let set =
      settings.body == .best ? clnf_best_instruction_set() : clnf_instruction_set_portable
    guard let kernels = clnf_kernels_for(set) else {
      preconditionFailure("there is always a portable set of kernels")
    }
    self.kernels = kernels
    refinement = refiner.map { FinderRefinement(net: $0, kernels: kernels) }
  }

  /// The instruction set of the body that runs: "avx2" or "portable".
  public var bodyName: String {
    kernels == clnf_kernels_for(clnf_instruction_set_portable) ? "portable" : "avx2"
  }

  /// Every face found, the surest first.
  ///
  /// Boxes are squares in pixels of `image` and may reach beyond its edges, as points may. Cost:
  /// `net.multiplyAddsPerPixel` for each pixel of the levels, of which the finest has most.
  public func detectFaces(in image: borrowing GreyImage) -> [DetectedFace] {
    var faces: [DetectedFace] = []
    findFaces(in: image, into: &faces)
    return faces
  }

  /// The faces near the place where one was last; where none is, every face.
  ///
  /// Near: within 1.25 widths of its centre, half as wide to twice as wide.
  public func detectFaces(
    in image: borrowing GreyImage, lastAt place: FaceBox
  ) -> [DetectedFace] {
    let width = max(place.width, place.height)
    if width > 0, width.isFinite, place.center.x.isFinite, place.center.y.isFinite {
      let area = FaceBox(
        x: place.center.x - Self.nearness * width, y: place.center.y - Self.nearness * width,
        width: 2 * Self.nearness * width, height: 2 * Self.nearness * width)
      let near = detectFaces(in: image, within: area, widths: width / 2...2 * width)
      if !near.isEmpty { return near }
    }
    return detectFaces(in: image)
  }

  private static let nearness = 1.25

  /// Every face found with its centre in `area`, the surest first.
  ///
  /// - Parameters:
  ///   - area: px of `image`; what reaches beyond it is left out, but a face whose centre lies beyond the
  ///     image's edge is in an area that reaches this edge.
  ///   - widths: of the faces wanted, px of `image`; levels for other faces are left out. Faces somewhat
  ///     outside may be found as well.
  public func detectFaces(
    in image: borrowing GreyImage, within area: FaceBox, widths: ClosedRange<Double>? = nil
  ) -> [DetectedFace] {
    var faces: [DetectedFace] = []
    findFaces(in: image, within: area, widths: widths, into: &faces)
    return faces
  }

  /// The same, into an array that is used again: its elements are replaced, its memory is kept.
  ///
  /// - Parameter area: nil is all of `image`.
  public func findFaces(
    in image: borrowing GreyImage, within area: FaceBox? = nil,
    widths: ClosedRange<Double>? = nil, into faces: inout [DetectedFace]
  ) {
    faces.removeAll(keepingCapacity: true)
    candidates.removeAll()
    let (width, height) = (image.width, image.height)
    guard min(width, height) > 0, max(width, height) <= Self.longestSide else { return }
    let whole = PixelRectangle(x0: 0, y0: 0, x1: width, y1: height)
    let part = area.map { PixelRectangle(of: $0, width: width, height: height) } ?? whole
    guard !part.isEmpty else { return }
    let factors = FinderLevel.factors(
      width: width, height: height, widths: net.widths, settings: settings)
    for index in 0..<factors.count {
      let place = settings.searchesReducedFirst ? factors.count - 1 - index : index
      let factor = factors[place]
      if let widths,
        net.widths.upperBound * factor < widths.lowerBound
          || net.widths.lowerBound * factor > widths.upperBound
      {
        continue
      }
      search(image, FinderLevel(area: part, width: width, height: height, factor: factor))
      if settings.searchesReducedFirst, let best = candidates.best, best >= settings.sureScore {
        break
      }
    }
    candidates.faces(into: &faces)
  }

  // MARK: A level

  /// Images with longer sides have no faces; kernels count 1/256 px in 32 bits.
  private static let longestSide = 1 << 23
  /// A level's rows may need as many floats for each pixel that may be searched, and `leastRoom` always.
  private static let roomPerPixel = 16.0
  private static let leastRoom = 4_194_304.0

  private func search(_ image: borrowing GreyImage, _ level: FinderLevel) {
    let limit = settings.maximumSearchedPixels
    guard level.pixelCount <= limit else { return }
    var kernelNet = net.kernelNet
    let room = clnf_finder_scratch(&kernelNet, Int32(level.columns))
    guard Double(room) <= max(Self.leastRoom, Self.roomPerPixel * limit) else { return }
    let mapSize = level.cellColumns * level.cellRows * net.mapStride
    if scratch.count < room { scratch = Buffer(repeating: 0, count: room) }
    if map.count < mapSize { map = Buffer(repeating: 0, count: mapSize) }
    if level.factor == 1 {
      let (part, stride) = (level.part, image.width)
      image.withSamples { run(level, $0, from: part.y0 * stride + part.x0, stride: stride) }
    } else {
      resize(image, to: level)
      pixels.withSamples { run(level, $0, from: 0, stride: level.width) }
    }
    if level.factor == 1 {
      let (width, height) = (image.width, image.height)
      image.withSamples {
        collect(level, Seen(samples: $0, width: width, height: height, origin: level.part))
      }
    } else {
      let whole = PixelRectangle(x0: 0, y0: 0, x1: level.width, y1: level.height)
      pixels.withSamples {
        collect(
          level, Seen(samples: $0, width: level.width, height: level.height, origin: whole))
      }
    }
  }

  /// The pixels a level is read from, and where in them its own begin.
  private struct Seen {
    var samples: UnsafeBufferPointer<UInt8>
    var width: Int
    var height: Int
    var origin: PixelRectangle
  }

  /// Fills the map.
  /// - Parameter first: where the level's first pixel is.
  private func run(
    _ level: FinderLevel, _ samples: UnsafeBufferPointer<UInt8>, from first: Int, stride: Int
  ) {
    guard let start = samples.baseAddress else { return }
    var kernelNet = net.kernelNet
    var kernelLevel = clnf_finder_level(
      pixels: start + first, stride: Int32(stride), width: Int32(level.width),
      height: Int32(level.height), left: Int32(level.left), top: Int32(level.top),
      columns: Int32(level.columns), rows: Int32(level.rows), wants_middle: false)
    kernels.pointee.find_faces(&kernelNet, &kernelLevel, scratch.pointer, map.pointer)
  }

  /// Makes `pixels` of a level's part of the image.
  private func resize(_ image: borrowing GreyImage, to level: FinderLevel) {
    pixels.resize(width: level.width, height: level.height, filler: 0)
    let part = level.part
    let columns = part.x1 - part.x0
    let stride = Int32(image.width)
    let (width, height) = (Int32(level.width), Int32(level.height))
    if level.factor > 1 {
      let room = clnf_reduce_scratch(Int32(columns))
      if reducing.count < room { reducing = Buffer(repeating: 0, count: room) }
    } else {
      let room = columns + 1 + level.width
      if enlarging.count < room { enlarging = Buffer(repeating: 0, count: room) }
    }
    image.withSamples { samples in
      pixels.withMutableSamples { target in
        guard let start = samples.baseAddress, let out = target.baseAddress else { return }
        if level.factor > 1 {
          kernels.pointee.reduce_area(
            start, stride, Int32(part.x0), Int32(part.y0), Int32(part.x1), Int32(part.y1),
            level.factor, 1, width, height, reducing.pointer, out)
        } else {
          clnf_enlarge(
            start + part.y0 * Int(stride) + part.x0, stride, Int32(columns),
            Int32(part.y1 - part.y0), level.factor, width, height, enlarging.pointer, out)
        }
      }
    }
  }

  /// Takes the peaks of the map: cells that are not below their eight neighbours.
  private func collect(_ level: FinderLevel, _ seen: Seen) {
    let (columns, rows) = (level.cellColumns, level.cellRows)
    let outputs = net.mapStride
    let values = map.pointer
    for y in 0..<rows {
      for x in 0..<columns {
        let cell = values + (y * columns + x) * outputs
        var isPeak = true
        for v in max(0, y - 1)...min(rows - 1, y + 1) where isPeak {
          for u in max(0, x - 1)...min(columns - 1, x + 1) {
            isPeak = isPeak && values[(v * columns + u) * outputs] <= cell[0]
          }
        }
        guard isPeak, let first = net.score(Double(cell[0])), first >= proposalThreshold,
          let proposal = proposal(cell, x: x, y: y, level),
          let found = candidate(proposal, logit: cell[0], score: first, level, seen),
          found.score >= threshold, level.holds(found.center)
        else { continue }
        candidates.add(found)
      }
    }
  }

  /// Where a cell says that a face is, px of the level without its border; nil where no face could look
  /// like that.
  private func proposal(
    _ cell: UnsafeMutablePointer<Float>, x: Int, y: Int, _ level: FinderLevel
  ) -> FinderRefinement.Proposal? {
    guard let width = net.believedWidth(cell) else { return nil }
    let side = Double(clnf_finder_cell)
    let (left, top) = (Double(level.left), Double(level.top))
    func place(_ index: Int) -> SIMD2<Double> {
      SIMD2(
        (Double(x) + 0.5) * side - 0.5 - left + Double(cell[index]) * width,
        (Double(y) + 0.5) * side - 0.5 - top + Double(cell[index + 1]) * width)
    }
    return FinderRefinement.Proposal(
      center: place(1), width: width,
      points: FacePoints(
        rightEye: place(4), leftEye: place(6), noseTip: place(8), rightMouthCorner: place(10),
        leftMouthCorner: place(12)))
  }

  /// A proposal as the second net sees it, or as it is, in px of the image. What the two nets say is
  /// added up: either may be mistaken alone.
  private func candidate(
    _ proposal: FinderRefinement.Proposal, logit: Float, score: Double, _ level: FinderLevel,
    _ seen: Seen
  ) -> FinderCandidates.Candidate? {
    var (logit, score, face) = (logit, score, proposal)
    if let net = refinement?.net, let samples = seen.samples.baseAddress {
      let origin = SIMD2(Double(seen.origin.x0), Double(seen.origin.y0))
      face.center += origin
      face.points = face.points.map { $0 + origin }
      guard
        let looked = refinement?.look(
          at: face, in: samples, width: seen.width, height: seen.height)
      else { return nil }
      let said = Double(logit) + Double(looked.logit) + level.sizeSay(looked.place.width)
      guard let shared = net.score(said) else { return nil }
      (logit, score, face) = (Float(said), shared, looked.place)
      // Seen from where it is, its points are better.
      if score >= threshold,
        let again = refinement?.look(
          at: face, in: samples, width: seen.width, height: seen.height)
      {
        face = again.place
      }
      face = FinderRefinement.Proposal(
        center: face.center - origin, width: face.width, points: face.points.map { $0 - origin })
    }
    return FinderCandidates.Candidate(
      logit: logit, score: score, center: level.imagePlace(face.center),
      width: face.width * level.factor,
      points: face.points.map { level.imagePlace($0) })
  }
}
