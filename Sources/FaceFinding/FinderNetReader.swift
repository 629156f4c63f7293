import CLNF
import CLNFKernels

/// Reads a finder's net from untrusted bytes (docs/reference/finder-format.md).
struct FinderNetReader {
  static let magic = Array("LMFINDER".utf8)
  /// Layers' values are floats in files of the first version, halves in those of the second.
  static let versions = 1...2
  static let largestFile = 2_000_000
  static let checksumSize = 32

  private static let layerCounts = 2...Int(clnf_most_finder_layers)
  private static let kernels: Set<Int> = [1, 3, 5, 7]
  private static let channels = 1...Int(clnf_most_finder_channels)
  /// Widths of faces and their unit, px.
  private static let sizes: ClosedRange<Double> = 1...10_000

  private let name: String
  private let purpose: FinderNet.Purpose
  private let bytes: [UInt8]
  /// Where the checksum begins.
  private let end: Int
  private var offset = 0
  private var hasHalves = false

  static func read(
    _ bytes: [UInt8], name: String, for purpose: FinderNet.Purpose = .faces
  ) throws(FaceDetectionError) -> FinderNet.Contents {
    var reader = FinderNetReader(name: name, purpose: purpose, bytes: bytes)
    return try reader.contents()
  }

  private init(name: String, purpose: FinderNet.Purpose, bytes: [UInt8]) {
    self.name = name
    self.purpose = purpose
    self.bytes = bytes
    end = max(0, bytes.count - Self.checksumSize)
  }

  private func fail(_ place: Int, _ reason: String) -> FaceDetectionError {
    .invalidNet(name: name, byte: place, reason: reason)
  }

  private mutating func contents() throws(FaceDetectionError) -> FinderNet.Contents {
    try checkWhole()
    offset = Self.magic.count
    hasHalves = try whole("the version", in: Self.versions) == Self.versions.upperBound
    let count = try whole("the number of layers", in: Self.layerCounts)
    let unit = try number("the unit of sizes", in: Self.sizes)
    let least = try number("the least width of a face", in: Self.sizes)
    let most = try number("the most width of a face", in: least...Self.sizes.upperBound)
    let threshold = try number("the threshold", in: 0...1)
    let knots = try self.knots()
    var layers: [FinderNet.Layer] = []
    for index in 0..<count {
      layers.append(try shape(of: index, count: count, after: layers.last))
    }
    let stride = layers.reduce(1) { $0 * $1.stride }
    guard stride == purpose.cell else {
      throw fail(
        offset, "the product of the layers' strides is \(stride); expected \(purpose.cell)")
    }
    for index in layers.indices {
      try fill(&layers[index], number: index, isHead: index == count - 1)
    }
    guard offset == end else {
      throw fail(offset, "\(end - offset) bytes follow the last layer's values; expected none")
    }
    return FinderNet.Contents(
      unit: unit, widths: least...most, threshold: threshold, knots: knots, layers: layers)
  }

  /// Length, name and checksum.
  private func checkWhole() throws(FaceDetectionError) {
    guard bytes.starts(with: Self.magic) else {
      throw fail(0, "expected a face finder's net, which begins with LMFINDER")
    }
    let least = Self.magic.count + Self.checksumSize
    guard (least...Self.largestFile).contains(bytes.count) else {
      throw fail(
        bytes.count, "the file has \(bytes.count) bytes; expected \(least) to \(Self.largestFile)")
    }
    var digest = ModelDigest()
    bytes.withUnsafeBytes { digest.add(UnsafeRawBufferPointer(rebasing: $0[..<end])) }
    guard digest.bytes.elementsEqual(bytes[end...]) else {
      throw fail(
        end,
        "the checksum is \(ModelDigest.hexadecimal(bytes[end...])); expected "
          + ModelDigest.hexadecimal(digest.bytes))
    }
  }

  private mutating func knots() throws(FaceDetectionError) -> [FinderNet.Knot] {
    let count = try whole("the number of calibration knots", in: 0...(end - offset) / 8)
    var knots: [FinderNet.Knot] = []
    for index in 0..<count {
      let place = offset
      let logit = try number("the logit of knot \(index)", in: -1e6...1e6)
      guard knots.last.map({ $0.logit < logit }) ?? true else {
        throw fail(place, "the logit of knot \(index) is \(logit); expected rising ones")
      }
      let share = try number("the share of knot \(index)", in: (knots.last?.share ?? 0)...1)
      knots.append(FinderNet.Knot(logit: logit, share: share))
    }
    return knots
  }

  /// A layer's description; it has no weights yet.
  private mutating func shape(
    of index: Int, count: Int, after before: FinderNet.Layer?
  ) throws(FaceDetectionError) -> FinderNet.Layer {
    let what = "layer \(index)'s"
    let isHead = index == count - 1
    let kind = index == 0 ? 1 : isHead ? 3 : 2
    _ = try whole("\(what) kind", in: kind...kind)
    let place = offset
    let kernel = try whole("\(what) kernel", in: isHead ? 1...1 : 1...7)
    guard Self.kernels.contains(kernel) else {
      throw fail(place, "\(what) kernel is \(kernel); expected 1, 3, 5 or 7")
    }
    let stride = try whole("\(what) stride", in: isHead ? 1...1 : 1...2)
    let expected = before?.outputs ?? 1
    let inputs = try whole("\(what) number of inputs", in: expected...expected)
    let head = purpose.outputCount
    let outputs = try whole("\(what) number of outputs", in: isHead ? head...head : Self.channels)
    let mayAdd = kind == 2 && stride == 1 && inputs == outputs
    let flags = try whole("\(what) flags", in: 0...(mayAdd ? 1 : 0))
    return FinderNet.Layer(
      inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, addsInput: flags == 1)
  }

  private mutating func fill(
    _ layer: inout FinderNet.Layer, number: Int, isHead: Bool
  ) throws(FaceDetectionError) {
    let what = "layer \(number)'s"
    let area = layer.kernel * layer.kernel
    if number > 0, !isHead {
      layer.depthwise = try values("\(what) depthwise weights", layer.inputs * area)
      layer.depthwiseBiases = try values("\(what) depthwise biases", layer.inputs)
    }
    let columns = number == 0 ? area : layer.inputs
    layer.weights = try values("\(what) weights", layer.outputs * columns)
    layer.biases = try values("\(what) biases", layer.outputs)
  }

  // MARK: Values

  /// `count` values of a layer, checked to be there before memory is taken.
  private mutating func values(_ what: String, _ count: Int) throws(FaceDetectionError) -> [Float] {
    guard hasHalves else { return try floats(what, count) }
    return try values(what, count, size: 2) {
      Float(
        Float16(
          bitPattern: UInt16(littleEndian: $0.loadUnaligned(fromByteOffset: $1, as: UInt16.self))))
    }
  }

  private mutating func floats(_ what: String, _ count: Int) throws(FaceDetectionError) -> [Float] {
    try values(what, count, size: 4) {
      Float(
        bitPattern: UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: $1, as: UInt32.self)))
    }
  }

  private mutating func values(
    _ what: String, _ count: Int, size: Int, _ value: (UnsafeRawBufferPointer, Int) -> Float
  ) throws(FaceDetectionError) -> [Float] {
    guard count <= (end - offset) / size else {
      throw fail(offset, "\(what) need \(size * count) bytes; the file has \(end - offset) more")
    }
    let start = offset
    offset += size * count
    let values = bytes.withUnsafeBytes { raw in
      (0..<count).map { value(raw, start + size * $0) }
    }
    if let bad = values.firstIndex(where: { !$0.isFinite }) {
      throw fail(start + size * bad, "\(what) have \(values[bad]); expected finite numbers")
    }
    return values
  }

  private mutating func number(
    _ what: String, in range: ClosedRange<Double>
  ) throws(FaceDetectionError) -> Double {
    let place = offset
    let value = Double(try floats(what, 1)[0])
    guard range.contains(value) else {
      throw fail(
        place, "\(what) is \(value); expected \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private mutating func whole(
    _ what: String, in range: ClosedRange<Int>
  ) throws(FaceDetectionError) -> Int {
    let place = offset
    guard end - offset >= 4 else {
      throw fail(place, "\(what) needs 4 bytes; the file has \(end - offset) more")
    }
    offset += 4
    let value = bytes.withUnsafeBytes {
      Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
    }
    guard range.contains(value) else {
      let expected =
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      throw fail(place, "\(what) is \(value); expected \(expected)")
    }
    return value
  }
}
