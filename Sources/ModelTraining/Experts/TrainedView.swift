import CLNF
import Foundation

/// The experts of one view at one scale, as they are kept between runs.
struct TrainedView: Codable, Equatable {
  /// What the experts were made with and of; with anything else they would be others.
  struct Origin: Codable, Equatable {
    var patchScaling: Double
    var view: ExpertViewPlan
    var nets: NetTrainingSettings
    /// Of all crops of the scale.
    var crops: UInt64
  }

  /// One expert: its parameters layer by layer, weights before biases, Float32 little endian.
  struct Stored: Codable, Equatable {
    var sizes: [Int]
    var parameters: Data
    var confidence: Double
    var figures: ExpertFigures
  }

  var origin: Origin
  /// One a landmark; nil where it cannot be seen, or is the mirror image of another.
  var experts: [Stored?]

  /// The experts; nil where sizes and parameters do not fit.
  var trained: [TrainedExpert?]? {
    var result: [TrainedExpert?] = []
    for net in experts {
      guard let net else {
        result.append(nil)
        continue
      }
      guard let layers = Self.layers(net) else { return nil }
      result.append(TrainedExpert(layers: layers, confidence: net.confidence, figures: net.figures))
    }
    return result
  }

  init(origin: Origin, nets: [TrainedExpert?]) {
    self.origin = origin
    experts = nets.map { net in
      net.map {
        Stored(
          sizes: [PatchBatch.patchArea] + $0.layers.map(\.outputs),
          parameters: Self.bytes($0.layers), confidence: $0.confidence, figures: $0.figures)
      }
    }
  }

  private static func bytes(_ layers: [DenseLayer]) -> Data {
    var data = Data()
    for value in layers.flatMap({ $0.weights + $0.biases }) {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    return data
  }

  private static func layers(_ net: Stored) -> [DenseLayer]? {
    let units = 1...ExpertScale.largestHiddenLayer
    let last = net.sizes.count - 1
    guard last == 2 || last == 3, net.sizes[0] == PatchBatch.patchArea, net.sizes[last] == 1,
      net.sizes[1...].allSatisfy(units.contains)
    else { return nil }
    let count = (1...last).reduce(0) { $0 + (net.sizes[$1 - 1] + 1) * net.sizes[$1] }
    guard net.parameters.count == count * 4 else { return nil }
    let values = net.parameters.withUnsafeBytes { bytes in
      (0..<count).map {
        Float(
          bitPattern: UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
      }
    }
    guard values.allSatisfy(\.isFinite) else { return nil }
    var start = 0
    return (1...last).map { index in
      let (inputs, outputs) = (net.sizes[index - 1], net.sizes[index])
      let biases = start + inputs * outputs
      let end = biases + outputs
      defer { start = end }
      return DenseLayer(
        inputs: inputs, outputs: outputs, weights: Array(values[start..<biases]),
        biases: Array(values[biases..<end]))
    }
  }
}
