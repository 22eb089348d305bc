import AshMPI
import Foundation

/// A program of one's own whose trainer can be made everywhere but on one rank, as where a node lacks its data.
@main enum UnevenTrainer {
  private struct Missing: Error, CustomStringConvertible {
    var description: String { "this node has no data" }
  }

  /// A class with state, which need not be `Sendable`.
  private final class InstantTrainer: Trainer {
    private var jobs = 0

    func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport {
      jobs += 1
      return TrainingReport(loss: 1, metrics: [.init("jobs", Double(jobs))])
    }
  }

  static func main() {
    let rank = ProcessInfo.processInfo.environment["OMPI_COMM_WORLD_RANK"]
    TuningProgram.main { study in
      guard rank != ProcessInfo.processInfo.environment["UNEVEN_RANK"] else {
        if study.name == "told" { throw study.trainer.error("data", "is not on this node", "Copy it there.") }
        throw Missing()
      }
      return InstantTrainer()
    }
  }
}
