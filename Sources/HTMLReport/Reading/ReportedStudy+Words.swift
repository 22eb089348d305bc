internal import Journal
internal import Reporting
internal import Search
internal import StudyFile
internal import SuccessiveHalving
internal import TuningTypes

/// How the page calls what it shows.
extension ReportedStudy {
  var objective: Objective { study.plan.objective }
  var metric: String { objective.metric }
  /// Whether lower is better.
  var isLowBest: Bool { objective.mode == .min }

  /// The metric's own value for a loss of the journal.
  func value(_ loss: Double) -> Double { objective.mode == .min ? loss : -loss }

  func short(_ loss: Double) -> String { loss.isFinite ? Wording.short(value(loss)) : "not a number" }

  /// `4 epochs`.
  func name(of resource: Resource) -> String { Wording.resource(resource, unit) }

  /// `rung 1`, where rungs are what levels are; otherwise `4 epochs`.
  func rung(_ level: Int) -> String { hasOneBracket ? "rung \(level)" : name(of: levels[level].resource) }

  /// `rung 1 (4 epochs)`.
  func longName(_ level: Int) -> String {
    hasOneBracket ? "rung \(level) (\(name(of: levels[level].resource)))" : name(of: levels[level].resource)
  }

  var hasOneBracket: Bool { Set(history.rungs.keys.map(\.bracket)).count <= 1 }

  /// Which level a resource belongs to: the highest that it reaches.
  func level(of resource: Resource) -> Int { levels.lastIndex { $0.resource <= resource } ?? 0 }

  func ramp(_ level: Int) -> String { Ramp.kind(level: level, of: levels.count) }

  /// The share of a rung that goes on.
  var reductionFactor: Int { study.plan.scheduler.ladder.reductionFactor }

  /// Whether a share of each rung goes on, as successive halving has it.
  var promotesShare: Bool {
    let name = study.plan.scheduler.algorithm.name
    return name.hasSuffix("sha") || name.hasSuffix("hyperband") || name == "stopping"
  }

  /// Whether a job is a process of its own.
  var startsProgramForEachJob: Bool {
    guard (try? study.trainer.text("kind")) == "command" else { return false }
    return (try? study.trainer.text("protocol")) != "serve"
  }

  /// What was tuned, as far as the study file tells.
  var trainerName: String {
    func text(_ key: String) -> String? { (try? study.trainer.text(key)) ?? nil }
    let data = text("dataset").map { " on \($0.split(separator: "/").last.map(String.init) ?? $0)" } ?? ""
    switch text("kind") {
    case "mlp": return "a neural network\(data)"
    case "xgboost": return "boosted trees\(data)"
    case "synthetic": return "a made-up surface"
    case "curves": return "recorded learning curves"
    case "command":
      let words = ((try? study.trainer.texts("command")) ?? nil) ?? []
      return "the program '\(words.prefix(2).joined(separator: " "))'"
    case let kind?: return "the trainer '\(kind)'"
    case nil: return "a trainer"
    }
  }

  /// `64 epochs`, of what may be part of a unit.
  func amount(_ units: Double) -> String {
    Int(exactly: units).map { name(of: Resource($0)) } ?? "\(Wording.short(units)) \(unit)"
  }

  /// What draws configurations, as the study file calls it.
  var samplerName: String {
    let section = try? study.document.section("sampler")
    let name = try? section?.text("kind")
    return name ?? (study.plan.scheduler.algorithm.needsGrid ? "grid" : "random")
  }

  /// How the scheduler is called.
  var schedulerName: String {
    switch study.plan.scheduler.algorithm.name {
    case "asha": "asynchronous successive halving (ASHA)"
    case "sha": "synchronous successive halving"
    case "parallel_sha": "parallel successive halving"
    case "pasha": "progressive successive halving (PASHA)"
    case "hyperband": "asynchronous Hyperband"
    case "sync_hyperband": "synchronous Hyperband"
    case "stopping": "asynchronous successive halving that stops trials"
    case "median": "the median stopping rule"
    case "curve": "stopping by predicted learning curves"
    case "top_k": "top-k selection"
    case "random": "random search"
    case "grid": "grid search"
    case let name: "the scheduler \(name)"
    }
  }
}
