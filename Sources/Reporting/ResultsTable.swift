internal import Search
internal import Files
public import Journal
public import SearchSpace
internal import Text
internal import TuningTypes

/// The study's trials as a table, a row each: `results.csv`, made from the journal.
///
/// A journal is read twice: once for what became of the trials, of which a few numbers each are kept, and once for their
/// configurations, which are written as they come. A history that keeps configurations needs no second reading.
public struct ResultsTable {
  /// Where configurations are read from; nil where the history has them.
  private let journal: JournalReader?
  private let space: SearchSpace
  let history: StudyHistory
  private let rungs: Int
  private let parameterNames: [String]
  private let metricNames: [String]

  /// Reads a journal.
  ///
  /// - Parameter space: the study's; its hyperparameters are columns.
  /// - Complexity: O(length of the journal); memory for some 50 bytes a trial and 72 a job.
  public init(journal: JournalReader, space: SearchSpace) throws {
    self.init(try StudyHistory(journal, in: space, keeping: .lastWords), journal, space)
  }

  /// - Parameter history: keeps configurations and last words.
  package init(_ history: StudyHistory, space: SearchSpace) { self.init(history, nil, space) }

  private init(_ history: StudyHistory, _ journal: JournalReader?, _ space: SearchSpace) {
    (self.history, self.journal, self.space) = (history, journal, space)
    parameterNames = space.parameters.map(\.name)
    metricNames = history.metricNames
    // No ladder has more rungs than this; a damaged journal may.
    rungs =
      history.jobs.lazy.filter { $0.status == .completed && $0.rung.rawValue < Self.mostRungs }
      .map { $0.rung.rawValue + 1 }.max() ?? 0
  }

  private static let mostRungs = 1 << 16

  /// The seconds of training behind the results of each rung.
  var secondsByRung: [StudyHistory.RungKey: Double] {
    Dictionary(history.jobs.lazy.compactMap { job in job.seconds.map { (job.key, $0) } }, uniquingKeysWith: +)
  }

  /// How much text is given at once, in bytes.
  private static let pieceSize = 1 << 20

  /// Gives the table piece by piece, as RFC 4180 text with a header: `trial`, `bracket`, the hyperparameters, `status`, the
  /// furthest `resource` and the `loss` there, the loss at each rung, empty where there is none, the `seconds` of training, the
  /// `reason` of a failure, and the metrics of the last result as `metric.NAME`.
  ///
  /// - Parameters:
  ///   - progress: told now and then which share of the rows is done.
  ///   - write: takes a piece.
  /// - Throws: what reading the journal and `write` throw.
  public func write(progress: (Double) -> Void = { _ in }, _ write: ([UInt8]) throws -> Void) throws {
    let names = (0..<rungs).map { "loss_rung_\($0)" }
    let header =
      ["trial", "bracket"] + parameterColumns + ["status", "resource", "loss"] + names + ["seconds", "reason"]
      + metricNames.map { "metric.\($0.visible)" }
    var text = Array((header.map(Self.quoted).joined(separator: ",") + "\n").utf8)
    var count = 0
    let total = Double(max(1, history.trials.count))
    try forEachTrial { trial, configuration in
      append(trial, configuration, to: &text)
      count += 1
      guard text.count >= Self.pieceSize else { return }
      try write(text)
      text.removeAll(keepingCapacity: true)
      progress(Double(count) / total)
    }
    try write(text)
  }

  /// Gives each trial with its configuration, in the order in which they began.
  private func forEachTrial(_ body: (StudyHistory.Trial, Configuration) throws -> Void) throws {
    guard let journal else {
      for trial in history.trials { try body(trial, history.configuration(of: trial.id) ?? Configuration()) }
      return
    }
    var isGiven = [Bool](repeating: false, count: history.trials.count)
    try journal.forEach(kind: "dispatch", in: space) { event in
      // The first line of a trial has its configuration.
      guard case .dispatch(let job, _, _) = event, let place = history.place(of: job.trial), !isGiven[place] else {
        return
      }
      isGiven[place] = true
      try body(history.trials[place], job.configuration)
    }
  }

  /// The whole table.
  public func csv() throws -> [UInt8] {
    var bytes: [UInt8] = []
    try write { bytes += $0 }
    return bytes
  }

  private func append(_ trial: StudyHistory.Trial, _ configuration: Configuration, to text: inout [UInt8]) {
    var own = [Double?](repeating: nil, count: rungs)
    let seconds = history.jobsBackwards(of: trial).reduce(0) { $0 + ($1.seconds ?? 0) }
    for done in history.jobsBackwards(of: trial) where done.status == .completed && done.rung.rawValue < rungs {
      // Of several of one rung the last counts, which comes first here.
      if own[done.rung.rawValue] == nil { own[done.rung.rawValue] = done.loss.value }
    }
    for passed in history.passedBackwards(of: trial) where passed.rung.rawValue < rungs {
      if own[passed.rung.rawValue] == nil { own[passed.rung.rawValue] = passed.loss.value }
    }
    let last = own.last { $0 != nil } ?? nil
    let status = trial.isInvalid ? "invalid" : trial.hasFailed ? "failed" : last == nil ? "unfinished" : "completed"
    var line = "\(trial.id),\(trial.bracket)"
    for name in parameterNames { line += "," + (configuration[name].map { Self.quoted($0.description) } ?? "") }
    line += ",\(status),\(trial.resource),\(last.map(Self.number) ?? "")"
    for loss in own { line += "," + (loss.map(Self.number) ?? "") }
    line += ",\(Wording.decimal(seconds, 3)),\(Self.quoted((history.failureReason(of: trial) ?? "").visible))"
    for name in metricNames { line += "," + (history.lastMetric(name, of: trial).map(Self.number) ?? "") }
    text += line.utf8
    text.append(0x0A)
  }

  /// The hyperparameters' columns: their names, those apart that other columns have, as `configuration.loss`.
  private var parameterColumns: [String] {
    let ours: Set = ["trial", "bracket", "status", "resource", "loss", "seconds", "reason"]
    let isOurs = { (name: String) in
      ours.contains(name) || name.hasPrefix("loss_rung_") || name.hasPrefix("metric.")
    }
    var taken = ours.union(parameterNames.filter { !isOurs($0) })
    return parameterNames.map { name in
      guard isOurs(name) else { return name }
      var column = "configuration.\(name)"
      while !taken.insert(column).inserted { column = "configuration.\(column)" }
      return column
    }
  }

  private static func number(_ loss: Double) -> String { loss.description }

  /// A cell. What a terminal would obey is shown instead; line ends stay, in quotation marks.
  private static func quoted(_ text: String) -> String { text.visible(keepingLines: true).csvCell }
}
