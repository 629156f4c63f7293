import CLNF
import Measurement
import Tracking

extension Settings {
  static let face = [
    minFace.description, enlarge.description, minScore.description, faces.description,
    faceAt.description, samePerson.description,
    fastMotion.description,
    boxes.description, box.description, faceNumber.description, starts.description,
  ]

  public static let minFace = Setting(
    "min-face", .number(0...100_000, "pixels"), "px", default: 0, in: .searchesAndStream,
    "Only faces at least so wide; makes the search faster.")

  public static let enlarge = Setting(
    "enlarge", .number(0.1...8, "a factor"), "factor", words: "1", in: .searchesAndStream,
    "Search the picture enlarged by this factor: faces below about 20 px need more than 1; 2 takes "
      + "four times as long.")

  public static let minScore = Setting(
    "min-score", .number(0...1), "score", words: "the finder's own", in: [.detect],
    "Only faces with this score at least: less shows more faces, and more that are none.")

  public static let faces = Setting(
    "faces", faceCount, "n", default: 1, in: .trackAndStream,
    "Follow so many faces at most, each with a row of its own in every frame.")

  private static let faceCount = ValueFormat<Int>(
    "a number of faces from 1 to \(FaceCrowd.mostFaces), or all",
    range: "1 to \(FaceCrowd.mostFaces), or all",
    text: { $0 == FaceCrowd.mostFaces ? "all" : "\($0)" },
    { text in
      if text == "all" { return FaceCrowd.mostFaces }
      guard let count = Int(text), "\(count)" == text else { return nil }
      return (1...FaceCrowd.mostFaces).contains(count) ? count : nil
    })

  public static let samePerson = Setting(
    flag: "same-person", in: .trackAndStream,
    "Follow the first person only, nobody who comes later.")

  /// What does not go together when more than one face is followed.
  /// - Throws: naming the setting that is in the way.
  public static func checkFaces(
    _ configuration: TrackingConfiguration
  ) throws(SettingConflict) {
    let isReference = configuration.fitSettings == .reference
    let one = "\(faces.key) 1"
    if configuration.keepsPerson, isReference {
      throw SettingConflict(
        key: samePerson.key, problem: "does not go with \(fitSettings.key) reference",
        expected: "\(fitSettings.key) landmarkd")
    }
    guard configuration.faceLimit > 1 else { return }
    if isReference {
      throw SettingConflict(
        key: faces.key, problem: "does not go with \(fitSettings.key) reference",
        expected: "\(fitSettings.key) landmarkd, or \(one)")
    }
    if configuration.preferredPoint != nil {
      throw SettingConflict(
        key: faceAt.key, problem: "follows one face, \(faces.key) several", expected: one)
    }
    if configuration.keepsPerson {
      throw SettingConflict(
        key: samePerson.key, problem: "follows one face, \(faces.key) several", expected: one)
    }
  }

  public static let faceAt = Setting(
    "face-at", point, "x,y", words: "the most confident face", in: .trackAndStream,
    "Follow the face nearest to this point (pixels).")

  private static let point = ValueFormat<TrackingSettings.Point>.list(
    "a point in pixels, x,y", of: .number(-100_000...100_000, "pixels")
  ) { $0.count == 2 ? TrackingSettings.Point(x: $0[0], y: $0[1]) : nil }

  public static let fastMotion = Setting(
    flag: "fast-motion", in: .trackAndStream,
    "Look for the face's picture before each fit: for faces that move fast.")

  public static let boxes = Setting(
    "boxes", .path("the name of a CSV"), "file", words: "faces are searched",
    in: [.fit, .evaluate],
    "Face boxes, CSV with image,x,y,width,height (0-based pixels; further columns ignored).")

  public static let box = Setting(
    "box", rectangle, "x,y,width,height", words: "the detector's most confident face",
    in: [.inspect], "Where the face is (0-based pixels).")

  public static let faceNumber = Setting(
    "face", .integer(0...1_000_000_000, isOpen: true), "id", in: [.inspect],
    "Whose face: the face_id that track --faces all gives it.")

  private static let rectangle = ValueFormat<FaceBox>.list(
    "x,y,width,height in pixels, width and height above 0", of: .finite()
  ) { n in
    n.count == 4 && n[2] > 0 && n[3] > 0
      ? FaceBox(x: n[0], y: n[1], width: n[2], height: n[3]) : nil
  }

  public static let starts = Setting(
    "starts", .choice(["1": Fitter.Starts.one, "5": .five]), "n", default: .one,
    in: [.fit, .evaluate], "Head rotations to start from: 5 are also turned by 30 degrees; slower.")
}

// MARK: - The camera

extension Settings {
  public static let fx = Setting(
    "fx", .positive("a focal length in pixels"), "px", words: "500 for 640 x 480, scaled",
    in: [.track, .fit, .stream], "Focal length along x.")

  public static let fy = Setting(
    "fy", .positive("a focal length in pixels"), "px", words: "fx", in: [.track, .fit, .stream],
    "Focal length along y.")

  public static let cx = Setting(
    "cx", .finite("a column in pixels"), "px", words: "the picture's centre",
    in: [.track, .fit, .stream], "Principal point, x.")

  public static let cy = Setting(
    "cy", .finite("a row in pixels"), "px", words: "the picture's centre",
    in: [.track, .fit, .stream], "Principal point, y.")

  public static let pose = Setting(
    "pose", .choice(["world": PoseAxes.world, "camera": .camera]), "axes", default: .world,
    in: [.track, .fit, .stream],
    "Head rotation against the camera's axes (world) or its line of sight (camera).")
}

// MARK: - Smoothing

extension Settings {
  public static let smooth = Setting(
    flag: "smooth", in: .trackAndStream,
    "Smooth landmarks and pose over time (One Euro filter). The fit's parameters stay raw.")

  public static let smoothMinCutoff = Setting(
    "smooth-min-cutoff", .number(0.001...1000, "Hz"), "Hz",
    default: OneEuroSettings.standard.minimumCutoffHertz, in: .trackAndStream,
    "Cutoff at rest: lower it until a still face does not jitter.")

  public static let smoothBeta = Setting(
    "smooth-beta", .number(0...1000, "Hz for a px/s"), "Hz",
    default: OneEuroSettings.standard.speedCoefficient, in: .trackAndStream,
    "Hz that the cutoff rises for each px/s: raise it until motion does not lag.")

  /// The filter that the three settings come to; nil: none.
  /// - Throws: where what belongs to smoothing is given without it.
  public static func smoothing(
    _ isOn: Bool, minCutoff: Double?, beta: Double?
  ) throws(SettingConflict) -> OneEuroSettings? {
    guard isOn else {
      guard minCutoff == nil, beta == nil else {
        throw SettingConflict(
          key: minCutoff == nil ? smoothBeta.key : smoothMinCutoff.key,
          problem: "is given without \(smooth.key)", expected: "\(smooth.key) beside it")
      }
      return nil
    }
    // Read within their ranges.
    return try? OneEuroSettings(
      minimumCutoffHertz: minCutoff ?? OneEuroSettings.standard.minimumCutoffHertz,
      speedCoefficient: beta ?? OneEuroSettings.standard.speedCoefficient)
  }
}

/// A setting that does not go with another.
public struct SettingConflict: Error, Sendable, Equatable {
  public let key: String
  public let problem: String
  public let expected: String
}
