import CLNF
import Foundation

/// Patches and the responses wanted for them.
final class PatchBatch {
  /// `capacity` rows of `stride` floats: a patch row by row, then zeros.
  let inputs: Buffer<Float>
  /// The response wanted for each.
  let targets: Buffer<Float>
  let capacity: Int

  /// Width and height of a patch.
  static let patchSize = 11
  static let patchArea = patchSize * patchSize
  /// Floats from patch to patch: whole cache lines.
  static let stride = 128

  init(capacity: Int) {
    self.capacity = capacity
    inputs = Buffer(repeating: 0, count: capacity * Self.stride)
    targets = Buffer(repeating: 0, count: capacity)
  }

  func row(_ index: Int) -> UnsafeMutablePointer<Float> { inputs.pointer + index * Self.stride }
}

/// Draws the patches of one landmark from crops.
struct PatchSampler {
  let crops: CropSet
  let landmark: Int
  let settings: NetTrainingSettings
  let tables: RandomTables

  /// The true place in a crop, px.
  func place(_ crop: Int) -> SIMD2<Float> {
    crops.places.pointer[crop * crops.landmarkCount + landmark]
  }

  /// Fills a batch: crops drawn from `indices`, and in each some positions, noise included.
  func draw(
    from indices: [Int], into batch: PatchBatch, using generator: inout SeededGenerator
  ) {
    for draw in 0..<settings.crops {
      let crop = indices[generator.index(below: indices.count)]
      for drawn in 0..<settings.positions {
        let row = draw * settings.positions + drawn
        let (x, y) = position(in: crop, &generator)
        let noise = tables.normals.pointer + RandomTables.start(generator.next())
        let amount = Float(settings.inputNoise) * generator.unitFloat()
        gather(crop, x: x, y: y, noise: noise, amount: amount, into: batch.row(row))
        batch.targets.pointer[row] = target(crop, x: x, y: y)
      }
    }
  }

  /// Fills a batch from one crop without noise, from row `first` on.
  func drawPlain(
    crop: Int, into batch: PatchBatch, first: Int, using generator: inout SeededGenerator
  ) {
    for row in first..<first + settings.positions {
      let (x, y) = position(in: crop, &generator)
      gather(crop, x: x, y: y, noise: nil, amount: 0, into: batch.row(row))
      batch.targets.pointer[row] = target(crop, x: x, y: y)
    }
  }

  /// A place to look at: whole px, the patch around it inside the crop.
  private func position(in crop: Int, _ generator: inout SeededGenerator) -> (x: Int, y: Int) {
    let truth = place(crop)
    let bits = generator.next()
    let share = Float(bits & 0xFF_FFFF) * 0x1p-24
    let offset: SIMD2<Float>
    if share < Float(settings.nearShare) {
      let normals = tables.normals.pointer + RandomTables.start(bits >> 32)
      offset = Float(settings.nearSpread) * SIMD2(normals[0], normals[1])
    } else {
      let reach = Float(settings.reach)
      offset = SIMD2(
        reach * (2 * generator.unitFloat() - 1), reach * (2 * generator.unitFloat() - 1))
    }
    return (inside(truth.x + offset.x), inside(truth.y + offset.y))
  }

  /// The nearest whole px whose patch lies inside the crop.
  func inside(_ value: Float) -> Int {
    let margin = Float(PatchBatch.patchSize / 2)
    return Int(max(margin, min(Float(crops.side - 1) - margin, value.rounded())))
  }

  /// exp(-d^2 / 2 spread^2), d from the true place.
  func target(_ crop: Int, x: Int, y: Int) -> Float {
    let offset = SIMD2(Float(x), Float(y)) - place(crop)
    let spread = Float(settings.targetSpread)
    return exp(-(offset * offset).sum() / (2 * spread * spread))
  }

  /// The patch around (x, y): its mean taken off and divided by its norm, zeros where all pixels are
  /// alike. Noise is added to the patch of unit norm, and mean and norm are made right again.
  func gather(
    _ crop: Int, x: Int, y: Int, noise: UnsafePointer<Float>?, amount: Float,
    into out: UnsafeMutablePointer<Float>
  ) {
    let half = PatchBatch.patchSize / 2
    let corner = crop * crops.side * crops.side + (y - half) * crops.side + x - half
    PatchSampler.normalise(
      crops.pixels.pointer + corner, stride: crops.side, noise: noise, amount: amount, into: out)
  }

  private static func normalise(
    _ pixels: UnsafePointer<UInt8>, stride: Int, noise: UnsafePointer<Float>?, amount: Float,
    into out: UnsafeMutablePointer<Float>
  ) {
    let (size, area) = (PatchBatch.patchSize, PatchBatch.patchArea)
    // Sums of whole numbers below 2^24 are exact: a flat patch is known as such.
    var (sums, squares) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
    let counted = SIMD8<Float>(0, 0, 0, 0, 0, 1, 1, 1)
    for v in 0..<size {
      // Eight, and the last eight of the eleven: five of them again, which do not count.
      let (row, target) = (UnsafeRawPointer(pixels + v * stride), out + v * size)
      let left = row.loadUnaligned(as: SIMD8<UInt8>.self)
      let right = row.loadUnaligned(fromByteOffset: size - 8, as: SIMD8<UInt8>.self)
      let first = SIMD8<Float>(SIMD8<Int32>(truncatingIfNeeded: left))
      let second = SIMD8<Float>(SIMD8<Int32>(truncatingIfNeeded: right))
      let rest = second * counted
      sums += first + rest
      squares += first * first + rest * rest
      RowLoops.store(first, target)
      RowLoops.store(second, target + size - 8)
    }
    let sum = Int(sums.sum())
    let spread = area * Int(squares.sum()) - sum * sum
    guard spread > 0 else {
      out.update(repeating: 0, count: area)
      return
    }
    let mean = Float(sum) / Float(area)
    guard let noise else {
      let scale = 1 / (Float(spread) / Float(area)).squareRoot()
      for i in 0..<area { out[i] = (out[i] - mean) * scale }
      return
    }
    let strength = amount * (Float(spread) / Float(area)).squareRoot()
    var (noisySum, noisySquares) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
    for block in 0..<area / 8 {
      let values =
        RowLoops.load(out + block * 8) - mean + strength * RowLoops.load(noise + block * 8)
      RowLoops.store(values, out + block * 8)
      noisySum += values
      noisySquares += values * values
    }
    out[area - 1] += strength * noise[area - 1] - mean
    let last = out[area - 1]
    let newMean = (noisySum.sum() + last) / Float(area)
    let newSpread = noisySquares.sum() + last * last - Float(area) * newMean * newMean
    let scale = 1 / max(newSpread, Float.leastNormalMagnitude).squareRoot()
    for block in 0..<area / 8 {
      RowLoops.store((RowLoops.load(out + block * 8) - newMean) * scale, out + block * 8)
    }
    out[area - 1] = (last - newMean) * scale
  }
}
