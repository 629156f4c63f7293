import CLNF
import Measurement
import SystemSupport
import Tracking

/// The colour of a landmark by how far its patch expert wants it elsewhere.
public enum ResidualColour {
  /// Reference pixels from which on a landmark is fully red; at half of it it is yellow, at 0
  /// green. A well fitted face has a mean of 1 to 2 at the last scale.
  public static let fullScalePixels = 4.0
  /// A landmark without a residual: hidden in this view.
  public static let unknown = Colour(150, 150, 150)

  /// The colour of a landmark by how likely it is seen and right: green 1, yellow a half, red 0; grey
  /// where that is not a number.
  static func colour(confidence: Double) -> Colour { colour((1 - confidence) * fullScalePixels) }

  /// Linear from green over yellow to red; grey where `residual` is not a number.
  public static func colour(_ residual: Double) -> Colour {
    guard !residual.isNaN else { return unknown }
    let share = max(0, min(1, residual / fullScalePixels))
    return share < 0.5
      ? Colour(UInt8((510 * share).rounded()), 220, 40)
      : Colour(255, UInt8((440 * (1 - share)).rounded()), 40)
  }
}

/// How a frame's verdict looks: what is not believed is never in the colours of what is.
public enum VerdictColour {
  public static let believed = Colour(60, 200, 255)
  public static let doubtful = Colour(255, 60, 220)
  public static let lost = Colour(255, 90, 60)
  public static let searching = Colour(200, 200, 200)

  static func colour(_ frame: TrackedFrame) -> Colour {
    switch frame.state {
    case .tracking: believed
    case .doubtful: doubtful
    case .lost: lost
    case .searching: searching
    }
  }
}

/// The colour of a person: six that are told apart, again and again.
public enum IdentityColour {
  private static let colours = [
    Colour(60, 200, 255), Colour(255, 190, 60), Colour(120, 230, 90), Colour(190, 140, 255),
    Colour(255, 240, 110), Colour(90, 240, 210),
  ]

  /// - Parameter id: a face_id.
  public static func colour(of id: Int) -> Colour { colours[abs(id % colours.count)] }
}

extension OverlayPicture {
  /// What the landmarks' colours say.
  enum DotMeaning { case residuals, confidences }

  /// A face of a frame as it is drawn.
  public struct TrackedFace {
    var frame: TrackedFrame
    var measurement: FaceMeasurement
    var residuals: [Double]?

    /// - Parameters:
    ///   - measurement: of the same frame, with the pose in the camera's axes.
    ///   - residuals: a landmark's distance to its response's peak, reference px, NaN where it is
    ///     hidden: the dots' colours (`ResidualColour`). nil draws them plain; so does a list that
    ///     has not a value a landmark. Where the frame's landmarks are judged one by one, the dots'
    ///     colours are their confidences instead.
    public init(
      _ frame: TrackedFrame, _ measurement: FaceMeasurement, residuals: [Double]? = nil
    ) {
      self.frame = frame
      self.measurement = measurement
      self.residuals = residuals
    }
  }

  /// Draws all that is known of a frame: contours, landmarks and pose axes of its faces, and in words its
  /// number, time, state and confidence. A frame without a face that is believed is framed, and in other
  /// colours.
  ///
  /// - Parameters:
  ///   - faces: at least one; of a frame without a face one without a fit.
  ///   - namesFaces: whether each face has its number beside it and a colour of its own.
  public mutating func drawTrack(
    _ faces: [TrackedFace], camera: CameraIntrinsics, namesFaces: Bool = false
  ) {
    // What stands above is about the frame: its best face.
    guard let best = faces.first(where: \.frame.success) ?? faces.first else { return }
    for face in faces {
      draw(
        face, camera: camera,
        colour: namesFaces && face.frame.success
          ? IdentityColour.colour(of: face.frame.faceID) : VerdictColour.colour(face.frame))
    }
    let frame = best.frame
    let colour = VerdictColour.colour(frame)
    if frame.state == .doubtful || frame.state == .lost { drawFrame(colour) }
    let believed = faces.count { $0.frame.success }
    drawCaption(Self.caption(frame, faces: namesFaces ? believed : nil), colour)
    let dots: DotMeaning? =
      frame.hasFit && !frame.landmarkConfidences.isEmpty
      ? .confidences : best.residuals != nil ? .residuals : nil
    drawLegend(of: dots)
    if namesFaces { for face in faces where face.frame.hasFit { drawNumber(of: face.frame) } }
  }

  private mutating func draw(_ face: TrackedFace, camera: CameraIntrinsics, colour: Colour) {
    let (frame, measurement, residuals) = (face.frame, face.measurement, face.residuals)
    if frame.hasFit {
      let n = frame.landmarks.count / 2
      let xs = frame.landmarks[..<n]
      var style = OverlayStyle(faceWidth: (xs.max() ?? 0) - (xs.min() ?? 0))
      style.contour = colour
      if !frame.success { style.dot = colour }
      drawLandmarks(frame.landmarks, style: style)
      func dots(_ colour: (Int) -> Colour) {
        for i in 0..<n {
          drawDot(
            x: frame.landmarks[i], y: frame.landmarks[n + i], radius: 1.2 * style.dotRadius,
            colour(i))
        }
      }
      if frame.landmarkConfidences.count == n, n > 0 {
        dots { ResidualColour.colour(confidence: frame.landmarkConfidences[$0]) }
      } else if let residuals, residuals.count == n {
        dots { ResidualColour.colour(residuals[$0]) }
      }
      if frame.success { drawAxes(of: measurement, camera: camera, style: style) }
    }
  }

  /// A face's number above it.
  private mutating func drawNumber(of frame: TrackedFrame) {
    let n = frame.landmarks.count / 2
    guard n > 0, frame.landmarks.allSatisfy(\.isFinite) else { return }
    let (xs, ys) = (frame.landmarks[..<n], frame.landmarks[n...])
    let scale = max(1, (height + 120) / 240)
    let text = "\(frame.faceID)"
    let size = Self.textSize(text, scale: scale)
    // Within the picture, whatever the fit says.
    let middle = max(-1e6, min(1e6, ((xs.min() ?? 0) + (xs.max() ?? 0)) / 2))
    let top = max(-1e6, min(1e6, ys.min() ?? 0))
    let x = max(scale, min(width - size.width - scale, Int(middle) - size.width / 2))
    let y = max(
      scale,
      min(height - size.height - scale, Int(top) - BitmapFont.glyphHeight * scale - 3 * scale))
    fillRectangle(
      x: x - 2 * scale, y: y - scale, width: size.width + 4 * scale,
      height: BitmapFont.glyphHeight * scale + 2 * scale, Colour(0, 0, 0), opacity: 0.6)
    drawText(
      text, x: x, y: y, scale: scale,
      frame.success ? IdentityColour.colour(of: frame.faceID) : VerdictColour.colour(frame))
  }

  /// What the colours say.
  static func legend(of dots: DotMeaning?) -> [(text: String, colour: Colour)] {
    let states: [(String, Colour)] = [
      ("tracking ", VerdictColour.believed), ("doubtful ", VerdictColour.doubtful),
      ("lost ", VerdictColour.lost),
    ]
    switch dots {
    case nil: return states
    case .confidences:
      return states + [
        (" points seen and right ", ResidualColour.colour(confidence: 1)),
        ("hidden or wrong", ResidualColour.colour(confidence: 0)),
      ]
    case .residuals: break
    }
    return states + [
      (" points that fit ", ResidualColour.colour(0)),
      ("do not ", ResidualColour.colour(ResidualColour.fullScalePixels)),
      ("are hidden", ResidualColour.unknown),
    ]
  }

  /// The legend, small, in the bottom left corner; left out where the picture is too small for it.
  private mutating func drawLegend(of dots: DotMeaning?) {
    let words = Self.legend(of: dots)
    let scale = max(1, (height + 300) / 600)
    let margin = 2 * scale
    let widths = words.map { Self.textSize($0.text, scale: scale).width }
    let (whole, line) = (widths.reduce(0, +) + 2 * margin, BitmapFont.glyphHeight * scale)
    guard whole <= width, 8 * line <= height else { return }
    // Above the frame of what is not believed.
    let top = height - line - 2 * margin - max(2, height / 120)
    fillRectangle(
      x: 0, y: top, width: whole, height: line + 2 * margin, Colour(0, 0, 0), opacity: 0.6)
    var x = margin
    for (word, wordWidth) in zip(words, widths) {
      drawText(word.text, x: x, y: top + margin, scale: scale, word.colour)
      x += wordWidth
    }
  }

  /// Two lines: "#12 0.367 s", and "tracking 0.97", or how many faces are believed.
  static func caption(_ frame: TrackedFrame, faces: Int? = nil) -> [String] {
    let time = String(printf: "%.3f", frame.timestampSeconds)
    let confidence =
      frame.hasFit && frame.confidence.isFinite
      ? String(printf: " %.2f", frame.confidence) : ""
    let state =
      faces.map { $0 == 0 ? frame.state.rawValue : "\($0) face\($0 == 1 ? "" : "s")" }
      ?? frame.state.rawValue + confidence
    return ["#\(frame.frameNumber) \(time) s", state]
  }

  /// Lines of text in the top left corner on a darkened ground.
  private mutating func drawCaption(_ lines: [String], _ colour: Colour) {
    // Legible at 480 rows, and in proportion above.
    let scale = max(1, (height + 120) / 240)
    let sizes = lines.map { Self.textSize($0, scale: scale) }
    let widest = sizes.map(\.width).max() ?? 0
    let lineHeight = BitmapFont.glyphHeight * scale
    let margin = 3 * scale
    fillRectangle(
      x: 0, y: 0, width: widest + 2 * margin,
      height: lines.count * lineHeight + 2 * margin - 2 * scale,
      Colour(0, 0, 0), opacity: 0.6)
    for (index, line) in lines.enumerated() {
      drawText(
        line, x: margin, y: margin + index * lineHeight, scale: scale, colour)
    }
  }

  /// A frame around the picture.
  private mutating func drawFrame(_ colour: Colour) {
    let line = max(2, height / 120)
    fillRectangle(x: 0, y: 0, width: width, height: line, colour)
    fillRectangle(x: 0, y: height - line, width: width, height: line, colour)
    fillRectangle(x: 0, y: line, width: line, height: height - 2 * line, colour)
    fillRectangle(x: width - line, y: line, width: line, height: height - 2 * line, colour)
  }
}
