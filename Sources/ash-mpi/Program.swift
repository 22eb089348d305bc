internal import AshMPI
internal import Trainers
internal import Training

/// The program with the trainers that come with it.
@main
enum Program {
  static func main() {
    TuningProgram(
      plan: { try TrainerCatalog.standard.plan(for: $0) },
      defaultStudy: { try Installation.path(of: "Examples/digits/study.yaml") }
    ).run(AshCommand.self)
  }
}
