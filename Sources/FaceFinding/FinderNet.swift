import CLNF
import CLNFKernels
import Glibc

/// A small fully convolutional net over grey pixels. Those of a `FaceFinder` say of each cell of 8 x 8 px
/// of a picture how sure they are that a face's centre is there, how wide the face is, and where five of
/// its points are; that of a `LandmarkRegressor` says where all landmarks of a face are, that of a `FaceDescriber` whose it may be.
///
/// It does not change and can be shared by any number of finders and threads.
public final class FinderNet: @unchecked Sendable {
  /// What a layer is made of. Batch normalisation is folded in.
  package struct Layer: Equatable, Sendable {
    package var inputs: Int
    package var outputs: Int
    /// Side of the kernel, px, and its step.
    package var kernel: Int
    package var stride: Int
    package var addsInput: Bool
    /// [inputs][kernel * kernel] and [inputs]; empty in the first layer and the head.
    package var depthwise: [Float] = []
    package var depthwiseBiases: [Float] = []
    /// [outputs][inputs], of the first layer [outputs][kernel * kernel]; [outputs].
    package var weights: [Float] = []
    package var biases: [Float] = []

    package init(inputs: Int, outputs: Int, kernel: Int, stride: Int, addsInput: Bool = false) {
      self.inputs = inputs
      self.outputs = outputs
      self.kernel = kernel
      self.stride = stride
      self.addsInput = addsInput
    }

    /// Multiplications of an output place.
    var products: Int { weights.count + depthwise.count }
  }

  /// A place of the calibration: the share of right boxes among those with this logit.
  package struct Knot: Equatable, Sendable {
    package var logit: Double
    package var share: Double

    package init(logit: Double, share: Double) {
      self.logit = logit
      self.share = share
    }
  }

  /// What a net says.
  public enum Purpose: Sendable {
    /// Of each cell of 8 x 8 px whether a face is there, and where.
    case faces
    /// Of a whole face where its 68 landmarks are, and how far each may be off.
    case landmarks
    /// Of a whole face numbers whose direction is alike for one person and unlike for two.
    case identity

    /// Numbers of a cell.
    package var outputCount: Int {
      switch self {
      case .faces: 14
      case .landmarks: 3 * 68
      case .identity: 64
      }
    }

    /// Side of a cell, px: the product of the layers' strides.
    package var cell: Int {
      switch self {
      case .faces: Int(clnf_finder_cell)
      case .landmarks, .identity: 2 * Int(clnf_finder_cell)
      }
    }
  }

  /// All that a file says.
  package struct Contents: Equatable, Sendable {
    /// The width in px of a level of a face whose output 3 is 0.
    package var unit: Double
    /// Widths of faces, px of a level, that a level is asked for.
    package var widths: ClosedRange<Double>
    /// The score from which on a face is shown, 0...1.
    package var threshold: Double
    /// By rising logits; none: scores are the logistic function.
    package var knots: [Knot]
    /// The first convolution, separable blocks, the head.
    package var layers: [Layer]

    package init(
      unit: Double, widths: ClosedRange<Double>, threshold: Double, knots: [Knot] = [],
      layers: [Layer]
    ) {
      self.unit = unit
      self.widths = widths
      self.threshold = threshold
      self.knots = knots
      self.layers = layers
    }
  }

  /// Numbers of a cell of a finder's net.
  package static let outputCount = Purpose.faces.outputCount

  /// Floats from a cell of what the kernels write to the next.
  var mapStride: Int {
    let lanes = Int(clnf_lane_count)
    return ((contents.layers.last?.outputs ?? 0) + lanes - 1) / lanes * lanes
  }

  let contents: Contents
  /// Multiplications and additions that a pixel of a level costs.
  public let multiplyAddsPerPixel: Double
  /// What the kernels read; their layers point into `weights`.
  private let weights: Buffer<Float>
  private let layers: Buffer<clnf_finder_layer>

  /// Reads a net's file. Cost: some tens of microseconds, mostly for the checksum.
  ///
  /// - Parameters:
  ///   - bytes: the whole file, at most `largestFile` bytes.
  ///   - name: the file's, for messages.
  ///   - purpose: what a net is wanted for; others are refused.
  /// - Throws: `FaceDetectionError.invalidNet`: the first byte that is not as the format says.
  public convenience init(
    bytes: [UInt8], name: String, for purpose: Purpose = .faces
  ) throws(FaceDetectionError) {
    self.init(try FinderNetReader.read(bytes, name: name, for: purpose))
  }

  /// - Parameter contents: within the format's limits.
  package init(_ contents: Contents) {
    self.contents = contents
    var packed = PackedWeights()
    let places = contents.layers.map { packed.add($0) }
    weights = Buffer(packed.values)
    let start = UnsafePointer(weights.pointer)
    layers = Buffer(
      zip(contents.layers, places).map { layer, place in
        clnf_finder_layer(
          inputs: Int32(layer.inputs), outputs: Int32(layer.outputs), kernel: Int32(layer.kernel),
          stride: Int32(layer.stride), adds_input: layer.addsInput,
          depthwise: place.depthwise.map { start + $0 },
          depthwise_bias: place.depthwiseBiases.map { start + $0 },
          weights: start + place.weights, bias: start + place.biases)
      })
    var stride = 1
    var products = 0.0
    for layer in contents.layers {
      stride *= layer.stride
      products += Double(layer.products) / Double(stride * stride)
    }
    multiplyAddsPerPixel = products
  }

  /// Widths of faces in px of a level that a level is asked for.
  public var widths: ClosedRange<Double> { contents.widths }

  /// The score from which on a face is shown, unless settings say otherwise.
  public var threshold: Double { contents.threshold }

  /// The net for the kernels; its pointers are valid as long as this object lives.
  var kernelNet: clnf_finder_net {
    clnf_finder_net(count: Int32(layers.count), layers: UnsafePointer(layers.pointer))
  }

  /// Sizes are believed within these factors of the least and the most that a level is asked for; the
  /// training program measures nets with the same.
  private static let believedWidths = (least: 0.7, most: 1.4)
  /// Centres and points are believed to this many widths from their cell.
  private static let largestOffset: Float = 2

  /// The width that a cell says, px of the level; nil where no face could look like that.
  func believedWidth(_ cell: UnsafeMutablePointer<Float>) -> Double? {
    let width = contents.unit * exp(Double(cell[3]))
    let least = Self.believedWidths.least * widths.lowerBound
    // Also where a number is none.
    guard width >= least, width <= Self.believedWidths.most * widths.upperBound else { return nil }
    for index in 1..<Self.outputCount where index != 3 {
      guard abs(cell[index]) <= Self.largestOffset else { return nil }
    }
    return width
  }

  /// The share of right boxes among those with this logit, 0...1; logits that are no number have none.
  func score(_ logit: Double) -> Double? {
    guard !logit.isNaN else { return nil }
    let knots = contents.knots
    guard let first = knots.first, let last = knots.last else { return 1 / (1 + exp(-logit)) }
    if logit <= first.logit { return first.share }
    if logit >= last.logit { return last.share }
    var next = 1
    while knots[next].logit < logit { next += 1 }
    let (a, b) = (knots[next - 1], knots[next])
    return a.share + (b.share - a.share) * (logit - a.logit) / (b.logit - a.logit)
  }
}

/// Weights as the kernels read them: channels innermost, filled up to whole groups of lanes.
private struct PackedWeights {
  struct Places {
    var depthwise: Int?
    var depthwiseBiases: Int?
    var weights: Int
    var biases: Int
  }

  private(set) var values: [Float] = []

  mutating func add(_ layer: FinderNet.Layer) -> Places {
    let isSeparable = !layer.depthwise.isEmpty
    return Places(
      depthwise: isSeparable ? transposed(layer.depthwise, of: layer.inputs) : nil,
      depthwiseBiases: isSeparable ? transposed(layer.depthwiseBiases, of: layer.inputs) : nil,
      weights: transposed(layer.weights, of: layer.outputs),
      biases: transposed(layer.biases, of: layer.outputs))
  }

  /// Appends `rows` rows column by column.
  private mutating func transposed(_ matrix: [Float], of rows: Int) -> Int {
    let lanes = Int(clnf_lane_count)
    let place = values.count
    let columns = matrix.count / rows
    for column in 0..<columns {
      for row in 0..<rows { values.append(matrix[row * columns + column]) }
      while values.count % lanes != 0 { values.append(0) }
    }
    return place
  }
}
