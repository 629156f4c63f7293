import CLNF
import FaceFinding
import Foundation
import Tracking

/// Learns a `FitVerdict` from fits of one model that are known to be good or failed.
///
/// Each face is shown at several sizes and in several states (light, blur, noise, occluders); fits
/// start from what the finder sees, from boxes far off, as in `FailureStarts`, from where a tracker
/// would be (near the truth), and from places without a face. Deterministic from the seed.
public struct VerdictTraining {
  /// A face with its true landmarks.
  public final class Face {
    public let image: GreyImage
    /// 2n pixels, stacked.
    public let truth: [Double]
    /// Whether it is a photo, whose background can be replaced; else it is drawn.
    public let isPhoto: Bool
    /// The distance of the outer eye corners as it is seen, as a share of what it would be from the
    /// front: errors of turned heads count against the latter.
    public let foreshortening: Double

    var group: Group {
      isPhoto ? .photo : foreshortening < 0.75 ? .turned : .drawn
    }

    public init(
      image: consuming GreyImage, truth: [Double], isPhoto: Bool = true,
      foreshortening: Double = 1
    ) {
      self.image = image
      self.truth = truth
      self.foreshortening = foreshortening
      self.isPhoto = isPhoto
    }
  }

  public struct Settings: Sendable {
    public var seed: UInt64 = 1
    /// Pictures made of each face.
    public var variantsPerFace = 4
    /// Share of the pictures that are only made smaller; the others are also degraded.
    public var plainShare = 0.5
    /// Share of the pictures that get another background.
    public var replacedBackgrounds = 0.5
    /// Share of the pictures of faces that look about straight ahead in which they get a child's
    /// proportions.
    public var childShare = 0.15
    /// Starts of each picture: displaced, near, and on the background; what the finder sees besides.
    public var displacedStarts = 5
    public var nearStarts = 2
    public var backgroundStarts = 4
    /// Tracked on from a fit of the picture: in the same picture moved a little, and, after a cut,
    /// in another scene.
    public var trackedStarts = 2
    public var cutStarts = 2
    /// L2 penalty of the regression.
    public var penalty = 3.0

    public init() {}
  }

  /// What a face is of, for figures by group.
  public enum Group: String, Sendable, CaseIterable {
    case photo, child, drawn
    /// Drawn, with the outer eye corners seen at less than three quarters of their distance.
    case turned
  }

  /// One fit: its evidence and whether it was good.
  public struct Sample: Sendable {
    public var evidence: [Double]
    public var group: Group
    /// Mean landmark error over the outer eye corners' distance; infinite on the background.
    public var error: Double
    public var face: Int
  }

  /// What a fit is judged against.
  private struct Target {
    var truth: [Double]
    var foreshortening: Double
    var face: Int
    var group: Group
  }

  /// Above this error a fit has failed.
  public static let failedError = 0.1

  private let fitter: Fitter
  private let judge: ValidatorEvaluation?
  private let scenery: Scenery
  private let settings: Settings
  private let finder: FaceFinder
  private let glance = FaceGlance()

  public init(
    fitter: Fitter, judge: ValidatorEvaluation?, scenery: Scenery, settings: Settings = Settings()
  ) {
    self.fitter = fitter
    self.judge = judge
    self.scenery = scenery
    self.settings = settings
    finder = FaceFinder()
  }

  /// Fits all starts of a face. Cost: about 15 ms a start.
  public func samples(of face: Face, index: Int) -> [Sample] {
    var generator = SeededGenerator(seed: settings.seed &* 1_000_003 &+ UInt64(index))
    var samples: [Sample] = []
    for _ in 0..<settings.variantsPerFace {
      let full = LandmarkError.box(of: face.truth)
      // From faces of 60 px to the photo's own size.
      let width = exp(generator.uniform(log(60)...log(max(60, full.width))))
      let factor = max(1, full.width / width)
      var image = Degradation.reduced(face.image, by: factor)
      var truth = face.truth.map { ($0 + 0.5) / factor - 0.5 }
      var group = face.group
      if face.foreshortening > 0.9, generator.uniform(0...1) < settings.childShare {
        let child = ChildProportions(of: truth, &generator)
        image = child.picture(of: image)
        truth = child.moved(truth)
        group = .child
      }
      let target = Target(
        truth: truth, foreshortening: face.foreshortening, face: index, group: group)
      let box = LandmarkError.box(of: truth)
      let isReplaced = generator.uniform(0...1) < settings.replacedBackgrounds
      if isReplaced, group == .photo {
        scenery.replaceBackground(of: &image, keeping: box, &generator)
      }
      if generator.uniform(0...1) >= settings.plainShare {
        Degradation.apply(to: &image, face: box, scenery: scenery, generator: &generator)
      }
      for _ in 0..<settings.displacedStarts {
        let start = FailureStarts.draw(around: box, &generator)
        samples.append(fit(image, start.box, roll: start.roll, target))
      }
      for _ in 0..<settings.nearStarts {
        let near = FaceBox(
          x: box.x + 0.04 * generator.normal() * box.width,
          y: box.y + 0.04 * generator.normal() * box.height,
          width: box.width * (1 + 0.05 * generator.normal()),
          height: box.height * (1 + 0.05 * generator.normal()))
        samples.append(fit(image, near, roll: 0.05 * generator.normal(), target))
      }
      samples += found(image, target)
      samples += tracked(image, box, target, &generator)
      for _ in 0..<settings.backgroundStarts {
        guard
          let away = FailureStarts.drawBackground(
            face: box, width: image.width, height: image.height, &generator)
        else { continue }
        samples.append(distant(fit(image, away, roll: 0, target)))
      }
    }
    return samples
  }

  /// A fit that was begun off the face: failed, but for one that wandered to the face after all,
  /// which is judged like any other.
  private func distant(_ sample: Sample) -> Sample {
    var sample = sample
    if sample.error > 0.3 { sample.error = .infinity }
    return sample
  }

  /// From every start of what the finder sees, as a first fit has them; other faces and what is none are
  /// failures.
  private func found(_ image: borrowing GreyImage, _ target: Target) -> [Sample] {
    finder.detectFaces(in: image).prefix(Self.mostFound).flatMap { face in
      let starts = FaceStarts(
        of: face, in: fitter.model.shapeModel, image: image, regressor: glance.regressor)
      return starts.all.map { start in
        var parameters = start.parameters
        fitter.fit(
          image: image, parameters: &parameters, windows: fitter.settings.firstFitWindows,
          anchor: start.anchor)
        return distant(sample(image, parameters, target))
      }
    }
  }

  private static let mostFound = 3

  /// Goes on from a fit as a tracker does: in the picture moved a little, and after a cut.
  private func tracked(
    _ image: borrowing GreyImage, _ box: FaceBox, _ target: Target,
    _ generator: inout SeededGenerator
  ) -> [Sample] {
    let before = fitter.fit(image: image, box: box, rotation: EulerAngles(x: 0, y: 0, z: 0))
    guard fitter.report.succeeded else { return [] }
    var samples: [Sample] = []
    for _ in 0..<settings.trackedStarts {
      var parameters = before
      parameters.global.tx += 0.03 * generator.normal() * box.width
      parameters.global.ty += 0.03 * generator.normal() * box.height
      parameters.global.rotation.y += 0.05 * generator.normal()
      samples.append(track(image, &parameters, target))
    }
    for _ in 0..<settings.cutStarts {
      guard
        let scene = scenery.view(width: image.width, height: image.height, &generator)
      else { continue }
      var parameters = before
      var sample = track(scene, &parameters, target)
      sample.error = .infinity
      samples.append(sample)
    }
    return samples
  }

  private func track(
    _ image: borrowing GreyImage, _ parameters: inout FaceParameters, _ target: Target
  ) -> Sample {
    glance.look(at: fitter.model.shapeModel.landmarks(parameters), in: image)
    fitter.fit(
      image: image, parameters: &parameters, windows: fitter.settings.trackingWindows,
      isTracking: true, anchor: glance.anchor)
    return sample(image, parameters, target, isAhead: true)
  }

  private func fit(
    _ image: borrowing GreyImage, _ box: FaceBox, roll: Double, _ target: Target
  ) -> Sample {
    let parameters = fitter.fit(
      image: image, box: box, rotation: EulerAngles(x: 0, y: 0, z: roll))
    return sample(image, parameters, target)
  }

  /// What the fitter's last fit shows.
  ///
  /// - Parameter isAhead: whether `glance` looked at the face before the fit, as a tracker's does; a first
  ///   fit is looked at where it ended.
  private func sample(
    _ image: borrowing GreyImage, _ parameters: FaceParameters, _ target: Target,
    isAhead: Bool = false
  ) -> Sample {
    var landmarks: [Double] = []
    fitter.copyLandmarks(into: &landmarks)
    var report = fitter.report
    if fitter.settings.anchorWeight > 0 {
      if !isAhead { glance.look(at: landmarks, afresh: true, in: image) }
      glance.compare(&report, landmarks)
    }
    let certainty =
      report.succeeded
      ? judge?.certainty(
        image: image, landmarks: landmarks, rotation: parameters.global.rotation) : nil
    return Sample(
      evidence: FitVerdict.evidence(
        report, certainty: certainty, scaleCount: fitter.model.scales.count),
      group: target.group,
      error: report.succeeded
        ? LandmarkError.relative(landmarks, to: target.truth) * target.foreshortening : .infinity,
      face: target.face)
  }

  /// Learns the rule from samples. `evidence`: which figures it may weigh.
  public func learn(
    _ samples: [Sample], evidence: [FitVerdict.Evidence]
  ) -> FitVerdict {
    let indices = FitVerdict.Evidence.allCases.enumerated()
      .filter { evidence.contains($0.element) }.map(\.offset)
    var terms = indices.map { index in
      let values = samples.map { $0.evidence[index] }.filter(\.isFinite)
      let mean = values.reduce(0, +) / Double(max(1, values.count))
      let variance =
        values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count))
      return FitVerdict.Term(
        evidence: FitVerdict.Evidence.allCases[index], mean: mean,
        deviation: variance.squareRoot(), weight: 0, squareWeight: 0)
    }
    let features = samples.map { sample in
      zip(indices, terms).flatMap { index, term -> [Double] in
        let value = sample.evidence[index]
        let z =
          value.isFinite && term.deviation > 0
          ? max(-FitVerdict.reach, min(FitVerdict.reach, (value - term.mean) / term.deviation)) : 0
        return [z, z * z]
      }
    }
    let regression = LogisticRegression(
      features: features, labels: samples.map { $0.error < Self.failedError },
      penalty: settings.penalty)
    for i in terms.indices {
      terms[i].weight = regression.weights[2 * i]
      terms[i].squareWeight = regression.weights[2 * i + 1]
    }
    return FitVerdict(terms: terms, bias: regression.bias)
  }
}
