internal import Files
internal import Journal
internal import Search
internal import SearchSpace
internal import StudyFile
internal import SuccessiveHalving
internal import TuningTypes

/// What of a study's status is shown.
public struct StatusView: Hashable, Sendable {
  /// All reasons of failures, and all workers that had any.
  public var showsAllFailures = false
  /// How many of the best trials.
  public var top = 0
  /// How many running jobs.
  public var jobs = 5
  public var jobOrder = StatusReport.JobOrder.ratio
  /// The workers, each with its failures, in place of the rungs' details.
  public var showsWorkers = false
  /// How much room the checkpoints take, which is looked for half a second at most.
  public var showsSizes = true

  public init(showsAllFailures: Bool = false, top: Int = 0) {
    (self.showsAllFailures, self.top) = (showsAllFailures, top)
  }
}

// MARK: - For people

extension StatusReport {
  /// One line, for several studies.
  public func line(in style: TextStyle = TextStyle()) -> String {
    let best = history.best.map { "best \(study.plan.objective.metric) \(value($0.loss))" } ?? noBest
    var parts = [
      stateText(withHint: false), "\(configurations)\(shownLimit.map { " of \($0)" } ?? "") configurations",
      Wording.count(history.results, "job"),
    ]
    if history.failedJobs > 0 { parts.append("\(history.failedJobs) failed") }
    parts.append(best)
    if let left = secondsLeft { parts.append("about \(Wording.duration(left)) left") }
    return StyledLine("\(folder): \(parts.joined(separator: ", "))", stateKind).rendered(in: style) + "\n"
  }

  /// What is said in the place of the best loss.
  private var noBest: String {
    let what = history.results > 0 ? "no finite loss" : "no result"
    return isOver ? what : "\(what) yet"
  }

  /// The page.
  public func text(_ view: StatusView = StatusView(), in style: TextStyle = TextStyle()) -> String {
    lines(view, width: style.columns).map { $0.rendered(in: style) + "\n" }.joined()
  }

  /// Writes the page to standard output.
  public func show(_ view: StatusView, in style: TextStyle) { Console.draw(text(view, in: style)) }

  /// Writes the line to standard output.
  public func showLine(in style: TextStyle) { Console.draw(line(in: style)) }

  /// - Parameter width: how many columns there are; nil: as many as it takes.
  func lines(_ view: StatusView, width: Int?) -> [StyledLine] {
    var lines = [StyledLine("\(study.name): \(stateText(withHint: true))", stateKind)]
    for parts in [ageOfData, progress, counts] { lines += Self.wrapped(parts, width).map { StyledLine($0) } }
    lines.append(StyledLine(""))
    lines += ladder(width: width)
    lines += sparklines(width: min(50, (width ?? 80) - 26))
    lines.append(StyledLine(""))
    lines += best(width)
    if view.top > 0 { lines += topTable(view.top) }
    if view.showsWorkers { lines += workers }
    lines += runningTable(view)
    lines += failures(all: view.showsAllFailures)
    if view.showsSizes, !isSimulated, let sizes = FolderSizes(of: StudyFolder(path: folder)).line {
      lines += [StyledLine(""), StyledLine(sizes)]
    }
    return lines
  }

  private func value(_ loss: Loss?) -> String { loss.map { Wording.short(study.plan.objective.value(of: $0)) } ?? "–" }

  private func value(_ loss: Double?) -> String { loss.map { Wording.short(metric($0)) } ?? "–" }

  private var stateKind: StyledLine.Kind {
    switch state {
    case .running: .good
    case .finished, .simulated, .asked: .heading
    case .stopped: .warning
    case .ended: .bad
    }
  }

  private func stateText(withHint: Bool) -> String {
    let hint = withHint ? "; to go on: ash-mpi resume \(folder.shellWord)" : ""
    return switch state {
    case .running: "running on \(place)"
    case .finished(let reason): "finished (\(reason.rawValue))"
    case .stopped(let reason): "stopped (\(reason.rawValue))\(hint)"
    case .ended: "ended without a word, perhaps killed\(hint)"
    case .simulated: "simulated"
    case .asked: "its jobs are asked for, \(history.runningCount) are out"
    }
  }

  /// The workers, their hosts, and the batch job.
  private var place: String {
    let hosts = history.run.site.distinctHosts
    var text = Wording.count(history.workers, "worker")
    if hosts.count == 1 { text += " on \(hosts[0])" }
    if hosts.count > 1 {
      let shown = hosts.prefix(Self.mostHosts).joined(separator: ", ") + (hosts.count > Self.mostHosts ? ", …" : "")
      text += " of \(hosts.count) hosts (\(shown))"
    }
    if let job = history.run.site.batchJob { text += ", batch job \(job)" }
    return text
  }

  private static let mostHosts = 4

  /// Texts with commas between, in as many lines as it takes.
  private static func wrapped(_ parts: [String], _ width: Int?, indentation: String = "") -> [String] {
    var lines: [String] = []
    for (index, part) in parts.enumerated() {
      let text = index + 1 < parts.count ? "\(part)," : part
      if let last = lines.last, last.count + 1 + text.count < width ?? .max {
        lines[lines.count - 1] = "\(last) \(text)"
      } else {
        lines.append("\(indentation)\(text)")
      }
    }
    return lines
  }

  private var ageOfData: [String] {
    switch state {
    case .running(let owner):
      let last = sinceLastAnswer.map { "last result \(Wording.duration($0)) ago" } ?? "no result yet"
      return [last, "process \(owner.process) on \(owner.host) seen \(Wording.duration(owner.silence)) ago"]
    case .ended(let owner?):
      return [
        "process \(owner.process) on \(owner.host) seen last \(Wording.duration(owner.silence)) ago",
        "journal written \(Wording.duration(age)) ago",
      ]
    case .finished, .stopped, .ended(nil), .asked: return ["journal written \(Wording.duration(age)) ago"]
    case .simulated: return []
    }
  }

  private var progress: [String] {
    var parts = ["\(Wording.duration(elapsed)) so far"]
    if let left = secondsLeft { parts.append("about \(Wording.duration(left)) left") }
    if let limit = timeLimitLeft { parts.append("its time ends in \(Wording.duration(limit))") }
    if let expected = expectedUnits, !isOver {
      parts.append(
        "\(Wording.whole(history.units)) of about \(Wording.whole(expected)) \(resourceUnit)"
          + (expected > 0 ? " (\(Wording.percent(history.units / expected)))" : ""))
    } else {
      parts.append("\(Wording.whole(history.units)) \(resourceUnit)")
    }
    return parts
  }

  private var counts: [String] {
    var parts = ["\(configurations)\(shownLimit.map { " of \($0)" } ?? "") configurations"]
    parts.append("\(Wording.count(history.results, "job")) done")
    if history.failedJobs > 0 { parts.append("\(history.failedJobs) failed") }
    if history.invalid > 0 { parts.append("\(history.invalid) invalid") }
    let out = history.runningCount
    if isRunning {
      let lost = status.map { max(0, $0.workers - $0.workersInService) } ?? 0
      parts.append("\(out) of \(history.workers) workers busy")
      if lost > 0 { parts.append("\(lost) lost or set aside") }
    } else if out > 0 {
      parts.append("\(out) in flight")
    }
    parts.append("\(Wording.percent(utilisation)) of the workers' time in training")
    return parts
  }

  private func ladder(width: Int?) -> [StyledLine] {
    guard !history.rungs.isEmpty else { return [StyledLine("  no job has been started yet")] }
    let hasBrackets = Set(history.rungs.keys.map(\.bracket)).count > 1
    let someFailed = history.rungs.values.contains { $0.failed > 0 }
    let running = runningByRung
    var table = TextTable(
      header: (hasBrackets ? ["bracket"] : []) + ["rung", resourceUnit, "running", "completed", "promoted"]
        + (someFailed ? ["failed"] : []) + ["best", "promoted up to"])
    for (key, rung) in rungs {
      table.add(
        (hasBrackets ? ["\(key.bracket)"] : []) + [
          "\(key.rung)", "\(rung.resource)", "\(running[key] ?? 0)", "\(rung.losses.count)", "\(rung.promoted)",
        ] + (someFailed ? ["\(rung.failed)"] : []) + [value(standings[key]?.best), value(threshold(key))])
    }
    return table.lines(atMost: width).enumerated().map { StyledLine($1, $0 == 0 ? .heading : .plain) }
  }

  private func sparklines(width: Int) -> [StyledLine] {
    guard width >= 10, elapsed > 0 else { return [] }
    var lines: [StyledLine] = []
    if let best = bestSparkline(width: width), let last = history.best {
      lines.append(StyledLine("  best so far   \(best.text)  \(value(last.loss))"))
    }
    if let busy = busySparkline(width: width) {
      lines.append(StyledLine("  workers busy  \(busy.text)  \(Wording.percent(busyShare))"))
    }
    return lines.isEmpty ? [] : [StyledLine("")] + lines
  }

  private func best(_ width: Int?) -> [StyledLine] {
    guard let best = history.best else { return [StyledLine("\(noBest.prefix(1).uppercased())\(noBest.dropFirst()).")] }
    let values = (history.configuration(of: best.trial) ?? Configuration()).entries.map {
      "\($0.name) \($0.value.shortText)"
    }
    let since = max(0, elapsed - best.time)
    let head =
      [
        "Best: trial \(best.trial)",
        "\(study.plan.objective.metric) \(value(best.loss)) at \(Wording.resource(best.resource, resourceUnit))",
        "found after \(Wording.duration(best.time))",
      ] + (isRunning && since >= 1 ? ["no better one for \(Wording.duration(since))"] : [])
    return Self.wrapped(head, width).map { StyledLine($0, .heading) }
      + Self.wrapped(values, width, indentation: "  ").map { StyledLine($0) }
  }

  private func topTable(_ count: Int) -> [StyledLine] {
    let best = top(count)
    guard !best.isEmpty else { return [] }
    let names = study.plan.space.parameters.map(\.name)
    var table = TextTable(header: ["trial", resourceUnit, study.plan.objective.metric] + names)
    for entry in best {
      let configuration = history.configuration(of: entry.trial) ?? Configuration()
      table.add(
        ["\(entry.trial)", "\(entry.resource)", value(entry.loss)]
          + names.map { configuration[$0]?.shortText ?? "–" })
    }
    return section("Best trials:", table)
  }

  private func section(_ title: String, _ table: TextTable) -> [StyledLine] {
    [StyledLine(""), StyledLine(title, .heading)] + table.lines.map { StyledLine($0) }
  }
}

// MARK: - Jobs, workers, failures

extension StatusReport {
  private func runningTable(_ view: StatusView) -> [StyledLine] {
    guard isRunning, view.jobs > 0 else { return [] }
    let jobs = runningJobs(by: view.jobOrder)
    guard !jobs.isEmpty else { return [] }
    let hasHosts = history.run.site.distinctHosts.count > 1
    var table = TextTable(
      header: ["job", "trial", "rung", "to", "worker"] + (hasHosts ? ["host"] : [])
        + ["for", "rung's median", "last report"])
    for running in jobs.prefix(view.jobs) {
      let report = running.report.map {
        "\(value($0.loss)) at \(Int(exactly: $0.resource).map { "\($0)" } ?? Wording.short($0.resource)), "
          + "\(Wording.duration(max(0, elapsed - $0.time))) ago"
      }
      table.add(
        [
          "\(running.job.id)", "\(running.job.trial)", "\(running.key.rung)", "\(running.job.resource)",
          "\(running.job.worker)",
        ] + (hasHosts ? [running.host ?? "–"] : []) + [
          Wording.duration(running.seconds), running.median.map(Wording.duration) ?? "–", report ?? "–",
        ])
    }
    let rest = jobs.count > view.jobs ? " (\(view.jobs) of \(jobs.count))" : ""
    return section("\(view.jobOrder.title)\(rest):", table)
  }

  /// Each worker with its job and its failures.
  private var workers: [StyledLine] {
    let jobs = Dictionary(running.map { ($0.worker, $0) }) { $1 }
    var table = TextTable(header: ["worker", "host", "job", "for", "failed jobs"])
    for number in 0..<history.workers {
      let (worker, job) = (WorkerID(number), jobs[WorkerID(number)])
      table.add([
        "\(number)", history.run.site.host(of: number) ?? "–", job.map { "\($0.id)" } ?? "idle",
        job.map { Wording.duration(max(0, elapsed - $0.start)) } ?? "", "\(history.failures.byWorker[worker] ?? 0)",
      ])
    }
    return section("Workers:", table)
  }

  private func failures(all: Bool) -> [StyledLine] {
    let (tally, kinds) = (history.failures, history.failures.ranked)
    guard !kinds.isEmpty else { return [] }
    let shown = all ? kinds[...] : kinds.prefix(3)
    var lines = [StyledLine(""), StyledLine("Failures:", .heading)]
    for failures in shown {
      let workers = failures.workers.sorted()
      let names = workers.prefix(8).map { "\($0)" }.joined(separator: ", ") + (workers.count > 8 ? ", …" : "")
      let last = isRunning ? ", last \(Wording.duration(max(0, elapsed - failures.last))) ago" : ""
      lines.append(
        StyledLine(
          "  \(failures.count) × \(failures.reason) (\(workers.count == 1 ? "worker" : "workers") \(names)\(last))"))
    }
    if shown.count < kinds.count {
      lines.append(StyledLine("  and \(Wording.count(kinds.count - shown.count, "other reason")): --failures"))
    }
    if all, tally.others > 0 { lines.append(StyledLine("  \(tally.others) × other reasons")) }
    let limit = all ? Int.max : 6
    let byWorker = tally.byWorker.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if byWorker.count > 1 || all, !byWorker.isEmpty {
      lines.append(Self.counts("by worker", byWorker.map { ("\($0.key)", $0.value) }, limit))
    }
    let byHost = history.failuresByHost.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if byHost.count > 1 || all, !byHost.isEmpty {
      lines.append(Self.counts("by host", byHost.map { ($0.key, $0.value) }, limit))
    }
    return lines
  }

  private static func counts(_ title: String, _ counts: [(name: String, count: Int)], _ limit: Int) -> StyledLine {
    let shown = counts.prefix(limit).map { "\($0.name): \($0.count)" }.joined(separator: ", ")
    return StyledLine("  \(title): \(shown)\(counts.count > limit ? ", …" : "")")
  }
}
