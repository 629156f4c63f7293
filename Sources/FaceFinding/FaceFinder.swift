import CLNF
import CLNFKernels
import Foundation

/// Finds faces with a small fully convolutional net (`FinderNet`) at several scales of an image.
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
  private let threshold: Double
  private var candidates = FinderCandidates()
  /// A level's pixels, unless they are the image's own.
  private var pixels = GreyImage(width: 0, height: 0, repeating: 0)
  private var map = Buffer<Float>(repeating: 0, count: 0)
  private var scratch = Buffer<Float>(repeating: 0, count: 0)
  private var reducing = Buffer<Double>(repeating: 0, count: 0)
  private var enlarging = Buffer<UInt32>(repeating: 0, count: 0)

  /// Cost: microseconds; memory is taken with the first image.
  public init(net: FinderNet, settings: FaceFinderSettings = .standard) {
    self.net = net
    self.settings = settings
    threshold = settings.threshold ?? net.threshold
    let set =
      settings.body == .best ? clnf_best_instruction_set() : clnf_instruction_set_portable
    guard let kernels = clnf_kernels_for(set) else {
      preconditionFailure("there is always a portable set of kernels")
    }
    self.kernels = kernels
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
      search(
        image, FinderLevel(area: part, width: width, height: height, factor: factor), area: part)
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

  private func search(
    _ image: borrowing GreyImage, _ level: FinderLevel, area: PixelRectangle
  ) {
    let limit = settings.maximumSearchedPixels
    guard level.pixelCount <= limit else { return }
    var kernelNet = net.kernelNet
    let room = clnf_finder_scratch(&kernelNet, Int32(level.columns))
    guard Double(room) <= max(Self.leastRoom, Self.roomPerPixel * limit) else { return }
    let mapSize = level.cellColumns * level.cellRows * Int(clnf_finder_outputs)
    if scratch.count < room { scratch = Buffer(repeating: 0, count: room) }
    if map.count < mapSize { map = Buffer(repeating: 0, count: mapSize) }
    if level.factor == 1 {
      let (part, stride) = (level.part, image.width)
      image.withSamples { run(level, $0, from: part.y0 * stride + part.x0, stride: stride) }
    } else {
      resize(image, to: level)
      pixels.withSamples { run(level, $0, from: 0, stride: level.width) }
    }
    collect(level, area, of: image.width, image.height)
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
      columns: Int32(level.columns), rows: Int32(level.rows))
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
  private func collect(
    _ level: FinderLevel, _ area: PixelRectangle, of width: Int, _ height: Int
  ) {
    let (columns, rows) = (level.cellColumns, level.cellRows)
    let outputs = Int(clnf_finder_outputs)
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
        guard isPeak, let score = net.score(Double(cell[0])), score >= threshold,
          let found = candidate(cell, x: x, y: y, score: score, level),
          Self.isInside(found.center, area, width, height)
        else { continue }
        candidates.add(found)
      }
    }
  }

  /// A level's sizes are believed within these factors of the least and the most that it is asked for; the
  /// training program measures nets with the same.
  private static let believedWidths = (least: 0.7, most: 1.4)
  /// Centres and points are believed to this many widths from their cell.
  private static let largestOffset: Float = 2

  /// What a cell says; nil where no face could look like that.
  private func candidate(
    _ cell: UnsafeMutablePointer<Float>, x: Int, y: Int, score: Double, _ level: FinderLevel
  ) -> FinderCandidates.Candidate? {
    let width = net.contents.unit * exp(Double(cell[3]))
    let (least, most) = (net.widths.lowerBound, net.widths.upperBound)
    // Also where a number is none.
    guard width >= Self.believedWidths.least * least, width <= Self.believedWidths.most * most
    else { return nil }
    for index in 1..<FinderNet.outputCount where index != 3 {
      guard abs(cell[index]) <= Self.largestOffset else { return nil }
    }
    let side = Double(clnf_finder_cell)
    func place(_ index: Int) -> SIMD2<Double> {
      level.imagePlace(
        x: (Double(x) + 0.5) * side - 0.5 + Double(cell[index]) * width,
        y: (Double(y) + 0.5) * side - 0.5 + Double(cell[index + 1]) * width)
    }
    return FinderCandidates.Candidate(
      logit: cell[0], score: score, center: place(1), width: width * level.factor,
      points: FacePoints(
        rightEye: place(4), leftEye: place(6), noseTip: place(8), rightMouthCorner: place(10),
        leftMouthCorner: place(12)))
  }

  /// Whether a centre lies in the area, which has no end where it reaches the image's edge.
  private static func isInside(
    _ center: SIMD2<Double>, _ area: PixelRectangle, _ width: Int, _ height: Int
  ) -> Bool {
    (area.x0 == 0 || center.x >= Double(area.x0) - 0.5)
      && (area.y0 == 0 || center.y >= Double(area.y0) - 0.5)
      && (area.x1 == width || center.x < Double(area.x1) - 0.5)
      && (area.y1 == height || center.y < Double(area.y1) - 0.5)
  }
}
