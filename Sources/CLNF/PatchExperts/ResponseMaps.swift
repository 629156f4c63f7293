import CLNFKernels

/// The response maps of all landmarks at one scale, and the memory to compute them.
///
/// Map i holds w x w responses, row by row, of landmark i; (w - 1) / 2 is where the landmark was.
/// Made once for the largest window; `compute` then allocates nothing but the Sigma matrices of a
/// view and window size that are met for the first time.
struct ResponseMaps: ~Copyable {
  private(set) var windowSize = 0
  private(set) var view = 0
  private(set) var sigmaKind = SigmaMatrices.Kind.edgeFree
  /// n maps of w^2 each, one after the other; zeros where the landmark is not visible.
  let responses: Buffer<Float>
  /// 1 for each landmark of the view that has an expert, else 0.
  let visible: Buffer<Bool>
  let landmarkCount: Int
  let largestWindow: Int
  private let memory: MapMemory
  /// With a second thread; nil where one does all.
  private let shared: SharedMaps?

  /// - Parameters:
  ///   - scales: of the model whose maps are wanted.
  ///   - isShared: whether a second thread computes maps as well. They are the same.
  init(landmarkCount: Int, largestWindow: Int, scales: [PreparedScale], isShared: Bool = false) {
    self.landmarkCount = landmarkCount
    self.largestWindow = largestWindow
    responses = Buffer(repeating: 0, count: landmarkCount * largestWindow * largestWindow)
    visible = Buffer(repeating: false, count: landmarkCount)
    memory = MapMemory(largestWindow: largestWindow, scales: scales)
    shared = isShared ? SharedMaps(MapMemory(largestWindow: largestWindow, scales: scales)) : nil
  }

  /// Where and how to look.
  struct Request {
    var scale: PreparedScale
    var view: Int
    var windowSize: Int
    /// The landmarks that look; the others count as not visible.
    var looking = LookingLandmarks.all
    /// From reference to image axes (B of docs/reference/clnf.md section 4).
    var toImage: Similarity
    /// Responses are raised to this power, > 0.
    var exponent = 1.0
    var kernels: UnsafePointer<clnf_kernels>
  }

  /// The landmarks whose maps are asked for.
  enum LookingLandmarks {
    case all
    case within(Range<Int>)
    /// Landmark 0 and every so many from there on, > 0.
    case every(Int)

    func contains(_ landmark: Int) -> Bool {
      switch self {
      case .all: true
      case .within(let range): range.contains(landmark)
      case .every(let step): landmark % step == 0
      }
    }
  }

  /// Fills the maps around `landmarks` (2n pixels, stacked) of `image` (not empty).
  mutating func compute(
    image: borrowing GreyImage, landmarks: UnsafePointer<Double>, _ request: Request
  ) {
    precondition(request.windowSize <= largestWindow, "the window is larger than the maps' memory")
    windowSize = request.windowSize
    view = request.view
    let kind = withWork(image: image, landmarks: landmarks, request) { work, memory in
      if let shared {
        shared.compute(work, memory)
      } else {
        for landmark in 0..<landmarkCount { work.compute(landmark, memory) }
      }
      return work.sigma?.kind
    }
    sigmaKind = kind ?? .edgeFree
  }

  /// Runs `body` on what `compute` computes; nil where the image is empty.
  func withWork<Result>(
    image: borrowing GreyImage, landmarks: UnsafePointer<Double>, _ request: Request,
    _ body: (MapWork, borrowing MapMemory) -> Result?
  ) -> Result? {
    var sigma: SigmaMatrices?
    if case .fields = request.scale.views[request.view].experts {
      sigma = request.scale.sigma(view: request.view, windowSize: request.windowSize)
    }
    let (width, height) = (Int32(image.width), Int32(image.height))
    return image.withSamples { samples -> Result? in
      guard let pixels = samples.baseAddress else { return nil }
      let work = MapWork(
        pixels: pixels, width: width, height: height, landmarks: landmarks,
        landmarkCount: landmarkCount, request: request, sigma: sigma,
        responses: responses.pointer, visible: visible.pointer)
      return body(work, memory)
    }
  }
}
