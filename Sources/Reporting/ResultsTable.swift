public import Tuning
internal import TuningTypes

/// The study's trials as a table, a row each: `results.csv`, made from the journal.
public struct ResultsTable {
  fileprivate struct Row {
    var bracket: BracketIndex
    var configuration: Configuration
    var resource: Resource = 0
    var losses: [Loss?] = []
    var isInvalid = false
    var failed = false
  }

  private var rows: [Row?] = []
  private var rungs = 0
  private let parameterNames: [String]

  /// Reads a journal.
  ///
  /// - Parameter parameterNames: the hyperparameters, in the order of the columns.
  /// - Complexity: O(length of the journal).
  public init(journal: JournalReader, parameterNames: [String]) throws {
    self.parameterNames = parameterNames
    try journal.forEach { take($0) }
  }

  private mutating func take(_ event: JournalEvent) {
    switch event {
    case .dispatch(let job, _, _) where job.rung == 0:
      row(job.trial) { $0 = $0 ?? Row(bracket: job.bracket, configuration: job.configuration) }
    case .result(let result):
      rungs = max(rungs, result.rung.rawValue + 1)
      row(result.trial) { row in
        row?.resource = result.resource
        row?.setLoss(result.loss, at: result.rung)
      }
    case .failure(let failure) where failure.isFinal:
      row(failure.trial) { row in
        if failure.kind == .invalid { row?.isInvalid = true } else { row?.failed = true }
      }
    default: break
    }
  }

  private mutating func row(_ trial: TrialID, _ change: (inout Row?) -> Void) {
    guard trial.rawValue >= 0, trial.rawValue < 1 << 40 else { return }
    while rows.count <= trial.rawValue { rows.append(nil) }
    change(&rows[trial.rawValue])
  }

  /// The table as RFC 4180 text with a header: `trial`, `bracket`, the hyperparameters, `status`, the furthest `resource`
  /// and the `loss` there, and the loss at each rung, empty where there is none.
  public var csv: [UInt8] {
    let losses = (0..<rungs).map { "loss_rung_\($0)" }
    let header = ["trial", "bracket"] + parameterNames + ["status", "resource", "loss"] + losses
    var text = Array((header.map(Self.quoted).joined(separator: ",") + "\n").utf8)
    for (trial, row) in rows.enumerated() {
      guard let row else { continue }
      var line = "\(trial),\(row.bracket)"
      for name in parameterNames { line += "," + (row.configuration[name].map { Self.quoted($0.description) } ?? "") }
      let last = row.losses.last ?? nil
      let status = row.isInvalid ? "invalid" : row.failed ? "failed" : last == nil ? "unfinished" : "completed"
      line += ",\(status),\(row.resource),\(last.map(Self.number) ?? "")"
      for rung in 0..<rungs {
        line += "," + ((rung < row.losses.count ? row.losses[rung] : nil).map(Self.number) ?? "")
      }
      text += line.utf8
      text.append(0x0A)
    }
    return text
  }

  private static func number(_ loss: Loss) -> String { loss.value.description }

  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

extension ResultsTable.Row {
  fileprivate mutating func setLoss(_ loss: Loss, at rung: RungIndex) {
    while losses.count <= rung.rawValue { losses.append(nil) }
    losses[rung.rawValue] = loss
  }
}
