// swift-tools-version: 6.3

import PackageDescription

/// The pkg-config package of the MPI library to build against: Open MPI unless the environment names another
/// (`ASH_MPI_PKGCONFIG=mpich`).
let mpiPackage = Context.environment["ASH_MPI_PKGCONFIG"] ?? "ompi-c"

/// CI turns every warning into an error; a user's newer compiler may have new warnings and should still build.
let strict: [SwiftSetting] =
  Context.environment["ASH_MPI_STRICT"] == "1" ? [.treatAllWarnings(as: .error)] : []

let settings: [SwiftSetting] =
  strict + [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]

let package = Package(
  name: "ash-mpi",
  products: [
    .library(name: "AshMPI", targets: ["AshMPI"]),
    .executable(name: "ash-mpi", targets: ["ash-mpi"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CMPI", path: "Modules/CMPI", pkgConfig: mpiPackage,
      providers: [.apt(["libopenmpi-dev"])]),
    // Without pkg-config, which would put the system's library folder before that of the MPI library.
    .systemLibrary(
      name: "CZlib", path: "Modules/CZlib",
      providers: [.apt(["zlib1g-dev"])]),

    .systemLibrary(name: "CFloatEnvironment", path: "Modules/CFloatEnvironment"),
    .systemLibrary(name: "CProcess", path: "Modules/CProcess"),
    .systemLibrary(name: "CStorage", path: "Modules/CStorage"),
    .systemLibrary(name: "CTerminal", path: "Modules/CTerminal"),

    // ARCHITECTURE.md has a table of these modules. A module can import only its dependencies.
    .target(name: "MPI", dependencies: ["CMPI"]),
    .target(name: "Text"),
    .target(name: "Files", dependencies: ["CStorage"]),
    .target(name: "Randomness"),
    .target(name: "Elementary"),
    .target(name: "TuningTypes"),
    .target(name: "SearchSpace", dependencies: ["TuningTypes", "Randomness", "Elementary", "GaussianProcess"]),
    .target(name: "GaussianProcess", dependencies: ["Randomness", "Elementary"]),
    .target(name: "Importance", dependencies: ["SearchSpace", "TuningTypes"]),
    .target(
      name: "SuccessiveHalving",
      dependencies: ["TuningTypes", .product(name: "HeapModule", package: "swift-collections")]),
    .target(name: "Search", dependencies: ["TuningTypes", "SearchSpace", "SuccessiveHalving", "Randomness"]),
    .target(
      name: "StudyFile",
      dependencies: [
        "Search", "Randomness", "Text", "Files", "TuningTypes", "SearchSpace", "SuccessiveHalving",
        .product(name: "Yams", package: "Yams"),
      ]),
    .target(name: "Training", dependencies: ["StudyFile", "TuningTypes", "Text", "Files"]),
    .target(
      name: "Journal",
      dependencies: [
        "Search", "Text", "Files", "StudyFile", "Training", "TuningTypes", "SearchSpace", "SuccessiveHalving", "CZlib",
      ]),
    .target(name: "Tables", dependencies: ["Text", "Files", "TuningTypes", "Randomness", "CZlib"]),
    .target(name: "Trees", dependencies: ["Tables", "Text", "Randomness"]),
    .target(
      name: "Networks",
      dependencies: ["Tables", "Elementary", "Files", "TuningTypes", "Randomness", "CFloatEnvironment", "CProcess"]),
    .target(
      name: "Programs",
      dependencies: ["Training", "StudyFile", "Search", "Text", "Files", "TuningTypes", "SearchSpace", "CProcess"]),
    .target(
      name: "Models",
      dependencies: [
        "Training", "Tables", "Networks", "Trees", "StudyFile", "Search", "Text", "Files", "TuningTypes", "SearchSpace",
        "SuccessiveHalving", "Randomness",
      ]),
    .target(name: "Trainers", dependencies: ["Programs", "Models", "Training"]),
    .target(
      name: "Simulation", dependencies: ["Search", "TuningTypes", "SearchSpace", "SuccessiveHalving", "Randomness"]),
    .target(
      name: "Cluster",
      dependencies: [
        "Journal", "Training", "MPI", "Search", "StudyFile", "Text", "Files", "TuningTypes", "SearchSpace", "CProcess",
      ]),
    .target(
      name: "Reporting",
      dependencies: [
        "Journal", "Simulation", "Importance", "Search", "StudyFile", "Training", "Text", "Files", "TuningTypes",
        "SearchSpace", "SuccessiveHalving", "CTerminal", .product(name: "HeapModule", package: "swift-collections"),
      ]),
    .target(
      name: "HTMLReport",
      dependencies: [
        "Journal", "Reporting", "Importance", "Search", "StudyFile", "Text", "Files", "TuningTypes", "SearchSpace",
        "SuccessiveHalving", "CZlib", .product(name: "HeapModule", package: "swift-collections"),
      ],
      resources: [
        .embedInCode("Assets/report.css"), .embedInCode("Assets/data.js"), .embedInCode("Assets/drawing.js"),
        .embedInCode("Assets/tips.js"), .embedInCode("Assets/selection.js"), .embedInCode("Assets/parallel.js"),
        .embedInCode("Assets/slices.js"), .embedInCode("Assets/workers.js"), .embedInCode("Assets/table.js"),
        .embedInCode("Assets/saving.js"), .embedInCode("Assets/main.js"),
      ]),
    .target(
      name: "Exports",
      dependencies: [
        "Journal", "Search", "StudyFile", "Training", "Text", "Files", "TuningTypes", "SearchSpace",
        "SuccessiveHalving",
      ]),
    .target(
      name: "AshMPI",
      dependencies: [
        "Cluster", "Exports", "HTMLReport", "Simulation", "Reporting", "Journal", "Training", "StudyFile", "Search",
        "SearchSpace",
        "SuccessiveHalving", "Files", "Text", "TuningTypes",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "ash-mpi",
      dependencies: [
        "AshMPI", "Cluster", "Reporting", "Trainers", "Models", "Training", "StudyFile", "Journal", "Search", "Text",
        "Files", "TuningTypes",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // What tests are made of, and the programs that they start.
    .target(name: "TestSupport", dependencies: ["Randomness", "StudyFile"], path: "Tests/TestSupport"),
    .target(
      name: "TrainerSupport",
      dependencies: [
        "Tables", "Trainers", "Training", "StudyFile", "Files", "TuningTypes", "Randomness", "TestSupport",
      ],
      path: "Tests/TrainerSupport"),
    .target(name: "LaunchSupport", path: "Tests/LaunchSupport"),
    .target(
      name: "SchedulerReference", dependencies: ["SuccessiveHalving", "TuningTypes"], path: "Tests/SchedulerReference"),
    .executableTarget(
      name: "journal-cost",
      dependencies: ["Cluster", "Trainers", "Files", "Search", "StudyFile", "Training", "Journal", "Text"],
      path: "Benchmarks/journal-cost"),
    .executableTarget(
      name: "suggestion-cost", dependencies: ["SearchSpace", "TuningTypes", "Randomness"],
      path: "Benchmarks/suggestion-cost", exclude: ["rustuna"]),
    .executableTarget(
      name: "surface-server",
      dependencies: [
        "Trainers", "Training", "StudyFile", "Search", "SuccessiveHalving", "SearchSpace", "Files", "Text",
        "TuningTypes",
      ],
      path: "Benchmarks/surface-server"),
    .executableTarget(
      name: "training-speed", dependencies: ["Networks", "Tables"], path: "Benchmarks/training-speed"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "AshMPI", "Cluster", "Programs", "Tables", "Networks", "Randomness", "Reporting", "SearchSpace", "Simulation",
        "TestSupport",
        "Trainers",
        "Files", "Search", "StudyFile", "Training", "Journal", "Text", "TuningTypes",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tests/Fuzz", exclude: ["corpus"]),
    .executableTarget(name: "mpi-probe", dependencies: ["MPI"], path: "Tests/Probes/mpi-probe"),
    .executableTarget(name: "uneven-trainer", dependencies: ["AshMPI"], path: "Tests/Probes/uneven-trainer"),
    .executableTarget(name: "logging-trainer", dependencies: ["AshMPI"], path: "Tests/Probes/logging-trainer"),

    .testTarget(name: "ImportanceTests", dependencies: ["Importance", "SearchSpace", "TuningTypes"]),
    .testTarget(
      name: "HTMLReportTests",
      dependencies: [
        "HTMLReport", "Importance", "TestSupport", "Randomness", "Files", "Search", "SearchSpace", "StudyFile",
        "SuccessiveHalving", "Journal", "Text", "TuningTypes",
      ]),
    .testTarget(
      name: "ExportsTests",
      dependencies: [
        "Exports", "TestSupport", "Files", "Search", "StudyFile", "Training", "Journal", "Text", "TuningTypes",
      ]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport", "Randomness"]),
    .testTarget(name: "FuzzTests", dependencies: ["fuzz", "LaunchSupport"]),
    .testTarget(name: "TuningTypesTests", dependencies: ["TuningTypes"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
    .testTarget(name: "ElementaryTests", dependencies: ["Elementary"]),
    .testTarget(
      name: "GaussianProcessTests", dependencies: ["GaussianProcess", "Randomness", "Elementary"], exclude: ["Oracle"]),
    .testTarget(
      name: "SearchSpaceTests", dependencies: ["SearchSpace", "TuningTypes", "Randomness"], exclude: ["Oracle"]),
    .testTarget(
      name: "SuccessiveHalvingTests", dependencies: ["SuccessiveHalving", "SchedulerReference", "TuningTypes"]),
    .testTarget(
      name: "TablesTests", dependencies: ["Tables", "TrainerSupport", "TestSupport", "Files", "Randomness"]),
    .testTarget(
      name: "NetworksTests",
      dependencies: ["Networks", "Tables", "Elementary", "TrainerSupport", "TestSupport", "Files", "Randomness"]),
    .testTarget(name: "TreesTests", dependencies: ["Trees", "Tables", "Text", "TrainerSupport"]),
    .testTarget(name: "MPITests", dependencies: ["MPI", "LaunchSupport"]),
    .testTarget(name: "TextTests", dependencies: ["Text", "StudyFile", "TuningTypes", "Randomness", "TestSupport"]),
    .testTarget(
      name: "SearchTests",
      dependencies: [
        "Search", "Journal", "StudyFile", "Text", "SearchSpace", "SuccessiveHalving", "SchedulerReference",
        "TuningTypes", "Randomness", "TestSupport",
      ]),
    .testTarget(
      name: "StudyFileTests",
      dependencies: [
        "StudyFile", "Journal", "Search", "SearchSpace", "SuccessiveHalving", "Text", "TuningTypes", "TestSupport",
      ]),
    .testTarget(
      name: "JournalTests",
      dependencies: [
        "Journal", "Search", "StudyFile", "Training", "Text", "Files", "SearchSpace", "SuccessiveHalving",
        "TuningTypes", "Randomness", "TestSupport",
      ]),
    .testTarget(
      name: "ClusterTests",
      dependencies: [
        "Cluster", "SuccessiveHalving", "Files", "Search", "StudyFile", "Training", "Journal", "Text", "TuningTypes",
        "Randomness", "SearchSpace", "TestSupport",
      ]),
    .testTarget(
      name: "ProgramsTests",
      dependencies: [
        "Programs", "Training", "StudyFile", "Search", "Text", "Files", "TuningTypes", "Trainers", "TrainerSupport",
        "LaunchSupport", "TestSupport",
      ]),
    .testTarget(
      name: "ModelsTests",
      dependencies: [
        "Models", "SearchSpace", "Tables", "Networks", "Training", "StudyFile", "Search", "Text", "Files",
        "TuningTypes", "Trainers",
        "TrainerSupport", "LaunchSupport", "TestSupport",
      ]),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Simulation", "Reporting", "LaunchSupport", "TestSupport", "SuccessiveHalving", "Files", "Search", "StudyFile",
        "Training", "Journal", "Text", "TuningTypes",
        "SearchSpace",
      ]),
    .testTarget(
      name: "ReportingTests",
      dependencies: [
        "Reporting", "SearchSpace", "Simulation", "TestSupport", "Files", "Search", "StudyFile", "Training", "Journal",
        "Text", "TuningTypes",
      ]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "ash-mpi", "logging-trainer", "uneven-trainer", "LaunchSupport", "Files", "Search", "StudyFile", "Training",
        "Journal", "Text",
        "TuningTypes",
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// Only `make docs` needs the plugin: nobody else should have to fetch it.
if Context.environment["ASH_MPI_DOCS"] == "1" {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}

for target in package.targets where target.type != .system {
  // In what users run, each use of memory that the compiler does not vouch for is marked `unsafe`.
  let isForUsers = target.type != .test && target.path == nil
  target.swiftSettings = settings + (isForUsers ? [.strictMemorySafety()] : [])
}
