import CLNFKernels
import Glibc

/// Evaluates a landmark validator; holds the memory for it. One thread at a time.
public final class ValidatorEvaluation {
  private let landmarkCount: Int
  private let centers: [EulerAngles]
  private let views: [PreparedView]

  private struct PreparedView {
    let view: ValidatorView
    let warp: FaceWarp
    let vector: Buffer<Float>.Box
    let network: ValidatorNetwork?
  }

  /// - Parameter validator: of a model that has passed its checks.
  public init(
    _ validator: LandmarkValidator, landmarkCount: Int,
    instructionSet: InstructionSet = .best
  ) {
    self.landmarkCount = landmarkCount
    centers = validator.views.map(\.center)
    views = validator.views.map { view in
      var network: ValidatorNetwork?
      if case .convolutional(let layers) = view.classifier {
        network = ValidatorNetwork(
          layers, height: view.warp.height, width: view.warp.width,
          kernels: instructionSet.kernels)
      }
      return PreparedView(
        view: view, warp: FaceWarp(view.warp),
        vector: Buffer<Float>.Box(repeating: 0, count: view.meanImage.count), network: network)
    }
  }

  /// How surely the landmarks are wrong: -1 surely right, 1 surely wrong. No allocation for
  /// convolutional validators.
  /// - Parameters:
  ///   - landmarks: 2n pixels, stacked.
  ///   - rotation: the head's, radians; chooses the view.
  public func certainty(
    image: borrowing GreyImage, landmarks: UnsafePointer<Double>, rotation: EulerAngles
  ) -> Double {
    guard image.count > 0 else { return 1 }
    let view = views[centers.nearestView(to: rotation)]
    let vector = view.vector.pointer
    let count = view.view.meanImage.count
    view.warp.sample(image, landmarks: landmarks, count: landmarkCount, into: vector)
    normalise(vector, count, view.view)
    switch view.view.classifier {
    case .linear(let weights, let bias):
      var sum = bias
      for i in 0..<count { sum += Double(weights[i]) * Double(vector[i]) }
      return sum
    case .fullyConnected(let layers, let hidden, let output):
      let values = (0..<count).map { Double(vector[$0]) }
      return 2 * (evaluate(layers, hidden, output, values) - 0.5)
    case .convolutional:
      guard let network = view.network else { return 1 }
      let image = network.image
      image.update(repeating: 0, count: view.view.warp.width * view.view.warp.height)
      for (index, place) in view.warp.places.enumerated() { image[place] = vector[index] }
      return 2 * (Double(network.evaluate()) - 0.5)
    }
  }

  /// Zero mean, unit deviation over the mask, then against the training faces'. A face without
  /// contrast becomes zeros before the second step.
  private func normalise(
    _ vector: UnsafeMutablePointer<Float>, _ count: Int, _ view: ValidatorView
  ) {
    var sum = 0.0
    for i in 0..<count { sum += Double(vector[i]) }
    let mean = sum / Double(count)
    var squares = 0.0
    for i in 0..<count {
      let difference = Double(vector[i]) - mean
      squares += difference * difference
    }
    let deviation = (squares / Double(count)).squareRoot()
    let scale = deviation > 0 ? 1 / deviation : 0
    view.meanImage.withUnsafeBufferPointer { means in
      view.deviationImage.withUnsafeBufferPointer { deviations in
        for i in 0..<count {
          let local = (Double(vector[i]) - mean) * scale
          vector[i] = Float((local - Double(means[i])) / Double(deviations[i]))
        }
      }
    }
  }

  private func evaluate(
    _ layers: [LayerMatrix], _ hidden: ValidatorClassifier.Activation,
    _ output: ValidatorClassifier.Activation, _ input: [Double]
  ) -> Double {
    var values = input
    for (index, layer) in layers.enumerated() {
      let activation = index == layers.count - 1 ? output : hidden
      values = (0..<layer.columns).map { column in
        var sum = Double(layer.values[column])
        for (row, value) in values.enumerated() {
          sum += value * Double(layer.values[(row + 1) * layer.columns + column])
        }
        return switch activation {
        case .logistic: 1 / (1 + exp(-sum))
        case .scaledTanh: 1.7159 * tanh(2 * sum / 3)
        }
      }
    }
    return values[0]
  }
}
