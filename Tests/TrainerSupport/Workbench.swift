package import Files
package import StudyFile
import Synchronization
package import TestSupport
import Testing
import Trainers
package import Training
package import TuningTypes

/// What a trainer warned of.
package final class Warnings: Sendable {
  package init() {}

  private let texts = Mutex<[String]>([])
  package var all: [String] { texts.withLock { $0 } }
  package func add(_ text: String) { texts.withLock { $0.append(text) } }
}

/// A study's trainer with a folder for its checkpoints, driven by hand.
package struct Workbench {
  package let temporary: TemporaryFolder
  package let study: Study
  package let plan: any TrainerPlan
  package let data: SharedBytes
  package let trainer: any Trainer
  package let warnings = Warnings()

  /// - Parameters:
  ///   - trainer: the trainer's section; `data.csv` beside the study holds `table`.
  ///   - files: others that lie beside the study.
  package init(
    trainer section: String, table: String = flowers, space: String = "x: {type: float, min: 0, max: 1}",
    ladder: String = "{max_resource: 64}", worker: String = "{}", files: [String: String] = [:]
  ) throws {
    temporary = try TemporaryFolder()
    try Disk.writeAtomically(Array(table.utf8), to: temporary.path + "/data.csv")
    for (name, text) in files { try Disk.writeAtomically(Array(text.utf8), to: "\(temporary.path)/\(name)") }
    study = try Study(
      yaml: """
        seed: 11
        search_space: {\(space)}
        scheduler: \(ladder)
        budget: {configurations: 4}
        trainer: \(section)
        worker: \(worker)
        """, source: "study.yaml", directory: temporary.path)
    plan = try TrainerCatalog.standard.plan(for: study)
    data = SharedBytes(try plan.loadSharedData())
    trainer = try plan.makeTrainer(sharedData: data)
  }

  package func job(_ configuration: Configuration, to resource: Int, from resume: Int = 0, seed: UInt64 = 99) -> Job {
    Job(
      id: 1, trial: 1, bracket: 0, rung: resume == 0 ? 0 : 1, resource: Resource(resource),
      resumeResource: Resource(resume), attempt: 1, seed: seed, configuration: configuration)
  }

  package func slot(_ name: String) -> CheckpointSlot {
    CheckpointSlot(folder: temporary.path + "/checkpoints", name: name)
  }

  package func train(
    _ job: Job, in slot: String, log: String? = nil, isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) throws -> TrainingReport {
    let recorder = Mutex(LearningCurve.Recorder())
    let context = TrainingContext(
      checkpoint: self.slot(slot), worker: 0, localWorker: 0, logPath: log, isInterrupted: isInterrupted,
      warn: { [warnings] in warnings.add($0) },
      progress: { resource, report in
        recorder.withLock { $0.append(.init(resource: resource, loss: report.loss)) }
      })
    var report = try trainer.train(job, in: context)
    if report.curve.points.isEmpty { report.curve = recorder.withLock { $0.curve } }
    return report
  }

  /// Expects that training with stops on its way gives bit for bit what training in one go gives.
  package func expectNoTraceOfStops(at stops: [Int], _ configuration: Configuration) throws {
    var reached = 0
    for stop in stops {
      let continued = try train(job(configuration, to: stop, from: reached), in: "continued")
      let whole = try train(job(configuration, to: stop), in: "whole-\(stop)")
      #expect(isSame(continued, whole), "at \(stop): \(continued) and \(whole)")
      // Not in the expectation, which would show a failure's thousands of bytes.
      let haveSameCheckpoint = try slot("continued").read() == slot("whole-\(stop)").read()
      #expect(haveSameCheckpoint, "at \(stop)")
      #expect(continued.loss.isFinite && continued.metrics.map(\.name) == plan.metricNames)
      reached = stop
    }
    #expect(warnings.all.isEmpty)
  }
}

/// 120 rows of three kinds that a network tells apart with ease, made by a fixed recurrence.
package let flowers: String = {
  var state: UInt32 = 1
  func noise() -> Double {
    state = state &* 1_664_525 &+ 1_013_904_223
    return Double(state >> 8) / Double(1 << 24) - 0.5
  }
  var text = "length,width,colour,kind\n"
  for row in 0..<120 {
    let kind = row % 3
    let (length, width) = (Double(kind) * 2 + noise(), Double(kind % 2) * 3 + noise())
    text += "\(length),\(width),\(["red", "blue", "white"][row / 3 % 3]),\(["a", "b,c", "\"d\""][kind].csv)\n"
  }
  return text
}()

/// The same with a number to predict.
package let slopes: String = {
  var text = "x,y\n"
  for row in 0..<100 { text += "\(row),\(3 * row - 50)\n" }
  return text
}()

extension String {
  fileprivate var csv: String {
    contains(",") || contains("\"") ? "\"" + replacing("\"", with: "\"\"") + "\"" : self
  }
}

/// Equal in every bit, NaN included.
package func isSame(_ a: TrainingReport, _ b: TrainingReport) -> Bool {
  a.loss.bitPattern == b.loss.bitPattern && a.metrics.map(\.name) == b.metrics.map(\.name)
    && a.metrics.map(\.value.bitPattern) == b.metrics.map(\.value.bitPattern)
}
