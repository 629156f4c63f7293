import CLNFKernels

extension Fitter {
  /// What both passes of a scale share.
  struct ScalePass {
    var scaleIndex: Int
    var settings: ScaleSettings
    var toReference: Similarity
    var toImage: Similarity
    var meanShift: MeanShift
  }

  /// Computes the response maps around the current landmarks, which become the base of offsets.
  /// - Parameters:
  ///   - looking: the landmarks that look; the others weigh nothing.
  ///   - regularisation: nil: that of the scale.
  func prepare(
    _ image: borrowing GreyImage, scaleIndex: Int, windowSize: Int,
    looking: ResponseMaps.LookingLandmarks = .all, regularisation: Double? = nil
  ) -> ScalePass {
    let scale = model.preparedScales[scaleIndex]
    let pdm = model.shapeModel
    workspace.updateShape(pdm, global, kernels: kernels)
    workspace.rememberBase()
    let reference = GlobalParameters(scale: scale.patchScaling, tx: 0, ty: 0)
    pdm.project(
      shape: workspace.shape.pointer, global: reference, into: workspace.reference.pointer)
    let toReference = Similarity(
      from: workspace.landmarks.pointer, to: workspace.reference.pointer, count: pdm.landmarkCount)
    let view = scale.viewCenters.nearestView(to: seenRotation)
    let request = ResponseMaps.Request(
      scale: scale, view: view, windowSize: windowSize,
      looking: looking, toImage: toReference.inverse,
      exponent: settings.responseExponent, kernels: kernels)
    if let density = settings.largestPixelDensity, global.scale > density {
      look(image, request, factor: global.scale / density)
    } else {
      maps.compute(image: image, landmarks: workspace.landmarks.pointer, request)
    }
    var scaleSettings = ScaleSettings(
      settings, scaleIndex: scaleIndex, patchScaling: scale.patchScaling)
    if let regularisation { scaleSettings.regularisation = regularisation }
    let (seen, factor) = (scale.views[view], scaleSettings.weightFactor)
    let memory = workspace
    let held = memory.isAnchored ? scaleSettings.regularisation : 0
    // What is seen no finer is not weighed as if it were.
    let finer = settings.weighsAsSeen ? settings.largestPixelDensity.map { global.scale / $0 } : nil
    let seenShare = finer.map { $0 > 1 ? 1 / ($0 * $0) : 1 } ?? 1
    let parts = partWeights()
    memory.equations[scaleIndex].setWeights { landmark in
      let plain =
        seen.visible[landmark] && looking.contains(landmark)
        ? (factor > 0 ? factor * seen.confidences[landmark] : 1) : 0
      let own = seenShare * plain * parts.of(landmark)
      memory.expertWeights.pointer[landmark] = own
      return own + held * memory.anchorWeights.pointer[landmark]
    }
    return ScalePass(
      scaleIndex: scaleIndex, settings: scaleSettings, toReference: toReference,
      toImage: toReference.inverse,
      meanShift: MeanShift(
        windowSize: windowSize, kernelWidth: scaleSettings.kernelWidth,
        kernel: settings.densityKernel, kernels: kernels))
  }

  /// The pose whose view's experts look: beyond `farYaw` a fit that follows a frame lags behind a head that
  /// turns away, and is held there by experts of the view before, whose landmarks have come to be hidden.
  private var seenRotation: EulerAngles {
    var rotation = global.rotation
    if isTracking, abs(rotation.y) > Self.farYaw { rotation.y *= settings.farYawFactor }
    return rotation
  }

  private static let farYaw = 40 * Double.pi / 180

  /// How much more a part weighs in this pose: as the settings say straight on, no more from
  /// `straightYaw` on, where one eye is seen from its side and its lids are hardly told apart, and half of
  /// the jaw is another outline.
  private func straightOn(_ weight: Double) -> Double {
    guard weight != 1, model.landmarkCount == 68 else { return 1 }
    return 1 + (weight - 1) * max(0, 1 - abs(global.rotation.y) / Self.straightYaw)
  }

  private static let straightYaw = 30 * Double.pi / 180

  private func partWeights() -> PartWeights {
    PartWeights(
      lids: straightOn(settings.lidWeight), jaw: straightOn(settings.jawWeight),
      nose: straightOn(settings.noseWeight))
  }

  /// How much more the parts of the 68-point markup weigh; lids are their edges between the corners.
  private struct PartWeights {
    var lids, jaw, nose: Double

    func of(_ landmark: Int) -> Double {
      switch landmark {
      case 0...16: jaw
      case 27...35: nose
      case 37, 38, 40, 41, 43, 44, 46, 47: lids
      default: 1
      }
    }
  }

  /// Response maps from the reduced region around the face.
  private func look(
    _ image: borrowing GreyImage, _ request: ResponseMaps.Request, factor: Double
  ) {
    let n = model.landmarkCount
    let landmarks = workspace.landmarks.pointer
    let side = Double(request.windowSize + request.scale.kernelSize)
    let reach = side / 2 * (abs(request.toImage.a) + abs(request.toImage.b))
    var bounds = FaceRegion.Bounds(
      minX: .infinity, maxX: -.infinity, minY: .infinity, maxY: -.infinity)
    for i in 0..<n {
      bounds.minX = min(bounds.minX, landmarks[i] - reach)
      bounds.maxX = max(bounds.maxX, landmarks[i] + reach)
      bounds.minY = min(bounds.minY, landmarks[n + i] - reach)
      bounds.maxY = max(bounds.maxY, landmarks[n + i] + reach)
    }
    region.update(image, bounds: bounds, factor: factor, isForOneScale: fitsOneScale)
    let places = workspace.regionLandmarks.pointer
    for i in 0..<n {
      let place = region.place(x: landmarks[i], y: landmarks[n + i])
      places[i] = place.x
      places[n + i] = place.y
    }
    var request = request
    request.toImage.a /= region.factor
    request.toImage.b /= region.factor
    maps.compute(image: region.image, landmarks: places, request)
  }
}
