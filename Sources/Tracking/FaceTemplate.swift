import CLNF
import FaceFinding

/// Where a face has moved to, found by its picture: normalised correlation of the last face,
/// reduced to 0.3 px/mm, within a box twice its size (docs/reference/clnf.md section 6).
///
/// For faces that move further between frames than the fit's windows reach.
struct FaceTemplate {
  /// px per mm at which faces are compared.
  private static let faceScale = 0.3

  private var levels: [Float] = []
  private var width = 0
  private var height = 0
  /// The face's centre in the image that was remembered, px.
  private var centerX = 0.0
  private var centerY = 0.0

  mutating func forget() { levels.removeAll(keepingCapacity: true) }

  /// Keeps the picture under the landmarks' box. `scale`: of the face, px per mm.
  mutating func remember(_ image: borrowing GreyImage, _ landmarks: [Double], scale: Double) {
    forget()
    let n = landmarks.count / 2
    guard scale > 0, scale.isFinite, n > 0, image.count > 0 else { return }
    var (minX, maxX) = (landmarks[0], landmarks[0])
    var (minY, maxY) = (landmarks[n], landmarks[n])
    for i in 0..<n {
      (minX, maxX) = (min(minX, landmarks[i]), max(maxX, landmarks[i]))
      (minY, maxY) = (min(minY, landmarks[n + i]), max(maxY, landmarks[n + i]))
    }
    let step = max(1, scale / Self.faceScale)
    // A box that is mostly outside the image is no picture of the face.
    guard minX > -(maxX - minX), minY > -(maxY - minY), minX < Double(image.width),
      minY < Double(image.height), maxX - minX < 1e5, maxY - minY < 1e5
    else { return }
    width = Int((maxX - minX) / step)
    height = Int((maxY - minY) / step)
    guard width >= 4, height >= 4 else { return }
    (centerX, centerY) = ((minX + maxX) / 2, (minY + maxY) / 2)
    Self.reduce(
      image, centerX: centerX, centerY: centerY, width: width, height: height, step: step,
      into: &levels)
  }

  /// How far the remembered face has moved, image px; nil without one or without contrast.
  /// Cost: one normalised correlation a place of the search box.
  func shift(in image: borrowing GreyImage, scale: Double) -> (x: Double, y: Double)? {
    guard !levels.isEmpty, image.count > 0, scale > 0, scale.isFinite else { return nil }
    let step = max(1, scale / Self.faceScale)
    let (areaWidth, areaHeight) = (2 * width, 2 * height)
    var area: [Float] = []
    Self.reduce(
      image, centerX: centerX, centerY: centerY, width: areaWidth, height: areaHeight,
      step: step, into: &area)
    let mean = levels.reduce(0, +) / Float(levels.count)
    let centred = levels.map { $0 - mean }
    let norm = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard norm > 0 else { return nil }
    var best: (score: Float, x: Int, y: Int)?
    for y in 0...areaHeight - height {
      for x in 0...areaWidth - width {
        let score = correlation(area, areaWidth, x, y, centred)
        if score > (best?.score ?? 0) { best = (score, x, y) }
      }
    }
    guard let best else { return nil }
    return (
      (Double(best.x) - Double(areaWidth - width) / 2) * step,
      (Double(best.y) - Double(areaHeight - height) / 2) * step
    )
  }

  /// Where a face of an earlier picture is now; where its picture says nothing, where it was. nil where
  /// the two pictures are not of one size.
  static func carry(
    _ face: DetectedFace, from earlier: borrowing GreyImage, to image: borrowing GreyImage
  ) -> DetectedFace? {
    let box = face.box
    guard earlier.width == image.width, earlier.height == image.height else { return nil }
    var template = FaceTemplate()
    // A face is about 150 mm wide from outline to outline.
    let scale = box.width / 150
    template.remember(
      earlier, [box.x, box.x + box.width, box.y, box.y + box.height], scale: scale)
    guard let shift = template.shift(in: image, scale: scale) else { return face }
    var carried = face
    carried.box = FaceBox(
      x: box.x + shift.x, y: box.y + shift.y, width: box.width, height: box.height)
    carried.points = face.points?.map { $0 + SIMD2(shift.x, shift.y) }
    return carried
  }

  /// The centred template times the patch at (x, y), divided by the patch's deviation.
  private func correlation(
    _ area: [Float], _ areaWidth: Int, _ x: Int, _ y: Int, _ centred: [Float]
  ) -> Float {
    var (dot, sum, squares): (Float, Float, Float) = (0, 0, 0)
    for row in 0..<height {
      let line = (y + row) * areaWidth + x
      for column in 0..<width {
        let level = area[line + column]
        dot += level * centred[row * width + column]
        sum += level
        squares += level * level
      }
    }
    let variance = squares - sum * sum / Float(centred.count)
    return variance > 1e-3 ? dot / variance.squareRoot() : 0
  }

  /// Box-averaged samples of the image around a centre; edge pixels are replicated.
  private static func reduce(
    _ image: borrowing GreyImage, centerX: Double, centerY: Double, width: Int, height: Int,
    step: Double, into levels: inout [Float]
  ) {
    levels.removeAll(keepingCapacity: true)
    let (imageWidth, imageHeight) = (image.width, image.height)
    let side = max(1, Int(step))
    image.withSamples { samples in
      for row in 0..<height {
        for column in 0..<width {
          let left = Int(centerX + (Double(column) - Double(width) / 2) * step)
          let top = Int(centerY + (Double(row) - Double(height) / 2) * step)
          var sum = 0
          for y in top..<top + side {
            let line = max(0, min(imageHeight - 1, y)) * imageWidth
            for x in left..<left + side {
              sum += Int(samples[line + max(0, min(imageWidth - 1, x))])
            }
          }
          levels.append(Float(sum) / Float(side * side))
        }
      }
    }
  }
}
