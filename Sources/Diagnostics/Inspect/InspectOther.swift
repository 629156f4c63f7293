import CLNF
import FoundationEssentials
import SystemNames

/// What `inspect --compare` reads.
public enum InspectOther: Sendable {
  /// Of `inspect --json`.
  case report(InspectReport)
  /// A reference's fits.
  case images(ReferenceImages)
  /// A reference's response maps.
  case responses(ReferenceResponses)

  /// Reads a file of any of these kinds.
  ///
  /// - Throws: `DiagnosticsError`.
  public init(path: String) throws {
    guard let data = SystemName.contents(ofFile: path).map({ Data($0) }) else {
      throw DiagnosticsError(description: "cannot read \(path): expected a report to compare with")
    }
    let decoder = JSONDecoder()
    let keys = (try? decoder.decode(RootKeys.self, from: data))?.keys ?? []
    do {
      if keys.contains("scales") {
        self = .report(try decoder.decode(InspectReport.self, from: data))
        return
      }
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      if keys.contains("images") {
        self = .images(try decoder.decode(ReferenceImages.self, from: data))
      } else if keys.contains("cases") {
        self = .responses(try decoder.decode(ReferenceResponses.self, from: data))
      } else {
        throw DiagnosticsError(
          description: "\(path): expected JSON with scales (inspect --json), images or cases")
      }
    } catch let error as DecodingError {
      throw DiagnosticsError(description: "\(path): \(Self.words(error))")
    }
  }

  /// The names at a JSON object's root.
  private struct RootKeys: Decodable {
    struct Name: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }

      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    let keys: Set<String>

    init(from decoder: any Decoder) throws {
      keys = Set(try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue))
    }
  }

  /// Where the file does not hold what it should, in a line.
  private static func words(_ error: DecodingError) -> String {
    let (context, problem): (DecodingError.Context, String) =
      switch error {
      case .keyNotFound(let key, let context): (context, "\(key.stringValue) is missing")
      case .typeMismatch(let type, let context): (context, "expected \(type)")
      case .valueNotFound(let type, let context): (context, "expected \(type), found null")
      case .dataCorrupted(let context): (context, "damaged")
      @unknown default: (.init(codingPath: [], debugDescription: ""), "damaged")
      }
    let place = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }
    return "at \(place.joined().drop { $0 == "." }): \(problem)"
  }
}

/// A reference's fits of images, scale by scale (images.json).
public struct ReferenceImages: Decodable, Sendable {
  struct Image: Decodable {
    let image: String
    let bboxXywh: [Double]
    let paramsGlobalInitial: [Double]
    let success: Bool
    let modelLikelihood: Double
    /// -1 (good) to 1 (bad).
    let detectionCertainty: Double
    let paramsGlobal: [Double]
    let paramsLocal: [Double]
    /// x of all, then y of all.
    let landmarks2d: [Double]
    let scales: [Scale]
  }

  struct Scale: Decodable {
    let patchScaling: Double
    let window: Int
    let view: Int
    let responseMin: Double
    let responseMax: Double
    let responseMean: Double
    let peakToConvergedRefpx: [Double]
    let iterations: [Iteration]
    let modelLikelihood: Double
    let paramsGlobalAfter: [Double]
    let paramsLocalAfter: [Double]
  }

  struct Iteration: Decodable {
    let rigid: Bool
    let meanAbsMeanshiftImgPx: Double
  }

  let images: [Image]

  /// The image of that name; the error lists what there is.
  func find(_ name: String, in path: String) throws -> Image {
    guard let image = images.first(where: { $0.image == name }) else {
      throw DiagnosticsError(
        description: "\(path) has no image \(name); --image takes one of "
          + images.map(\.image).joined(separator: ", "))
    }
    guard image.box != nil else {
      throw DiagnosticsError(description: "\(path): \(name) has no usable bbox_xywh")
    }
    return image
  }
}

extension ReferenceImages.Image {
  var box: FaceBox? {
    let b = bboxXywh
    guard b.count == 4, b[2] > 0, b[3] > 0 else { return nil }
    return FaceBox(x: b[0], y: b[1], width: b[2], height: b[3])
  }

  var stages: [InspectStage] {
    let n = landmarks2d.count / 2
    let points = (0..<n).map { [landmarks2d[$0], landmarks2d[n + $0]] }
    return [
      InspectStage(
        name: "start",
        figures: [.list("box", bboxXywh, each: "side", InspectTolerance.box, unit: "px")]
          + InspectFigure.pose(paramsGlobalInitial))
    ] + scales.map(\.stage) + [
      InspectStage(
        name: "result",
        figures: InspectFigure.pose(paramsGlobal) + [.modes(paramsLocal), .landmarks(points)]
          + InspectFigure.verdict(
            likelihood: modelLikelihood,
            confidence: max(0, min(1, (1 - detectionCertainty) / 2)), success: success))
    ]
  }
}

extension ReferenceImages.Scale {
  fileprivate var stage: InspectStage {
    let rigid = iterations.count { $0.rigid }
    let peaks = peakToConvergedRefpx
    return InspectStage(
      name: "scale \(patchScaling)",
      figures: [
        InspectFigure(name: "window", value: .text("\(window)")),
        InspectFigure(name: "view", value: .text("\(view)")),
      ] + InspectFigure.responses(min: responseMin, max: responseMax, mean: responseMean)
        + [
          .number(
            "mean peak distance", peaks.reduce(0, +) / Double(peaks.count),
            InspectTolerance.peak, unit: "px"),
          InspectFigure(
            name: "iterations", value: .text("\(rigid) rigid, \(iterations.count - rigid) full")),
          .list(
            "mean shift in image", iterations.map(\.meanAbsMeanshiftImgPx), each: "iteration",
            InspectTolerance.landmark, unit: "px"),
          .number("likelihood", modelLikelihood, InspectTolerance.likelihood),
        ] + InspectFigure.pose(paramsGlobalAfter) + [.modes(paramsLocalAfter)])
  }
}
