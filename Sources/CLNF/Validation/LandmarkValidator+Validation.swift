extension LandmarkValidator {
  /// Masks have at most this many pixels.
  public static let largestMask = 1 << 20

  /// Checks everything that evaluation relies on.
  /// - Throws: `ModelDataError` that says what was got and what was expected.
  public func validate(landmarkCount: Int) throws(ModelDataError) {
    guard !views.isEmpty else { throw ModelDataError("a validator without a view") }
    for (index, view) in views.enumerated() {
      try Self.validate(view, "view \(index) of the validator", landmarkCount)
    }
  }

  private static func validate(
    _ view: ValidatorView, _ place: String, _ landmarkCount: Int
  ) throws(ModelDataError) {
    let warp = view.warp
    guard warp.width > 0, warp.height > 0, warp.width <= largestMask, warp.height <= largestMask,
      warp.width * warp.height <= largestMask,
      warp.triangleOfPixel.count == warp.width * warp.height
    else { throw ModelDataError("\(place) has a mask of \(warp.width) x \(warp.height)") }
    for triangle in warp.triangles where !triangle.isWithin(landmarkCount) {
      throw ModelDataError(
        "\(place) has a triangle \(triangle); the shape model has \(landmarkCount) landmarks")
    }
    let count = warp.triangles.count
    guard warp.alpha.count == 3 * count, warp.beta.count == 3 * count,
      warp.destination.count == 2 * landmarkCount
    else { throw ModelDataError("\(place) has a warp whose sizes disagree") }
    for triangle in warp.triangleOfPixel where triangle < -1 || triangle >= count {
      throw ModelDataError("\(place) has a pixel in triangle \(triangle) of \(count)")
    }
    let pixels = warp.triangleOfPixel.count { $0 >= 0 }
    guard view.meanImage.count == pixels, view.deviationImage.count == pixels, pixels > 0 else {
      throw ModelDataError(
        "\(place) has mean and deviation of \(view.meanImage.count) and \(view.deviationImage.count) values; its mask has \(pixels) pixels"
      )
    }
    guard view.deviationImage.allSatisfy({ $0 != 0 && $0.isFinite }),
      view.meanImage.allSatisfy(\.isFinite)
    else { throw ModelDataError("\(place) has a deviation of 0 or a mean that is not finite") }
    try validate(view.classifier, place, pixels: pixels, warp)
  }

  private static func validate(
    _ classifier: ValidatorClassifier, _ place: String, pixels: Int, _ warp: PiecewiseAffineWarp
  ) throws(ModelDataError) {
    switch classifier {
    case .linear(let weights, let bias):
      guard weights.count == pixels, bias.isFinite, weights.allSatisfy(\.isFinite) else {
        throw ModelDataError(
          "\(place) has \(weights.count) weights; expected \(pixels), all of them finite")
      }
    case .fullyConnected(let layers, _, _):
      var inputs = pixels
      for layer in layers {
        guard layer.isWhole, layer.rows == inputs + 1 else {
          throw ModelDataError("\(place) has a layer of \(layer.rows) rows for \(inputs) inputs")
        }
        inputs = layer.columns
      }
      guard inputs == 1 else { throw ModelDataError("\(place) has \(inputs) outputs; expected 1") }
    case .convolutional(let layers):
      try validate(layers, place, height: warp.height, width: warp.width)
    }
  }

  private static func validate(
    _ layers: [ConvolutionalLayer], _ place: String, height: Int, width: Int
  ) throws(ModelDataError) {
    var (maps, height, width) = (1, height, width)
    for layer in layers {
      switch layer {
      case .convolution(let kernels, let biases):
        guard kernels.count == maps, let first = kernels.first?.first,
          kernels.allSatisfy({
            $0.count == biases.count && $0.allSatisfy { $0.hasShape(of: first) }
          }),
          first.isWhole, first.rows >= 1, first.columns >= 1, first.rows <= height,
          first.columns <= width
        else {
          throw ModelDataError(
            "\(place) has a convolution that does not fit \(maps) maps of \(height) x \(width)")
        }
        (maps, height, width) = (biases.count, height - first.rows + 1, width - first.columns + 1)
      case .subsampling(let factor):
        guard factor >= 1, height >= factor, width >= factor else {
          throw ModelDataError("\(place) subsamples \(height) x \(width) by \(factor)")
        }
        (height, width) = (
          (height - factor) / factor + 1, (width - factor) / factor + 1
        )
      case .full(let weights, _):
        guard weights.isWhole, weights.columns == maps * height * width else {
          throw ModelDataError(
            "\(place) has a full layer for \(weights.columns) inputs; there are \(maps * height * width)"
          )
        }
        (maps, height, width) = (1, weights.rows, 1)
      }
    }
    guard maps * height * width == 1 else {
      throw ModelDataError("\(place) has \(maps * height * width) outputs; expected 1")
    }
  }
}

extension LayerMatrix {
  var isWhole: Bool { values.count == rows * columns && values.allSatisfy(\.isFinite) }

  func hasShape(of other: LayerMatrix) -> Bool {
    rows == other.rows && columns == other.columns && isWhole
  }
}
