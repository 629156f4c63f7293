import CLNFKernels

/// The parts of an iteration and of what comes before it, run by themselves for benchmarks.
package enum FitStage: String, CaseIterable, Sendable {
  /// The face's region of a picture that is finer than the experts; timed together with `responses`.
  case reduction
  /// All landmarks' areas of interest: the warp.
  case sampling
  /// All maps, with their sampling.
  case responses
  /// Neural fields only: responses of neurons, and their way through Sigma.
  case neurons, sigma
  /// Landmarks and their rotated shape from parameters.
  case shape
  case meanShifts = "mean shift"
  /// Filling the normal equations, and solving them; the latter timed together with the former.
  case equations = "normal equations"
  case solution
  /// The figures of a pass: likelihood, peaks.
  case figures
}

extension Fitter {
  /// Times the stages of one full iteration.
  ///
  /// - Parameters:
  ///   - parameters: of a fit of `image`.
  ///   - time: runs its argument as often as it likes and keeps what that took under the stage's name.
  package func measureStages(
    image: borrowing GreyImage, parameters: FaceParameters, scaleIndex: Int, windowSize: Int,
    time: (FitStage, () -> Void) -> Void
  ) {
    region.forget()
    (fitsOneScale, isTracking) = (false, false)
    global = parameters.global
    workspace.setLocal(parameters.local)
    let pass = prepare(image, scaleIndex: scaleIndex, windowSize: windowSize)
    // What closures run on: the image itself cannot be in one.
    let held = Held(image.copy())
    let scale = model.preparedScales[scaleIndex]
    let isReduced = settings.largestPixelDensity.map { global.scale > $0 } ?? false
    if isReduced {
      time(.reduction) { [self] in
        region.forget()
        _ = prepare(held.image, scaleIndex: scaleIndex, windowSize: windowSize)
      }
    }
    time(.responses) { [self] in
      _ = prepare(held.image, scaleIndex: scaleIndex, windowSize: windowSize)
    }
    measureMaps(held, scale, pass, isReduced, time)
    computeMeanShifts(pass)
    let (hessian, delta) = (workspace.hessian.pointer, workspace.delta.pointer)
    let columns = Int32(model.shapeModel.parameterCount)
    func fill() {
      workspace.equations[scaleIndex].fill(
        shape: workspace.shape.pointer, global: global, residual: workspace.meanShiftImage.pointer,
        rigid: false, kernels: kernels, hessian: hessian, gradient: delta)
      for mode in 0..<model.shapeModel.modeCount {
        hessian[(6 + mode) * Int(columns + 1)] +=
          pass.settings.regularisation / model.shapeModel.variances[mode]
      }
    }
    time(.shape) { [self] in
      workspace.localHasChanged()
      workspace.updateShape(model.shapeModel, global, kernels: kernels)
    }
    time(.meanShifts) { [self] in computeMeanShifts(pass) }
    time(.equations) { fill() }
    // The matrix is solved in place: it has to be filled anew each time.
    time(.solution) { [self] in
      fill()
      _ = kernels.pointee.solve(hessian, columns, delta, workspace.solveScratch.pointer)
    }
    time(.figures) { [self] in finish(pass) }
  }

  private func measureMaps(
    _ held: Held, _ scale: PreparedScale, _ pass: ScalePass, _ isReduced: Bool,
    _ time: (FitStage, () -> Void) -> Void
  ) {
    var request = ResponseMaps.Request(
      scale: scale, view: maps.view, windowSize: pass.meanShift.windowSize,
      toImage: pass.toImage, exponent: settings.responseExponent, kernels: kernels)
    if isReduced {
      request.toImage.a /= region.factor
      request.toImage.b /= region.factor
    }
    let landmarks = isReduced ? workspace.regionLandmarks.pointer : workspace.landmarks.pointer
    func run(_ stage: FitStage, on image: borrowing GreyImage) {
      maps.withWork(image: image, landmarks: landmarks, request) { work, memory -> Void? in
        let experts = scale.views[maps.view]
        let visible = (0..<model.landmarkCount).filter { experts.visible[$0] }
        time(stage) {
          for landmark in visible {
            switch stage {
            case .sampling: work.sample(landmark, memory)
            case .neurons:
              if case .fields(let fields) = experts.experts {
                work.sumNeurons(landmark, fields, memory)
              }
            default:
              guard let sigma = work.sigma else { continue }
              let area = request.windowSize * request.windowSize
              work.spread(landmark, sigma, memory, into: work.responses + landmark * area)
            }
          }
        }
      }
    }
    var stages = [FitStage.sampling]
    if case .fields = scale.views[maps.view].experts { stages += [.neurons, .sigma] }
    for stage in stages {
      if isReduced { run(stage, on: region.image) } else { run(stage, on: held.image) }
    }
  }
}

/// An image for closures.
private final class Held {
  let image: GreyImage
  init(_ image: consuming GreyImage) { self.image = image }
}
