internal import Files
public import Journal
internal import Search
public import SearchSpace
internal import Text
internal import TuningTypes

/// The study's trials as a table, a row each: `results.csv`, made from the journal.
///
/// The journal is read twice: once for what became of the trials, of which a few numbers each are kept, and once for their
/// configurations, which are written as they come.
public struct ResultsTable {
  fileprivate struct Row {
    var bracket: Int32
    var isInvalid = false
    var failed = false
    var isWritten = false
    /// The number of the last of its losses; -1 where it has none.
    var lastLoss: Int32 = -1
    var resource: Resource = 0
  }

  private struct RungLoss {
    let loss: Double
    let rung: Int32
    /// The number of the trial's loss before this one.
    let previous: Int32
  }

  private let journal: JournalReader
  private let space: SearchSpace
  /// Trials in the order of their numbers, as a tuner starts them.
  private var rows: [Row] = []
  /// Those out of order, as only a damaged journal has them.
  private var others: [TrialID: Row] = [:]
  private var losses: [RungLoss] = []
  private var rungs = 0
  private let parameterNames: [String]

  /// Reads a journal.
  ///
  /// - Parameter space: the study's; its hyperparameters are columns.
  /// - Complexity: O(length of the journal); memory for some 40 bytes a trial and 16 a result.
  public init(journal: JournalReader, space: SearchSpace) throws {
    self.journal = journal
    self.space = space
    parameterNames = space.parameters.map(\.name)
    try journal.forEach(in: space) { take($0) }
  }

  private mutating func take(_ event: SearchRecord) {
    switch event {
    case .dispatch(let job, _, _) where job.rung == 0:
      let row = Row(bracket: Int32(clamping: job.bracket.rawValue))
      if job.trial.rawValue == rows.count {
        rows.append(row)
      } else if job.trial.rawValue > rows.count, others[job.trial] == nil {
        others[job.trial] = row
      }
    case .result(let result):
      // No ladder has more rungs than this; a damaged journal may.
      guard result.rung.rawValue < 1 << 16, losses.count < Int32.max else { return }
      let number = Int32(losses.count)
      var previous: Int32?
      change(result.trial) { row in
        previous = row.lastLoss
        row.lastLoss = number
        row.resource = result.resource
      }
      guard let previous else { return }
      rungs = max(rungs, result.rung.rawValue + 1)
      losses.append(RungLoss(loss: result.loss.value, rung: Int32(result.rung.rawValue), previous: previous))
    case .failure(let failure) where failure.isFinal:
      change(failure.trial) { row in
        if failure.kind == .invalid { row.isInvalid = true } else { row.failed = true }
      }
    default: break
    }
  }

  private mutating func change(_ trial: TrialID, _ body: (inout Row) -> Void) {
    if rows.indices.contains(trial.rawValue) {
      body(&rows[trial.rawValue])
    } else if var row = others[trial] {
      body(&row)
      others[trial] = row
    }
  }

  /// How much text is given at once, in bytes.
  private static let pieceSize = 1 << 20

  /// Gives the table piece by piece, as RFC 4180 text with a header: `trial`, `bracket`, the hyperparameters, `status`, the
  /// furthest `resource` and the `loss` there, and the loss at each rung, empty where there is none.
  ///
  /// - Parameters:
  ///   - progress: told now and then which share of the rows is done.
  ///   - write: takes a piece.
  /// - Throws: what reading the journal and `write` throw.
  public func write(progress: (Double) -> Void = { _ in }, _ write: ([UInt8]) throws -> Void) throws {
    let names = (0..<rungs).map { "loss_rung_\($0)" }
    let header = ["trial", "bracket"] + parameterColumns + ["status", "resource", "loss"] + names
    var text = Array((header.map(Self.quoted).joined(separator: ",") + "\n").utf8)
    var table = self
    var count = 0
    let total = Double(max(1, rows.count + others.count))
    try journal.forEach(kind: "dispatch", in: space) { event in
      guard case .dispatch(let job, _, _) = event, job.rung == 0, let row = table.takeRow(of: job.trial) else { return }
      table.append(row, job, to: &text)
      count += 1
      guard text.count >= Self.pieceSize else { return }
      try write(text)
      text.removeAll(keepingCapacity: true)
      progress(Double(count) / total)
    }
    try write(text)
  }

  /// The whole table.
  public func csv() throws -> [UInt8] {
    var bytes: [UInt8] = []
    try write { bytes += $0 }
    return bytes
  }

  /// A trial's row, once.
  private mutating func takeRow(of trial: TrialID) -> Row? {
    var found: Row?
    change(trial) { row in
      guard !row.isWritten else { return }
      row.isWritten = true
      found = row
    }
    return found
  }

  private func append(_ row: Row, _ job: Job, to text: inout [UInt8]) {
    var own = [Double?](repeating: nil, count: rungs)
    var (index, furthest) = (row.lastLoss, -1)
    while index >= 0 {
      let loss = losses[Int(index)]
      // Of several of one rung the last counts, which comes first here.
      if own[Int(loss.rung)] == nil { own[Int(loss.rung)] = loss.loss }
      furthest = max(furthest, Int(loss.rung))
      index = loss.previous
    }
    let last = furthest >= 0 ? own[furthest] : nil
    let status = row.isInvalid ? "invalid" : row.failed ? "failed" : last == nil ? "unfinished" : "completed"
    var line = "\(job.trial),\(row.bracket)"
    for name in parameterNames { line += "," + (job.configuration[name].map { Self.quoted($0.description) } ?? "") }
    line += ",\(status),\(row.resource),\(last.map(Self.number) ?? "")"
    for loss in own { line += "," + (loss.map(Self.number) ?? "") }
    text += line.utf8
    text.append(0x0A)
  }

  /// The hyperparameters' columns: their names, those apart that other columns have, as `configuration.loss`.
  private var parameterColumns: [String] {
    var taken: Set = ["trial", "bracket", "status", "resource", "loss"]
    taken.formUnion(parameterNames.filter { !taken.contains($0) && !$0.hasPrefix("loss_rung_") })
    return parameterNames.map { name in
      guard ["trial", "bracket", "status", "resource", "loss"].contains(name) || name.hasPrefix("loss_rung_") else {
        return name
      }
      var column = "configuration.\(name)"
      while !taken.insert(column).inserted { column = "configuration.\(column)" }
      return column
    }
  }

  private static func number(_ loss: Double) -> String { loss.description }

  /// A cell. What a terminal would obey is shown instead; line ends stay, in quotation marks.
  private static func quoted(_ text: String) -> String { text.visible(keepingLines: true).csvCell }
}
