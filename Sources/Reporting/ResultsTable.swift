internal import Files
public import SearchSpace
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

  private var rows: [TrialID: Row] = [:]
  private var rungs = 0
  private let parameterNames: [String]

  /// Reads a journal.
  ///
  /// - Parameter space: the study's; its hyperparameters are columns.
  /// - Complexity: O(length of the journal).
  public init(journal: JournalReader, space: SearchSpace) throws {
    parameterNames = space.parameters.map(\.name)
    try journal.forEach(in: space) { take($0) }
  }

  private mutating func take(_ event: JournalEvent) {
    switch event {
    case .dispatch(let job, _, _) where job.rung == 0:
      if rows[job.trial] == nil { rows[job.trial] = Row(bracket: job.bracket, configuration: job.configuration) }
    case .result(let result):
      // No ladder has more rungs than this; a damaged journal may.
      guard result.rung.rawValue < 1 << 16 else { return }
      rungs = max(rungs, result.rung.rawValue + 1)
      rows[result.trial]?.resource = result.resource
      rows[result.trial]?.setLoss(result.loss, at: result.rung)
    case .failure(let failure) where failure.isFinal:
      if failure.kind == .invalid {
        rows[failure.trial]?.isInvalid = true
      } else {
        rows[failure.trial]?.failed = true
      }
    default: break
    }
  }

  /// The table as RFC 4180 text with a header: `trial`, `bracket`, the hyperparameters, `status`, the furthest `resource`
  /// and the `loss` there, and the loss at each rung, empty where there is none.
  public var csv: [UInt8] {
    let losses = (0..<rungs).map { "loss_rung_\($0)" }
    let header = ["trial", "bracket"] + parameterColumns + ["status", "resource", "loss"] + losses
    var text = Array((header.map(Self.quoted).joined(separator: ",") + "\n").utf8)
    for (trial, row) in rows.sorted(by: { $0.key < $1.key }) {
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

  private static func number(_ loss: Loss) -> String { loss.value.description }

  /// A cell. What a terminal would obey is shown instead; line ends stay, in quotation marks.
  private static func quoted(_ cell: String) -> String {
    let text = cell.visible(keepingLines: true)
    // Not by characters: CR LF is one of its own, and so is a quotation mark with an accent on it.
    guard text.utf8.contains(where: isSpecial) else { return text }
    let doubled = text.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined()
    return "\"\(doubled)\""
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"): true
    default: false
    }
  }
}

extension ResultsTable.Row {
  fileprivate mutating func setLoss(_ loss: Loss, at rung: RungIndex) {
    while losses.count <= rung.rawValue { losses.append(nil) }
    losses[rung.rawValue] = loss
  }
}
