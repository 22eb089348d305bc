public import ArgumentParser
package import Cluster
public import Reporting

package struct RunCommand: RankedCommand {
  package static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a study.",
    discussion: """
      Started by mpirun or srun it uses all their ranks, otherwise one. Results go to a folder of their own: the journal, \
      a summary, a table of all trials, and the best configuration with its model.
      """)

  @Argument(help: "The study file (YAML). Without one: the example that comes with ash-mpi.")
  var study: String?

  @Option(name: .shortAndLong, help: "The folder for the results. Without one: ash-runs/NAME-N.")
  var output: String?

  @Option(help: "The seed of all randomness, in place of the study's.")
  var seed: UInt64?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Replace a value of the study: --set budget.configurations=64.", valueName: "key=value"))
  var overrides: [StudyOverride] = []

  @Flag(help: "Go on with the study that is in the output folder, if there is one.")
  var resume = false

  @OptionGroup(title: "How to run") var conditions: RunConditions

  package init() {}

  package func validate() throws {
    guard !resume || output != nil else { throw ValidationError("--resume needs the folder to resume in: -o DIR.") }
  }

  package func run(in session: borrowing ClusterSession, of program: TuningProgram) throws -> ExitStatus {
    var path = study
    _ = try session.fromDriver {
      path = try study ?? program.defaultStudy?()
      guard path != nil else { throw ValidationError("Name a study file: run study.yaml.") }
      return []
    }
    let request = StudyRequest(
      path: path, output: output, overrides: (seed.map { ["seed=\($0)"] } ?? []) + overrides.map(\.text),
      resumes: resume,
      overridesLock: conditions.lock.overrideLock)
    return try conditions.run(request, in: session, of: program)
  }
}

package struct ResumeCommand: RankedCommand {
  package static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Go on with a study that was interrupted, or whose budget has grown.",
    discussion: """
      Everything that the journal holds is taken up; jobs that were in flight go out again, from their checkpoints. The \
      number of ranks may be another one. --set budget.configurations=512 gives it more to do.
      """)

  @Argument(help: "The folder of the study.")
  var folder: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Replace a value of the study's budget, or how its trainer is run: --set budget.configurations=512.",
      valueName: "key=value"))
  var overrides: [StudyOverride] = []

  @OptionGroup(title: "How to run") var conditions: RunConditions

  package init() {}

  package func run(in session: borrowing ClusterSession, of program: TuningProgram) throws -> ExitStatus {
    let request = StudyRequest(
      path: nil, output: folder, overrides: overrides.map(\.text), resumes: true,
      overridesLock: conditions.lock.overrideLock
    )
    return try conditions.run(request, in: session, of: program)
  }
}
extension ProgressDisplay.Style: ExpressibleByArgument {}
extension TextStyle.Colors: ExpressibleByArgument {}

extension Verbosity: EnumerableFlag {
  public static func help(for value: Verbosity) -> ArgumentHelp? {
    switch value {
    case .verbose: "Show each job too: where it goes, what it gives, why it fails."
    case .quiet: "Show no progress: only warnings and errors, and one line at the end."
    }
  }
}
