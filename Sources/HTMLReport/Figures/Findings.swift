internal import Journal
internal import Reporting
internal import Search
internal import SearchSpace
internal import StudyFile
internal import SuccessiveHalving
internal import TuningTypes

/// What a reader should know of a study, or change in the next: warnings first.
struct Findings {
  let all: [Finding]

  init(
    _ study: ReportedStudy, _ standings: [ReportedStudy.Standing], agreement: RankAgreement?, shares: TimeShares
  ) {
    let found =
      Self.ofRungs(study, agreement) + Self.ofLongTraining(study) + Self.ofEdges(study, standings)
      + Self.ofTime(study, shares) + Self.ofFailures(study) + Self.ofTheEnd(study)
    all = found.filter { $0.kind == .warning } + found.filter { $0.kind != .warning }
  }

  // MARK: Whether the ladder was well chosen

  private static func ofRungs(_ study: ReportedStudy, _ agreement: RankAgreement?) -> [Finding] {
    guard let agreement, let cell = agreement.verdict, let correlation = cell.correlation else { return [] }
    let number = Wording.decimal(correlation, 2)
    let between = "\(study.longName(cell.low)) and \(study.longName(cell.high))"
    if correlation < 0.2 {
      return [
        Finding(
          kind: .warning,
          text:
            "The order at \(study.longName(cell.low)) hardly agrees with that at \(study.longName(cell.high)): rank correlation "
            + "\(number) over the \(cell.count) trials with a result at both. The first rung may be too short to judge by: "
            + "raise min_resource (what the lowest rung trains to).")
      ]
    }
    let agreed =
      "\(between.prefix(1).uppercased() + between.dropFirst()) agree \(RankAgreement.word(correlation)) on the order of "
      + "the \(cell.count) trials with a result at both (rank correlation \(number))"
    guard let later = agreement.laterDoubt(after: cell), let doubt = later.correlation else {
      return [Finding(kind: .good, text: "\(agreed): a short training tells much of a longer one.")]
    }
    return [
      Finding(
        kind: .notice,
        text:
          "\(agreed). Among the \(later.count) that got to \(study.longName(later.high)), the order at \(study.rung(cell.low)) says little "
          + "(\(Wording.decimal(doubt, 2))): so short a training shows which trials are bad, not which of the good ones is the best. Only "
          + "trials that were good got there, which lowers the number; what would have become of the others is not known."
      )
    ]
  }

  /// Trials that were better before their last stretch: longer training has cost them.
  private static func ofLongTraining(_ study: ReportedStudy) -> [Finding] {
    guard let top = study.levels.last, let below = study.levels.dropLast().last else { return [] }
    var losses = [Double?](repeating: nil, count: study.history.trials.count)
    for (trial, loss) in zip(below.trials, below.losses) { losses[Int(trial)] = loss }
    let pairs = zip(top.trials, top.losses).compactMap { trial, loss in losses[Int(trial)].map { ($0, loss) } }
    let worse = pairs.count { !($0.1 <= $0.0) }
    guard pairs.count >= 3, worse * 2 >= pairs.count else { return [] }
    return [
      Finding(
        kind: .notice,
        text:
          "\(worse) of the \(pairs.count) trials that were trained to \(study.name(of: top.resource)) were better at "
          + "\(study.name(of: below.resource)): longer training cost them. A lower max_resource (now \(study.name(of: top.resource))) would do, or more regularisation."
      )
    ]
  }

  // MARK: Whether the search space was wide enough

  /// How many of the best are looked at, and how near to an end of its range counts as its edge.
  private static let best = 10
  private static let edge = 0.05

  private static func ofEdges(_ study: ReportedStudy, _ standings: [ReportedStudy.Standing]) -> [Finding] {
    let reached = standings.indices.filter { standings[$0].level >= 0 && standings[$0].loss.isFinite }
    guard reached.count >= 4 * best else { return [] }
    let trials = LearningCurves.best(best, of: reached, standings)
    return study.study.plan.space.parameters.enumerated().flatMap { index, parameter -> [Finding] in
      let axis = study.positions.axes[index]
      guard axis.isOrdered, axis.values.isEmpty || axis.values.count > 5, axis.axis.high > axis.axis.low else {
        return []
      }
      let places = trials.compactMap { study.positions.position(of: index, ofTrialAt: $0) }
      // Of a list its first and its last value.
      let edge = max(Self.edge, axis.values.isEmpty ? 0 : 0.6 / Double(axis.values.count))
      return [(true, places.count { $0 <= edge }), (false, places.count { $0 >= 1 - edge })].compactMap {
        isLow, count in
        guard count * 2 >= best else { return nil }
        let value =
          axis.values.isEmpty
          ? "within 5 % of \(Axis.compact(isLow ? axis.axis.low : axis.axis.high))"
          : "at \((isLow ? axis.values.first : axis.values.last)?.shortText ?? "")"
        return Finding(
          kind: .warning,
          text:
            "The best lie at the \(isLow ? "lower" : "upper") edge of \(parameter.name): \(count) of the best \(best) trials are \(value). "
            + "A wider range may hold better ones.")
      }
    }
  }

  // MARK: Where time was lost

  private static func ofTime(_ study: ReportedStudy, _ shares: TimeShares) -> [Finding] {
    guard !study.isAsked, shares.total > 0 else { return [] }
    var findings: [Finding] = []
    if shares.share(\.idle) >= 0.2 {
      findings.append(
        Finding(
          kind: .warning,
          text:
            "Workers were idle for \(Wording.percent(shares.share(\.idle))) of their time: there were fewer jobs than "
            + "workers. Fewer workers, more configurations or a smaller reduction factor would use them."))
    }
    if shares.share(\.overhead) >= 0.2 {
      findings.append(
        Finding(
          kind: .warning,
          text:
            "Starting jobs and moving checkpoints took \(Wording.percent(shares.share(\.overhead))) of the workers’ time: "
            + "jobs are short for what it takes to start one. Raise min_resource (what the lowest rung trains to)"
            + (study.startsProgramForEachJob ? ", or let one program serve many jobs (protocol: serve)." : ".")))
    }
    return findings
  }

  private static func ofFailures(_ study: ReportedStudy) -> [Finding] {
    var findings: [Finding] = []
    let jobs = study.history.results + study.history.failedJobs
    if study.history.failedJobs * 20 >= max(1, jobs), study.history.failedJobs > 0 {
      let reason = study.history.failures.ranked.first { !$0.isInvalid }
      findings.append(
        Finding(
          kind: .warning,
          text: "\(study.history.failedJobs) of \(jobs) jobs failed"
            + (reason.map { ", most often: \($0.reason.prefix(120))" } ?? "") + "."))
    }
    let diverged = study.levels.reduce(0) { $0 + $1.losses.count { !$0.isFinite } }
    if diverged * 10 >= max(1, study.history.results), diverged > 0 {
      findings.append(
        Finding(
          kind: .warning,
          text:
            "\(Wording.count(diverged, "result")) of \(study.history.results) were no finite number: that part of the search "
            + "space diverges."))
    }
    return findings
  }

  private static func ofTheEnd(_ study: ReportedStudy) -> [Finding] {
    var findings: [Finding] = []
    let time = study.time
    if let last = study.incumbents.steps.last, study.history.trials.count >= 30, last.time > 0.9 * time {
      findings.append(
        Finding(
          kind: .notice,
          text: "The best was found in the last tenth of the time: a longer study may find a better one."))
    }
    if let top = study.levels.last, study.levels.count > 1, top.count < 3, study.history.stopped?.isFinished == true {
      findings.append(
        Finding(
          kind: .notice,
          text:
            "Only \(Wording.count(top.count, "trial")) reached \(study.longName(study.levels.count - 1)): the winner was "
            + "chosen among few."))
    }
    return findings
  }
}
