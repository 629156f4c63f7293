extension [EulerAngles] {
  /// The index of the centre nearest to `rotation` by the Euclidean distance of angles; the first
  /// of equals. The array must not be empty.
  func nearestView(to rotation: EulerAngles) -> Int {
    var best = 0
    var bestDistance = Double.infinity
    for (index, center) in enumerated() {
      let difference = SIMD3(
        center.x - rotation.x, center.y - rotation.y, center.z - rotation.z)
      let distance = (difference * difference).sum()
      if distance < bestDistance {
        best = index
        bestDistance = distance
      }
    }
    return best
  }
}
