public import ArgumentParser
internal import AshMPI
internal import Cluster
public import Reporting
internal import Trainers
internal import Tuning

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a study; without one, the bundled example.",
    discussion: """
      Started by mpirun or srun it uses all their ranks, otherwise one. Results go to a folder of their own: the journal,
      a summary, a table of all trials, and the best configuration with its model.
      """)

  @Argument(help: "The study file (YAML). Without one: an MLP on the bundled digits.")
  var study: String?

  @Option(name: .shortAndLong, help: "The folder for the results. Without one: ash-runs/NAME-N.")
  var output: String?

  @Option(help: "The seed of all randomness, in place of the study's.")
  var seed: UInt32?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Replace a value of the study: --set budget.configurations=64.", valueName: "key=value"))
  var overrides: [String] = []

  @Flag(inversion: .prefixedNo, help: "Keep rank 0 free of training (the default from 32 ranks up).")
  var dedicatedDriver: Bool?

  @Option(help: "How to show progress: live, lines or none. Without it: live on a terminal, lines elsewhere.")
  var progress: ProgressDisplay.Style?

  func run(in session: borrowing ClusterSession) throws -> ExitCode {
    let path = try session.isDriver ? study ?? Installation.path(of: "Examples/digits/study.yaml") : study ?? ""
    let request = StudyRequest(
      path: path, output: output, overrides: (seed.map { ["seed=\($0)"] } ?? []) + overrides)
    let program = StudyProgram(request, settings: RunSettings(dedicatedDriver: dedicatedDriver), progress: progress)
    guard let summary = try program.run(in: session, plan: { try TrainerCatalog.plan(for: $0) }) else { return .success }
    if summary.tuner.counts.results == 0, summary.reason == .configurations {
      let reason = summary.tuner.counts.lastFailure ?? "no configuration was valid"
      Console.complain("not one job has succeeded; the last one: \(reason)")
      return .badStudy
    }
    return summary.reason.isFinished ? .success : .stoppedEarly
  }
}

extension ProgressDisplay.Style: ExpressibleByArgument {}
