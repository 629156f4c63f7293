extension [Double] {
  /// Copies into the memory that is there: nothing is allocated once it has had that length.
  package mutating func replaceElements(with other: [Double]) {
    removeAll(keepingCapacity: true)
    append(contentsOf: other)
  }
}
