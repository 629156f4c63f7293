/// A classifier that judges from the pixels of the warped face whether landmarks are right.
///
/// Source: Baltrušaitis et al., "OpenFace", WACV 2016; docs/reference/clnf.md section 8. Immutable;
/// safe to share between threads.
public struct LandmarkValidator: Sendable, Equatable {
  /// At least one; the one whose centre is nearest to the head's rotation judges.
  public var views: [ValidatorView]

  public init(views: [ValidatorView]) { self.views = views }
}

/// The validator for heads that look one way.
public struct ValidatorView: Sendable, Equatable {
  /// Radians.
  public var center: EulerAngles
  /// Mean of the normalised vectors of training faces, one value a pixel of the mask.
  public var meanImage: [Float]
  /// Their standard deviation.
  public var deviationImage: [Float]
  public var classifier: ValidatorClassifier
  public var warp: PiecewiseAffineWarp

  public init(
    center: EulerAngles, meanImage: [Float], deviationImage: [Float],
    classifier: ValidatorClassifier, warp: PiecewiseAffineWarp
  ) {
    self.center = center
    self.meanImage = meanImage
    self.deviationImage = deviationImage
    self.classifier = classifier
    self.warp = warp
  }
}

/// A layer's matrix with as many rows as it has inputs, row by row.
public struct LayerMatrix: Sendable, Equatable {
  public var rows: Int
  public var columns: Int
  public var values: [Float]

  public init(rows: Int, columns: Int, values: [Float]) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }
}

/// The kinds of classifier, numbered as in the files (0, 1, 2).
public enum ValidatorClassifier: Sendable, Equatable {
  /// w . v + b.
  case linear(weights: [Float], bias: Double)
  /// Each layer has a bias input of 1 put first; the last layer uses `output`.
  case fullyConnected(layers: [LayerMatrix], hidden: Activation, output: Activation)
  case convolutional(layers: [ConvolutionalLayer])

  public enum Activation: Int, Sendable, Equatable {
    /// 1 / (1 + exp(-x)).
    case logistic = 0
    /// 1.7159 tanh(2 x / 3).
    case scaledTanh = 1
  }
}

public enum ConvolutionalLayer: Sendable, Equatable {
  /// Valid convolution, summed over input maps, logistic. `kernels[input][output]`.
  case convolution(kernels: [[LayerMatrix]], biases: [Float])
  /// Means of `factor` x `factor`, every `factor`-th kept.
  case subsampling(factor: Int)
  /// Maps concatenated column by column, times the weights, plus the bias, logistic.
  case full(weights: LayerMatrix, bias: Float)
}

/// How a face is warped to the validator's mask: each pixel of the mask lies in a triangle of
/// landmarks and takes the image at the same place of the image's triangle.
public struct PiecewiseAffineWarp: Sendable, Equatable {
  /// Of the mask's image.
  public var width: Int
  public var height: Int
  /// Position of the mask's first column and row in the frame of `destination`.
  public var minX: Double
  public var minY: Double
  /// Landmarks in the mask's frame, stacked, 2n.
  public var destination: [Double]
  public var triangles: [Triangle]
  /// Row by row, the triangle of each pixel; -1 outside the mask.
  public var triangleOfPixel: [Int32]
  /// Three a triangle: a = alpha . (1, X, Y), the share of p2 - p1.
  public var alpha: [Double]
  /// Three a triangle: b = beta . (1, X, Y), the share of p3 - p1.
  public var beta: [Double]

  public init(
    width: Int, height: Int, minX: Double, minY: Double, destination: [Double],
    triangles: [Triangle], triangleOfPixel: [Int32], alpha: [Double], beta: [Double]
  ) {
    self.width = width
    self.height = height
    self.minX = minX
    self.minY = minY
    self.destination = destination
    self.triangles = triangles
    self.triangleOfPixel = triangleOfPixel
    self.alpha = alpha
    self.beta = beta
  }
}
