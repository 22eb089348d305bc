package import ArgumentParser

package struct SimulateCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Run a study on a simulated cluster, in virtual time.",
    discussion: """
      The same decisions as in a real run, thousands of workers in seconds. The trainer has to be one whose losses and times \
      are known without training: synthetic, or curves. The folder gets the journal, summary and results of a real run.
      """)

  static let mostWorkers = 1_000_000

  @Argument(help: "The study file (YAML).")
  var study: String

  @Option(help: "How many workers the cluster has.")
  var workers: Int

  @Option(name: .shortAndLong, help: "The folder for the results. Without one: ash-runs/NAME-N.")
  var output: String?

  @Option(help: "The seed of all randomness, in place of the study's.")
  var seed: UInt64?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Replace a value of the study: --set budget.time=2h.", valueName: "key=value"))
  var overrides: [StudyOverride] = []

  @OptionGroup(title: "The cluster") var conditions: SimulatedConditions

  @Flag(inversion: .prefixedNo, help: "Write the journal, and results.csv from it.")
  var journal = true

  @Flag(inversion: .prefixedNo, help: "Write report.html, a page of pictures, from the journal.")
  var report = true

  @Option(help: "How to show progress: live, lines or none. Without it: live on a terminal, lines elsewhere.")
  var progress: ProgressDisplay.Style?

  package func validate() throws {
    guard (1...Self.mostWorkers).contains(workers) else {
      throw ValidationError("--workers is \(workers); give a number from 1 to \(Self.mostWorkers).")
    }
  }

  package init() {}

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let request = StudyRequest(
      path: study, output: output, overrides: (seed.map { ["seed=\($0)"] } ?? []) + overrides.map(\.text))
    var simulation = StudySimulation(
      request, cluster: conditions.cluster(workers: workers), keepsJournal: journal, progress: progress)
    simulation.writesReport = report
    _ = try simulation.run(plan: program.makePlan)
    return .success
  }
}

/// What a simulated cluster is like.
struct SimulatedConditions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Jobs take (1 + |z|) times as long, z normal with this standard deviation.", valueName: "σ"))
  var stragglers: Double = 0

  @Option(help: ArgumentHelp("The probability, each second, that a running job is dropped.", valueName: "p"))
  var drop: Double = 0

  @Option(help: ArgumentHelp("The probability, each second, that a worker is lost for good.", valueName: "p"))
  var workerLoss: Double = 0

  @Option(help: ArgumentHelp("Seconds between a dispatch and the beginning of the job.", valueName: "seconds"))
  var latency: Double = 0

  @Option(
    help: ArgumentHelp("Seconds to write a checkpoint, and as many to read one.", valueName: "seconds"))
  var checkpointCost: Double = 0

  @Flag(help: "Promoted trials begin anew instead of going on from their checkpoints.")
  var fromScratch = false

  func validate() throws {
    for (name, value) in [("stragglers", stragglers), ("latency", latency), ("checkpoint-cost", checkpointCost)] {
      guard value >= 0, value <= 1e9 else {
        throw ValidationError("--\(name) is \(value); give a number from 0 to 1e9.")
      }
    }
    for (name, value) in [("drop", drop), ("worker-loss", workerLoss)] {
      guard value >= 0, value < 1 else {
        throw ValidationError("--\(name) is \(value); give a probability, at least 0 and below 1.")
      }
    }
  }

  func cluster(workers: Int) -> SimulatedCluster {
    var cluster = SimulatedCluster(workers: workers)
    cluster.stragglers = stragglers
    cluster.dropProbability = drop
    cluster.lossProbability = workerLoss
    cluster.dispatchLatency = latency
    cluster.checkpointCost = checkpointCost
    cluster.resumesFromCheckpoints = !fromScratch
    return cluster
  }
}
