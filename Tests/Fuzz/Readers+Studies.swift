internal import ArgumentParser
internal import AshMPI
import Files
internal import Foundation
internal import Journal
import Networks
internal import Reporting
import Search
internal import SearchSpace
internal import Simulation
internal import StudyFile
internal import Trainers
import Training
internal import TuningTypes

extension Reader {
  /// A study file: as far as `validate` goes, with the forecast of every hundredth.
  static let study = Reader(
    name: "study",
    words: [
      "name", "seed", "search_space", "scheduler", "sampler", "budget", "trainer", "objective", "start_with", "retries",
      "type", "float", "int", "categorical", "ordinal", "values", "min", "max", "scale", "log", "linear", "step",
      "when",
      "algorithm", "asha", "hyperband", "sha", "asynchronous_hyperband", "stopping", "median", "curve", "random",
      "pasha",
      "reduction_factor", "min_resource", "max_resource", "resources", "brackets", "kind", "grid", "sobol", "levels",
      "configurations", "time", "target", "command", "synthetic", "mlp", "timeout", "environment", "&a", "*a", "<<: *a",
      "!!int", "|", ">", "[", "{", "}", "]", "---", "...", "null", "~", "true", "0x10", "0o17", ".inf", ".nan",
      "%YAML 9",
    ]
  ) { folder in
    var count = 0
    return { bytes in
      count += 1
      guard let text = String(validating: bytes, as: UTF8.self) else { return }
      let study = try Study(yaml: text, source: "study.yaml", directory: folder)
      var sampler = try study.plan.makeSampler()
      for index in 0..<min(3, sampler.count ?? 3) { _ = sampler.suggest(index) }
      _ = study.journalHeader(started: "", workers: 1)
      let plan = try TrainerCatalog.standard.plan(for: study)
      _ = try LadderReport(study: study, resourceUnit: plan.resourceUnit, workers: 4).text
      guard count.isMultiple(of: 100) else { return }
      let trainer = try plan.makeSimulatedTrainer(sharedData: SharedBytes(try plan.loadSharedData()))
      _ =
        ForecastReport(try PlanForecast(study.plan, trainer: trainer, workers: 4), resourceUnit: plan.resourceUnit).text
    }
  }

  /// A journal: as `resume` reads it, and `results.csv` from it.
  static let journal = Reader(
    name: "journal",
    words: [
      "event", "dispatch", "result", "failure", "resume", "horizon", "model", "results", "suggestions", "stop", "study",
      "job", "trial", "bracket", "rung",
      "resource", "worker", "time", "loss", "seconds", "metrics", "curve", "configuration", "attempt", "kind",
      "invalid",
      "failed", "final", "reason", "version", "null", "true", "NaN", "-Infinity", "sum",
    ]
  ) { folder in
    let study = try Study(yaml: journalStudy, source: "study.yaml", directory: folder)
    let path = "\(folder)/journal.jsonl"
    return { bytes in
      try Data(bytes).write(to: URL(filePath: path))
      let journal = try JournalReader(path: path)
      let recovery = try StudyRecovery(study, journal: journal)
      _ = recovery.ending
      _ = try ResultsTable(journal: journal, space: study.plan.space).csv()
    }
  }

  /// The study that the journals of the corpus are of.
  private static let journalStudy = """
    name: fuzz
    seed: 7
    search_space:
      x: {type: float, min: 0, max: 1}
      n: {type: int, min: 1, max: 64, scale: log}
      kind: {type: categorical, values: [a, b, 2]}
      depth: {type: int, min: 1, max: 3, when: {kind: a}}
    scheduler: {algorithm: asha, reduction_factor: 2, min_resource: 1, max_resource: 8}
    budget: {configurations: 12}
    trainer: {kind: synthetic, failure_probability: 0.15, diverge_probability: 0.1, invalid_probability: 0.05}

    """

  /// The arguments of `tell`, one a line, told to a study that has jobs out.
  static let tell = Reader(
    name: "tell",
    words: [
      "--job", "--loss", "--metric", "--failed", "--invalid", "nan", "inf", "loss=", "=", "accuracy=0.5", "--", "-",
    ]
  ) { folder in
    let template = "\(folder)/template"
    let study = "\(folder)/study.yaml"
    try tellStudy.write(toFile: study, atomically: true, encoding: .utf8)
    for _ in 0..<3 { _ = try AskedStudy.open(StudyRequest(path: study, output: template)) { try $0.ask() } }
    let used = "\(folder)/used"
    let journal = try Data(contentsOf: URL(filePath: "\(template)/journal.jsonl"))
    return { bytes in
      let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      guard lines.count < 100 else { return }
      if (try? Data(contentsOf: URL(filePath: "\(used)/journal.jsonl"))) != journal {
        try? FileManager.default.removeItem(atPath: used)
        try FileManager.default.copyItem(atPath: template, toPath: used)
      }
      let arguments = lines.map { String(decoding: $0, as: UTF8.self) }
      guard let command = try? TellCommand.parse([used] + arguments) else { return }
      _ = try command.run(of: TuningProgram { try TrainerCatalog.standard.plan(for: $0) })
    }
  }

  private static let tellStudy = """
    name: told
    search_space: {x: {type: float, min: 0, max: 1}}
    scheduler: {algorithm: asha, reduction_factor: 2, min_resource: 1, max_resource: 4}
    budget: {configurations: 8}
    trainer: {kind: asked}

    """
}
