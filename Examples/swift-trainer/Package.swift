// swift-tools-version: 6.3

import PackageDescription

let package = Package(
  name: "swift-trainer",
  // Outside this repository: .package(url: "…/ash-mpi", branch: "main").
  dependencies: [.package(name: "ash-mpi", path: "../..")],
  targets: [
    .executableTarget(name: "poisson", dependencies: [.product(name: "AshMPI", package: "ash-mpi")])
  ],
  swiftLanguageModes: [.v6]
)
