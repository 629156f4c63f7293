// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableExperimentalFeature("Lifetimes"),
]
let optimisedC: [CSetting] = [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]
let optimisedCXX: [CXXSetting] = [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]

let package = Package(
  name: "landmarkd",
  products: [
    .executable(name: "landmarkd", targets: ["landmarkd"])
  ],
  // Exact, so that a build means the same on every day; what these bring with them as well.
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/apple/swift-async-algorithms.git", exact: "1.1.4"),
    .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
  ],
  targets: [
    // C and C++ below the Swift modules.
    .systemLibrary(
      name: "CFFmpeg",
      pkgConfig: "libavformat libavcodec libavutil libswscale libavdevice",
      providers: [
        .apt([
          "libavformat-dev", "libavcodec-dev", "libavutil-dev", "libswscale-dev",
          "libavdevice-dev",
        ])
      ]),
    // HTTP of video sources.
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    // The service's configuration.
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    // BLAS and LAPACK: only training uses them.
    .systemLibrary(
      name: "CLAPACK",
      pkgConfig: "openblas lapacke",
      providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
    .target(name: "CFFmpegShims", dependencies: ["CFFmpeg"]),
    // The program's arguments where the system shows them.
    .target(
      name: "CProcessArguments", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    // What V4L2 devices say about themselves.
    .target(
      name: "CVideoDevice", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "CFaceDetector",
      cxxSettings: optimisedCXX,
      linkerSettings: [.linkedLibrary("dlib")]),
    .target(name: "CLNFKernels", cSettings: optimisedC),
    // #embed is of C23.
    .target(
      name: "CDefaultModel", exclude: ["default.landmarkd"],
      cSettings: [.unsafeFlags(["-std=gnu23", "-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "CFinderWeights",
      exclude: [
        "finder.weights", "refiner.weights", "landmarks.weights", "close-landmarks.weights",
        "identity.weights",
      ],
      cSettings: [.unsafeFlags(["-std=gnu23", "-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "CLivePage",
      exclude: ["page.html", "style.css", "drawing.js", "card.js", "page.js"],
      cSettings: [.unsafeFlags(["-std=gnu23", "-Wall", "-Wextra", "-Werror"])]),

    // The version, and the commit that only the build knows.
    .target(
      name: "CBuildInfo", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(name: "BuildInfo", dependencies: ["CBuildInfo"], swiftSettings: strict),

    // Threads, conditions and text, so that no module of the program needs all of Foundation.
    .target(
      name: "CSystemSupport", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(name: "SystemSupport", dependencies: ["CSystemSupport"], swiftSettings: strict),

    // Names of files of any bytes.
    .target(name: "SystemNames", swiftSettings: strict),

    // The numerical core: no input or output of frames, no clock, no logging.
    .target(
      name: "CLNF", dependencies: ["CLNFKernels", "CDefaultModel", "SystemNames", "SystemSupport"],
      swiftSettings: strict),
    .target(
      name: "FaceFinding",
      dependencies: ["CLNF", "CLNFKernels", "CFaceDetector", "CFinderWeights"],
      swiftSettings: strict),
    .target(
      name: "Tracking", dependencies: ["SystemSupport", "CLNF", "FaceFinding"],
      swiftSettings: strict),
    .target(name: "Measurement", dependencies: ["CLNF", "Tracking"], swiftSettings: strict),
    .target(
      name: "Recording",
      dependencies: [
        "SystemSupport", "CLNF", "FaceFinding", "Tracking", "Measurement", "SystemNames",
      ],
      swiftSettings: strict),
    // What is drawn, and how it becomes PNG, JPEG and video.
    .target(
      name: "Pictures",
      dependencies: [
        "SystemSupport",
        "CLNF", "FaceFinding", "Tracking", "Measurement", "VideoInput", "Recording", "SystemNames",
        "CFFmpeg", "CFFmpegShims",
      ],
      swiftSettings: strict),
    .target(
      name: "VideoInput",
      dependencies: [
        "SystemSupport",
        "CLNF", "SystemNames", "CCurl", "CFFmpeg", "CFFmpegShims", "CVideoDevice",
      ],
      swiftSettings: strict),
    // What is made of a source's frames: the loop behind track, serve and the measurements.
    .target(
      name: "Session",
      dependencies: [
        "SystemSupport",
        "CLNF", "FaceFinding", "Tracking", "Measurement", "Recording", "VideoInput",
      ],
      swiftSettings: strict),
    // The service: configuration, supervised streams, health, the live page.
    .target(
      name: "Service",
      dependencies: [
        "SystemSupport",
        "BuildInfo", "CLNF", "CLivePage", "CYAML", "FaceFinding", "Tracking", "Measurement",
        "Pictures",
        "Recording", "Session", "SystemNames", "VideoInput",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    // What a fit and the finder see, and how far fits are from hand-placed landmarks: behind evaluate,
    // inspect and detect.
    .target(
      name: "Diagnostics",
      dependencies: [
        "SystemSupport",
        "CLNF", "FaceFinding", "Tracking", "Pictures", "Recording", "Session", "SystemNames",
        "VideoInput",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "landmarkd",
      dependencies: [
        "SystemSupport",
        "BuildInfo", "CLNF", "FaceFinding", "Tracking", "Measurement", "Pictures", "Recording",
        "Session", "VideoInput", "Service", "Diagnostics", "SystemNames", "CProcessArguments",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict,
      linkerSettings: [
        // The toolchain's own linker: nothing is exported, and addresses to be set at the start are
        // packed (glibc 2.36).
        .unsafeFlags([
          "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker",
          "pack-relative-relocs",
        ])
      ]),

    // For developers: the default model is learned, and the figures of docs/results are made.
    .target(
      name: "ModelTraining",
      dependencies: ["CLNF", "CLNFKernels", "CLAPACK", "FaceFinding", "Tracking"],
      swiftSettings: strict),
    // Counts calls of the allocator.
    .target(name: "CAllocationCount"),
    .executableTarget(
      name: "landmarkd-dev",
      dependencies: [
        "CLNF", "Diagnostics", "FaceFinding", "Measurement", "ModelTraining", "Pictures",
        "Recording", "Service", "Session", "Tracking", "VideoInput", "CAllocationCount",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    // Tests: one target a module.
    .target(
      name: "TestSupport", dependencies: ["CLNF"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "ParityTests",
      dependencies: ["CLNF", "FaceFinding", "Tracking", "VideoInput", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "VideoInputTests",
      dependencies: ["SystemSupport", "VideoInput", "CLNF", "TestSupport", "CFFmpeg"],
      swiftSettings: strict),
    .testTarget(
      name: "FaceFindingTests",
      dependencies: ["FaceFinding", "CLNF", "CLNFKernels", "CAllocationCount", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "MeasurementTests", dependencies: ["Measurement", "CLNF", "Tracking", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "DiagnosticsTests",
      dependencies: [
        "Diagnostics", "CLNF", "FaceFinding", "Tracking", "Pictures", "Recording", "VideoInput",
        "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RecordingTests",
      dependencies: [
        "Recording", "Measurement", "CLNF", "FaceFinding", "Tracking", "TestSupport",
        "CAllocationCount",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PicturesTests",
      dependencies: [
        "Pictures", "Recording", "Measurement", "CLNF", "FaceFinding", "Tracking", "VideoInput",
        "TestSupport", "CFFmpeg",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SystemSupportTests", dependencies: ["SystemSupport"], swiftSettings: strict),
    .testTarget(
      name: "SystemNamesTests", dependencies: ["SystemNames", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "CLNFTests", dependencies: ["CLNF", "CLNFKernels", "CAllocationCount", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "TrackingTests",
      dependencies: ["CLNF", "FaceFinding", "Tracking", "CAllocationCount", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ModelTrainingTests", dependencies: ["ModelTraining", "CLNF", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ServiceTests",
      dependencies: [
        "BuildInfo", "Service", "CLNF", "FaceFinding", "Tracking", "Measurement", "Recording",
        "Session", "VideoInput", "TestSupport", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SessionTests",
      dependencies: [
        "Session", "CLNF", "FaceFinding", "Tracking", "Measurement", "Recording", "VideoInput",
        "CAllocationCount", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "landmarkd", "BuildInfo", "VideoInput", "Recording", "CLNF", "Session", "Service",
        "SystemNames", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DeveloperCommandTests",
      dependencies: ["landmarkd-dev", "CLNF", "Recording", "TestSupport"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
