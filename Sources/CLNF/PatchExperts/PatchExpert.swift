/// One neuron of a CCNF patch expert: a kernel that is correlated with the image and a sigmoid.
public struct PatchNeuron: Sendable, Equatable {
  /// The kernel, `kernelSize` rows of `kernelSize`.
  public var weights: [Float]
  /// ||w||: the slope with which the correlation coefficient enters the sigmoid.
  public var norm: Double
  public var bias: Double
  /// The neuron's share; neurons with alpha <= 1e-4 do not respond but count in Sigma.
  public var alpha: Double

  public init(weights: [Float], norm: Double, bias: Double, alpha: Double) {
    self.weights = weights
    self.norm = norm
    self.bias = bias
    self.alpha = alpha
  }
}

/// A CCNF patch expert: how likely a landmark is at each place, judged by the pixels around it.
///
/// Source: Baltrušaitis, Robinson, Morency, "Continuous Conditional Neural Fields for Structured
/// Regression", ECCV 2014; docs/reference/clnf.md section 3.
public struct PatchExpert: Sendable, Equatable {
  /// At least one neuron, all with kernels of one odd size.
  public var neurons: [PatchNeuron]
  /// Weights of the sigma components, one each; empty without edges.
  public var betas: [Double]
  /// How far the expert's training error is to be trusted; enters the fit's weights.
  public var confidence: Double

  public init(neurons: [PatchNeuron], betas: [Double], confidence: Double) {
    self.neurons = neurons
    self.betas = betas
    self.confidence = confidence
  }

  /// The neurons' alphas summed.
  public var alphaSum: Double { neurons.reduce(0) { $0 + $1.alpha } }
}

/// The edges of the field for one window size: which positions' responses support each other.
public struct SigmaComponents: Sendable, Equatable {
  /// w.
  public var windowSize: Int
  /// Symmetric matrices S_j of w^2 x w^2, row by row. None: no edges at this size.
  public var matrices: [[Float]]

  public init(windowSize: Int, matrices: [[Float]]) {
    self.windowSize = windowSize
    self.matrices = matrices
  }
}
