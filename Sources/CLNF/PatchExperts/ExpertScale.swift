/// One landmark's expert: what says how likely the landmark is at each place around it.
public enum Expert: Sendable, Equatable {
  /// A CCNF patch expert.
  case field(PatchExpert)
  /// A small net.
  case net(NetExpert)
  /// The mirror image of a net of this scale: that of the landmark's mirror partner
  /// (`FaceModel.mirrorPartners`) in view `view`, with patch and response map flipped left to right.
  case mirrored(view: Int)

  /// The patch expert where it is one.
  public var field: PatchExpert? {
    if case .field(let expert) = self { expert } else { nil }
  }

  /// The net where it is one of its own, not a mirrored one.
  public var net: NetExpert? {
    if case .net(let expert) = self { expert } else { nil }
  }

  public var isMirrored: Bool {
    if case .mirrored = self { true } else { false }
  }
}

/// The experts of one scale for heads that look one way.
public struct ExpertView: Sendable, Equatable {
  /// The rotation in the middle of the view, radians.
  public var center: EulerAngles
  /// One a landmark; nil where the landmark cannot be seen from here.
  public var experts: [Expert?]

  public init(center: EulerAngles, experts: [Expert?]) {
    self.center = center
    self.experts = experts
  }
}

/// All experts of one scale, as they stand in a file.
///
/// Either all are CCNF patch experts, or all are nets, some perhaps mirrored.
public struct ExpertScale: Sendable, Equatable {
  /// px per mm of the reference frame in which the experts see the face.
  public var patchScaling: Double
  public var views: [ExpertView]
  /// None where the experts are nets.
  public var components: [SigmaComponents]

  public init(patchScaling: Double, views: [ExpertView], components: [SigmaComponents]) {
    self.patchScaling = patchScaling
    self.views = views
    self.components = components
  }

  /// The sigma components for windows of `size`, where there are any.
  public func components(windowSize size: Int) -> SigmaComponents? {
    components.first { $0.windowSize == size && !$0.matrices.isEmpty }
  }

  /// Window sizes at which the experts have edges; at every other size the edge-free Sigma is used.
  public var windowSizesWithEdges: [Int] {
    let hasBetas = views.contains { view in
      view.experts.contains { !($0?.field?.betas.isEmpty ?? true) }
    }
    return hasBetas ? components.filter { !$0.matrices.isEmpty }.map(\.windowSize).sorted() : []
  }

  /// Whether the experts are nets. Only meaningful after `validate`.
  public var hasNets: Bool {
    views.contains { view in view.experts.contains { $0?.net != nil } }
  }

  /// The experts' input width and height, px. Only meaningful after `validate`.
  public var kernelSize: Int {
    for view in views {
      for expert in view.experts {
        switch expert {
        case .field(let expert)?: return Self.side(expert.neurons[0].weights.count)
        case .net(let net)?: return Self.side(net.inputs)
        case .mirrored?, nil: continue
        }
      }
    }
    return 0
  }

  /// The side of a square of `count` pixels, rounded.
  static func side(_ count: Int) -> Int { Int(Double(count).squareRoot().rounded()) }

  /// The net behind an expert, its own or the one it mirrors.
  /// - Parameter mirrorPartners: of the model.
  public func net(view: Int, landmark: Int, mirrorPartners: [Int]) -> NetExpert? {
    switch views[view].experts[landmark] {
    case .net(let net)?: net
    case .mirrored(let source)?: views[source].experts[mirrorPartners[landmark]]?.net
    case .field?, nil: nil
    }
  }
}
