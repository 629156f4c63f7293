import Dispatch

/// Draws many faces on several threads; the faces are the same whatever the number of threads.
public enum RenderedFaces {
  /// Images `indices` of the set, in order.
  public static func draw(
    _ indices: Range<Int>, of material: SceneMaterial, settings: SceneSettings, threads: Int
  ) -> [RenderedFace] {
    let threads = max(1, min(threads, indices.count))
    guard threads > 1 else {
      let renderer = SceneRenderer(material: material, settings: settings)
      return indices.map(renderer.face)
    }
    let first = indices.lowerBound
    let faces = [RenderedFace?](unsafeUninitializedCapacity: indices.count) { buffer, count in
      buffer.initialize(repeating: nil)
      nonisolated(unsafe) let slots = buffer
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        let renderer = SceneRenderer(material: material, settings: settings)
        // Each slot is written by one thread.
        for i in stride(from: thread, to: slots.count, by: threads) {
          slots[i] = renderer.face(first + i)
        }
      }
      count = buffer.count
    }
    return faces.compactMap { $0 }
  }
}
