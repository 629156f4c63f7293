import CFinderWeights

extension FinderNet {
  /// The net that is part of the program and proposes places.
  public static let proposer = read(
    clnf_finder_weights(), clnf_finder_weights_size(), "finder.weights")

  /// The net that is part of the program and decides.
  public static let refiner = read(
    clnf_refiner_weights(), clnf_refiner_weights_size(), "refiner.weights")

  /// The net that is part of the program and says where a face's landmarks are.
  public static let landmarks = read(
    clnf_landmark_weights(), clnf_landmark_weights_size(), "landmarks.weights", for: .landmarks)

  /// The net that is part of the program and looks closely where landmarks are known to be about: larger, and
  /// better.
  public static let closeLandmarks = read(
    clnf_close_landmark_weights(), clnf_close_landmark_weights_size(), "close-landmarks.weights",
    for: .landmarks)

  /// The net that is part of the program and by which people are told apart.
  public static let identity = read(
    clnf_identity_weights(), clnf_identity_weights_size(), "identity.weights", for: .identity)

  private static func read(
    _ start: UnsafeRawPointer?, _ count: Int, _ name: String, for purpose: Purpose = .faces
  ) -> FinderNet {
    let bytes = [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    do throws(FaceDetectionError) {
      return try FinderNet(bytes: bytes, name: name, for: purpose)
    } catch {
      // Built with a file that is no net: tests read all.
      fatalError("\(error)")
    }
  }
}

extension FaceFinder {
  /// A finder with the program's own nets. Cost: microseconds, but for the first of a process, which
  /// reads the nets (below a millisecond).
  public convenience init(_ settings: FaceFinderSettings = .standard) {
    self.init(net: .proposer, refiner: .refiner, settings: settings)
  }
}
