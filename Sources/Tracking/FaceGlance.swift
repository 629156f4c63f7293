import CLNF
import FaceFinding

/// One look at the whole face of a frame: what its fit is held to, and what the verdict compares it with.
///
/// Keeps its memory: nothing is allocated after the first look. One thread at a time.
package final class FaceGlance {
  package let regressor: LandmarkRegressor
  private var seen = LandmarkEstimate()
  private var held = LandmarkEstimate()
  private var place: [Double] = []
  /// Whether the last look saw a face.
  private var isSeen = false

  package init(regressor: LandmarkRegressor = LandmarkRegressor()) {
    self.regressor = regressor
  }

  /// Looks where landmarks (2n px, stacked) are, or are expected: moved by a shift in pixels. Afresh where that
  /// is to tell whether they lie on a face at all. Cost: `LandmarkRegressor.look`.
  package func look(
    at landmarks: [Double], movedBy shift: (x: Double, y: Double)? = nil, afresh: Bool = false,
    in image: borrowing GreyImage
  ) {
    place.replaceElements(with: landmarks)
    if let shift {
      let n = place.count / 2
      for i in 0..<n {
        place[i] += shift.x
        place[n + i] += shift.y
      }
    }
    isSeen = regressor.look(at: place, in: image, afresh: afresh, into: &seen)
    if isSeen { LandmarkRegressor.makeAnchor(of: seen, into: &held) }
  }

  /// There is no look at this frame.
  package func forget() { isSeen = false }

  /// What a fit of this frame is held to; nil where the look saw no face.
  package var anchor: LandmarkEstimate? { isSeen ? held : nil }

  /// Tells a fit's report how the fit, with its landmarks (2n px, stacked), lies to what was seen.
  package func compare(_ report: inout FitReport, _ landmarks: [Double]) {
    report.compare(landmarks, with: isSeen ? seen : nil)
  }
}
