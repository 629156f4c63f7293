import CLNF
import Tracking

extension Settings {
  static let modelSettings = [model.description, fitSettings.description]

  public static let model = Setting(
    "model", .path("a model's file or folder"), "file", words: "the one that landmarkd brings",
    in: .fitsAndStream,
    "The model: a .landmarkd file, an OpenFace main_*.txt or clnf_*.txt, or a folder with one.")

  public static let fitSettings = Setting(
    "fit-settings", .choice(["landmarkd": FitSettingsName.landmarkd, "reference": .reference]),
    "name", default: .landmarkd, in: .fits,
    "How to fit: reference is the reference toolkit's rules, frozen.")
}

// MARK: - What is believed

/// What can be asked of a fit beside what its model's learned rules ask (see `Belief`).
public enum BeliefLimit: String, Sendable, CaseIterable {
  case minConfidence = "min-confidence"
  case maxMeanShift = "max-mean-shift"
  case maxPeakOffset = "max-peak-offset"
  case maxStep = "max-step"
  case maxShapeDistance = "max-shape-distance"
  case maxLikelihoodDrop = "max-likelihood-drop"
  case maxMovement = "max-movement"

  public var setting: Setting<Double> {
    switch self {
    case .minConfidence: Settings.minConfidence
    case .maxMeanShift: Settings.maxMeanShift
    case .maxPeakOffset: Settings.maxPeakOffset
    case .maxStep: Settings.maxStep
    case .maxShapeDistance: Settings.maxShapeDistance
    case .maxLikelihoodDrop: Settings.maxLikelihoodDrop
    case .maxMovement: Settings.maxMovement
    }
  }
}

extension Belief {
  /// nil: not limited. The least confidence is always there; without a value it stays.
  public subscript(limit: BeliefLimit) -> Double? {
    get {
      switch limit {
      case .minConfidence: minimumConfidence
      case .maxMeanShift: maximumMeanShift
      case .maxPeakOffset: maximumPeakOffset
      case .maxStep: maximumStep
      case .maxShapeDistance: maximumShapeDistance
      case .maxLikelihoodDrop: maximumLikelihoodDrop
      case .maxMovement: maximumMovement
      }
    }
    set {
      switch limit {
      case .minConfidence: minimumConfidence = newValue ?? minimumConfidence
      case .maxMeanShift: maximumMeanShift = newValue
      case .maxPeakOffset: maximumPeakOffset = newValue
      case .maxStep: maximumStep = newValue
      case .maxShapeDistance: maximumShapeDistance = newValue
      case .maxLikelihoodDrop: maximumLikelihoodDrop = newValue
      case .maxMovement: maximumMovement = newValue
      }
    }
  }

  /// With some limits in the place of its own.
  func asked(_ limits: [BeliefLimit: Double]) -> Belief {
    var belief = self
    for (limit, value) in limits { belief[limit] = value }
    return belief
  }
}

extension Settings {
  static let beliefSettings = BeliefLimit.allCases.map { $0.setting.description }

  public static let minConfidence = Setting(
    "min-confidence", .number(0...1), "share", default: 0.5, in: .fitsAndStream,
    "Fits below this confidence are not believed (success 0).")

  public static let maxMeanShift = Setting(
    "max-mean-shift", .positive("model px"), "px", in: .fitsAndStream,
    "Doubt fits with a longer mean shift on average (px of the model's finest scale).")

  public static let maxPeakOffset = Setting(
    "max-peak-offset", .positive("model px"), "px", in: .fitsAndStream,
    "Doubt fits whose landmarks lie further from their response peaks on average (model px).")

  public static let maxStep = Setting(
    "max-step", .positive("model px"), "px", in: .fitsAndStream,
    "Doubt fits whose last iteration moved the landmarks further (model px, root mean square).")

  public static let maxShapeDistance = Setting(
    "max-shape-distance", .positive(), "n", in: .fitsAndStream,
    "Doubt faces further from the mean shape (1: as far as training faces on average).")

  public static let maxLikelihoodDrop = Setting(
    "max-likelihood-drop", .positive(), "n", words: "2", in: .fitsAndStream,
    "Doubt frames whose log density falls this far below the last frames'.")

  public static let maxMovement = Setting(
    "max-movement", .positive("a share of the face's width"), "share", words: "0.5",
    in: .fitsAndStream, "Doubt frames in which landmarks moved by this share of the face's width.")
}

// MARK: - Diagnostics

extension Settings {
  static let diagnostics = [
    frame.description, at.description, windows.description, compare.description,
    image.description, caseNumber.description,
  ]

  public static let frame = Setting(
    "frame", .integer(1...1_000_000_000, isOpen: true), "n", words: "1", in: [.inspect],
    "The frame to inspect, counted from 1.")

  public static let at = Setting(
    "at", .duration(0...864_000_000, isOpen: true), "time", in: [.inspect],
    "The first frame from this time on.")

  public static let windows = Setting(
    "windows", windowSizes, "list", words: "the first fit's", in: [.inspect],
    "Window sizes by scale, coarse to fine: odd, 3 to 63; 0 skips the scale.")

  private static let windowSizes: ValueFormat<[Int]> = {
    let one = ValueFormat<Int>("0 or an odd number from 3 to 63") { text in
      Int(text).flatMap { $0 == 0 || (3...63).contains($0) && $0 % 2 == 1 ? $0 : nil }
    }
    return .list("\(one.expected) for each scale, not 0 for all of them", of: one) { sizes in
      sizes.contains { $0 > 0 } ? sizes : nil
    }
  }()

  public static let compare = Setting(
    "compare", .path("the name of a report"), "file", in: [.inspect],
    "Another report to put beside this one: of inspect --json, or a reference's images.json (its "
      + "box is then the start) or responses.json (response maps alone are compared).")

  public static let image = Setting(
    "image", .path("an image's name"), "name", words: "the input's file name", in: [.inspect],
    "Which image of --compare's images.json.")

  public static let caseNumber = Setting(
    "case", .integer(0...1_000_000_000, isOpen: true), "n",
    words: "every one of the input's file name",
    in: [.inspect], "Which case of --compare's responses.json.")
}
