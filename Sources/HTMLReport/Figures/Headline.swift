internal import Journal
internal import Reporting
internal import Search
internal import SearchSpace
internal import StudyFile
internal import SuccessiveHalving
internal import TuningTypes

/// What a study came to, in words: for a reader who looks at nothing else.
struct Headline {
  private let study: ReportedStudy
  private let importance: ImportanceMap?
  let shares: TimeShares

  init(_ study: ReportedStudy, importance: ImportanceMap?) {
    self.study = study
    self.importance = importance
    shares = study.timeline.shares(until: study.time)
  }

  /// What was found.
  var lead: String {
    guard let best = study.history.best else {
      return study.history.results == 0
        ? "No trial has a result yet." : "None of \(Wording.count(study.history.results, "result")) is a finite number."
    }
    let value = study.short(best.loss.value)
    return "Trial \(best.trial) has the best \(study.metric): \(value), after \(study.name(of: best.resource))."
  }

  /// What else is to be said of the best.
  var second: String? {
    guard let best = study.history.best, let full = study.fullyTrained.steps.last else { return nil }
    let end = study.name(of: full.resource)
    if full.trial != best.trial {
      return
        "Of the trials that were trained to the end (\(end)), trial \(full.trial) is the best: \(study.short(full.loss))."
    }
    guard full.resource > best.resource else { return nil }
    let others = study.levels.last.map { $0.trials.count } ?? 0
    let among = others > 1 ? ": of the \(grouped(others)) trials that were trained to the end, it is the best" : ""
    return "Trained on to the end (\(end)), it came to \(study.short(full.loss))\(among)."
  }

  /// The few numbers that say how large it was.
  var tiles: [(name: String, value: String)] {
    var tiles: [(name: String, value: String)] = []
    if let best = study.history.best { tiles.append(("best \(study.metric)", study.short(best.loss.value))) }
    tiles.append(("configurations tried", grouped(study.history.trials.count - study.history.invalid)))
    tiles.append((study.isSimulated ? "simulated time" : "time", Wording.duration(study.time)))
    if study.isAsked {
      tiles.append(("results", grouped(study.history.results)))
    } else {
      tiles.append(("of the workers’ time in training", Wording.percent(shares.share(\.training))))
    }
    return tiles
  }

  private func grouped(_ number: Double) -> String {
    Int(exactly: number.rounded()).map(grouped) ?? Wording.short(number)
  }

  private func grouped(_ number: Int) -> String {
    var (digits, text) = (Array(String(number)), "")
    while digits.count > 3 {
      text = "\u{202F}" + String(digits.suffix(3)) + text
      digits.removeLast(3)
    }
    return String(digits) + text
  }

  /// What was done, where the time went, what decided, whether the early rungs were right.
  var paragraphs: [String] { [subject, search, saving, time, decision].compactMap { $0 } }

  /// What was searched for.
  private var subject: String {
    let names = study.study.plan.space.parameters.map(\.name)
    let shown = names.count > Self.mostNames ? names.prefix(Self.mostNames) + ["…"] : names[...]
    return
      "The search tried values of \(Wording.count(names.count, "hyperparameter")) (\(shown.joined(separator: ", "))) of \(study.trainerName) for the "
      + "\(study.isLowBest ? "lowest" : "highest") \(study.metric)."
  }

  private static let mostNames = 12

  private var search: String {
    let trials = study.history.trials.count
    let configurations = "\(grouped(trials)) \(trials == 1 ? "configuration" : "configurations")"
    let on =
      study.isAsked
      ? ""
      : " on \(study.isSimulated ? "a simulated cluster of " : "")\(Wording.count(study.timeline.workers, "worker"))"
    return
      "\(configurations) (each is a trial), drawn by \(sampler), went through \(study.schedulerName)\(on), with seed "
      + "\(study.study.plan.seed). \(invalid)\(state)"
  }

  private var invalid: String {
    switch study.history.invalid {
    case 0: ""
    case 1: "One made no sense to the trainer. "
    case let count: "\(grouped(count)) made no sense to the trainer. "
    }
  }

  private var sampler: String {
    switch study.samplerName {
    case "random": "random sampling"
    case "grid": "a grid"
    case "sobol": "a Sobol sequence"
    case "kde": "a model of what was good (kde)"
    case "gp": "a Gaussian process (gp)"
    case "auto": "models of the results (auto)"
    case let name: "the sampler \(name)"
    }
  }

  /// Whether it is over, and why.
  var state: String {
    switch study.history.stopped {
    case .configurations: "It is finished: all configurations were tried."
    case .time: "It is finished: its time was used up."
    case .target: "It is finished: the target was reached."
    case .invalid: "It ended because nearly every configuration was invalid."
    case .failures: "It was stopped because no job had succeeded."
    case .signal: "It was stopped on request and can be resumed."
    case .walltime: "It was stopped near the end of its batch job and can be resumed."
    case .workers: "It was stopped because no worker was left, and can be resumed."
    case .place: "It was stopped by a fault of its disk and can be resumed."
    case nil:
      "The journal has no end: the study was still running, with \(Wording.count(study.history.runningCount, "job")) "
        + "out, or was killed."
    }
  }

  /// What stopping early has saved.
  private var saving: String? {
    let ladder = study.study.plan.scheduler.ladder
    guard ladder.isBounded, study.levels.count > 1, study.history.units > 0 else { return nil }
    let full = Double(study.history.trials.count) * Double(ladder.maxResource.rawValue)
    let reached = study.levels.last.map { $0.resource == ladder.maxResource ? $0.count : 0 } ?? 0
    let saved = full / study.history.units
    return "\(grouped(reached)) of \(grouped(study.history.trials.count)) trials were trained to the end. In all "
      + "\(grouped(study.history.units)) \(study.unit) were trained; training every configuration to the end would have taken "
      + "\(grouped(full)), \(Wording.decimal(saved, saved < 10 ? 1 : 0)) times as many."
  }

  private var time: String? {
    guard !study.isAsked, shares.total > 0 else { return nil }
    var parts = ["\(Wording.percent(shares.share(\.training))) was training"]
    if shares.share(\.overhead) >= 0.005 {
      parts.append("\(Wording.percent(shares.share(\.overhead))) starting jobs and moving checkpoints")
    }
    if shares.share(\.lost) >= 0.005 {
      parts.append("\(Wording.percent(shares.share(\.lost))) jobs that gave no result")
    }
    if shares.share(\.open) >= 0.005 { parts.append("\(Wording.percent(shares.share(\.open))) jobs that are out") }
    parts.append("\(Wording.percent(shares.share(\.idle))) idle")
    return "Of the workers’ time, \(Self.list(parts))."
  }

  private var decision: String? {
    guard let importance, let ranking = importance.ranking, let column = importance.columns.first else { return nil }
    let name = { (index: Int) in "\(importance.names[index]) (\(Wording.percent(column.shares[index])))" }
    let others = ranking.dropFirst().prefix(2).filter { column.shares[$0] >= 0.05 }
    return
      "At \(study.longName(column.level)), \(name(ranking[0])) decides most whether a trial is among the best tenth"
      + (others.isEmpty ? "" : ", then \(Self.list(others.map(name)))") + "."
      + (importance.columns.count > 1 ? " After longer training it may be another." : "")
  }

  /// `a`, `a and b`, `a, b and c`.
  static func list(_ parts: [String]) -> String {
    guard parts.count > 1 else { return parts.first ?? "" }
    return parts.dropLast().joined(separator: ", ") + " and " + parts[parts.count - 1]
  }
}
