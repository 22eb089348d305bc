internal import TuningTypes

/// Where each trial of a scheduler stands, by trial. Eight bytes a trial, O(1) all of it.
struct TrialLedger: Sendable {
  enum Phase: UInt8, Sendable {
    /// In flight to its rung.
    case running
    /// Completed its rung with a finite loss, and waits there for promotion.
    case paused
    /// Completed its rung with a loss that is not finite.
    case diverged
    /// Found invalid, and in no rung.
    case erased
    /// Has completed the rung below and is to run on to its rung at once; nobody has the job yet.
    case due
  }

  struct Record: Hashable, Sendable {
    private var rungNumber: Int32
    var phase: Phase

    init(rung: RungIndex, phase: Phase) {
      rungNumber = Int32(rung.rawValue)
      self.phase = phase
    }

    /// The highest rung that the trial has entered.
    var rung: RungIndex { RungIndex(Int(rungNumber)) }

    /// How many rungs the trial has completed.
    var completedRungs: Int {
      switch phase {
      case .running, .due: rung.rawValue
      case .paused, .diverged: rung.rawValue + 1
      case .erased: 0
      }
    }
  }

  private(set) var records: [Record] = []
  private(set) var runningCount = 0

  /// What is known of `trial`, or nil where it has not started.
  func record(of trial: TrialID) -> Record? {
    records.indices.contains(trial.rawValue) ? records[trial.rawValue] : nil
  }

  /// Starts the next trial, in rung 0.
  mutating func start() -> TrialID {
    records.append(Record(rung: 0, phase: .running))
    runningCount += 1
    return TrialID(records.count - 1)
  }

  mutating func promote(_ trial: TrialID, to rung: RungIndex) {
    records[trial.rawValue] = Record(rung: rung, phase: .running)
    runningCount += 1
  }

  /// Says that the trial is to run on, as soon as somebody takes it.
  mutating func makeDue(_ trial: TrialID, to rung: RungIndex) {
    records[trial.rawValue] = Record(rung: rung, phase: .due)
  }

  /// Whether the trial is to run on and nobody has the job yet.
  func isDue(_ trial: TrialID) -> Bool { record(of: trial)?.phase == .due }

  mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) {
    precondition(requireRunning(trial) == rung, "trial \(trial) is not in flight to rung \(rung)")
    records[trial.rawValue].phase = loss.isFinite ? .paused : .diverged
    runningCount -= 1
  }

  /// Erases a trial in flight, and says to which rung it was.
  mutating func erase(_ trial: TrialID) -> RungIndex {
    let rung = requireRunning(trial)
    records[trial.rawValue] = Record(rung: 0, phase: .erased)
    runningCount -= 1
    return rung
  }

  private func requireRunning(_ trial: TrialID) -> RungIndex {
    guard let record = record(of: trial), record.phase == .running else {
      preconditionFailure("trial \(trial) is not in flight")
    }
    return record.rung
  }
}
