import AshMPI

@main
enum Program {
  static func main() {
    TuningProgram.main(metrics: ["error", "cycles"], resourceUnit: "sweeps") { study in
      try SolverTrainer(section: study.trainer)
    }
  }
}
