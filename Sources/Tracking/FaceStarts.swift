import CLNF
import FaceFinding
import Glibc

/// Where the first fit of a found face begins.
///
/// One look at the whole face says where its landmarks about are: the shape nearest to them is the first
/// start, and mostly the only one. Only where its fit is not believed, or lies elsewhere than the face's
/// points, others are tried: first the mean face, turned as five points say that the head looks.
package struct FaceStarts {
  /// A start, and what its fit is held to.
  package struct Start: Equatable {
    package var parameters: FaceParameters
    package var anchor: LandmarkEstimate?

    package init(parameters: FaceParameters, anchor: LandmarkEstimate? = nil) {
      self.parameters = parameters
      self.anchor = anchor
    }
  }

  /// The likeliest first; never empty.
  package private(set) var all: [Start]
  private let face: DetectedFace

  /// Landmarks whose five points are further than this from the ones found, as a share of the face's
  /// width, on average, are of another fit than the face asks for.
  static let largestDisagreement = 0.12

  /// How much further landmarks that were seen at once are off than they say one by one: they are off
  /// together. Chosen on people kept out of training.
  static let deviationFactor = 2.0

  /// Looks at a face.
  ///
  /// - Parameter face: one without points has one start, straight on.
  package init(
    of face: DetectedFace, in shape: PointDistributionModel, image: borrowing GreyImage,
    regressor: LandmarkRegressor
  ) {
    let hasMarkup = face.points != nil && shape.landmarkCount == 68
    let seen = hasMarkup ? regressor.landmarks(of: face, in: image) : nil
    self.init(of: face, in: shape, seen: seen)
  }

  /// - Parameters:
  ///   - face: one without points has one start, straight on.
  ///   - seen: its landmarks as one look says them; nil: it was not looked at.
  package init(
    of face: DetectedFace, in shape: PointDistributionModel,
    seen: LandmarkEstimate? = nil
  ) {
    self.face = face
    let mean = [Double](repeating: 0, count: shape.modeCount)
    func onBox(_ box: FaceBox, roll: Double) -> GlobalParameters {
      shape.globalParameters(box: box, local: mean, rotation: EulerAngles(x: 0, y: 0, z: roll))
    }
    guard let points = face.points, let pose = shape.globalParameters(points: points) else {
      all = [Start(parameters: FaceParameters(global: onBox(face.box, roll: 0), local: mean))]
      return
    }
    var poses = [
      pose.global, onBox(face.box, roll: points.roll),
      onBox(Self.lower(face.box, roll: points.roll), roll: points.roll),
    ]
    // Points that are a little off turn a head too far, or not far enough.
    let turned = pose.global.rotation
    let further = turned.y < 0 ? -Self.otherTurn : Self.otherTurn
    for turn in [-further, further] {
      var other = pose.global
      other.rotation = EulerAngles(x: turned.x, y: turned.y + turn, z: turned.z)
      poses.append(other)
    }
    all = poses.map { Start(parameters: FaceParameters(global: $0, local: mean)) }
    if let seen, let start = Self.start(seen, in: shape) {
      var anchor = LandmarkEstimate()
      LandmarkRegressor.makeAnchor(of: seen, into: &anchor)
      all.insert(Start(parameters: start, anchor: anchor), at: 0)
      // Where experts are misled, by covers or blur, the look knows better than they.
      for i in anchor.deviations.indices { anchor.deviations[i] /= Self.tightening }
      all.insert(Start(parameters: start, anchor: anchor), at: 1)
    }
  }

  /// The shape nearest to landmarks that were seen.
  private static func start(
    _ seen: LandmarkEstimate, in shape: PointDistributionModel
  ) -> FaceParameters? {
    guard shape.landmarkCount == 68, let points = FacePoints(landmarks: seen.points),
      let pose = shape.globalParameters(points: points)
    else { return nil }
    var estimate = seen
    for i in estimate.deviations.indices { estimate.deviations[i] *= deviationFactor }
    return shape.parameters(nearest: estimate, from: pose.global)
  }

  /// Where the face is if hair on the forehead was taken for a part of it: smaller and lower.
  private static func lower(_ box: FaceBox, roll: Double) -> FaceBox {
    let (width, height) = (0.85 * box.width, 0.85 * box.height)
    let center = (
      x: box.center.x - 0.2 * box.width * sin(roll), y: box.center.y + 0.2 * box.height * cos(roll)
    )
    return FaceBox(
      x: center.x - width / 2, y: center.y - height / 2, width: width, height: height)
  }

  /// How much closer the second fit is held to what was seen. Chosen on people kept out of training.
  private static let tightening = 4.0

  private static let otherTurn = 30 * Double.pi / 180

  /// Whether a fit lies where the face was found. What was found without points says nothing of it.
  package func agree(with landmarks: [Double]) -> Bool {
    guard let points = face.points, let fitted = FacePoints(landmarks: landmarks) else {
      return true
    }
    return points.meanDistance(to: fitted) <= Self.largestDisagreement * face.box.width
  }
}

/// What is thought of a fit from one of several starts.
package struct StartWord {
  package var word: Belief.Word
  /// Whether the fit lies where the face was found.
  package var agrees: Bool
  package var likelihood: Double

  package init(word: Belief.Word, agrees: Bool, likelihood: Double) {
    self.word = word
    self.agrees = agrees
    self.likelihood = likelihood
  }

  /// Nothing better is looked for.
  package var suffices: Bool { word.isBelieved && agrees }

  package func isBetter(than other: StartWord) -> Bool {
    if suffices != other.suffices { return suffices }
    if word.isBelieved != other.word.isBelieved { return word.isBelieved }
    let (ours, theirs) = (word.confidence, other.word.confidence)
    if ours.isNaN || theirs.isNaN || ours == theirs { return likelihood > other.likelihood }
    return ours > theirs
  }
}
