internal import TuningTypes

extension Bracket {
  /// Traps where the parts contradict each other. O(n log n).
  func checkInvariants() {
    for rung in rungs { rung.checkInvariants() }
    var running = Array(repeating: 0, count: rungs.count)
    var completed = running
    var spent: Int128 = 0
    for (number, record) in ledger.records.enumerated() where record.phase != .erased {
      let trial = TrialID(number)
      let rung = record.rung.rawValue
      if record.phase == .running { running[rung] += 1 }
      let above = record.completedRungs
      for given in 0..<(record.phase == .due ? rung : rung + 1) {
        spent += Int128(ladder.resources[given].rawValue - ladder.resumeResource(of: RungIndex(given)).rawValue)
      }
      for below in 0..<above {
        completed[below] += 1
        guard let loss = rungs[below].loss(of: trial) else {
          preconditionFailure("trial \(trial) is missing from rung \(below)")
        }
        let isLast = below == above - 1
        let hasDiverged = isLast && record.phase == .diverged
        precondition(loss.isFinite != hasDiverged, "trial \(trial) diverged in rung \(below), or did not")
        let isPromoted = rungs[below].members.isPromoted(trial)
        precondition(isPromoted == (below < rung), "trial \(trial) was promoted from rung \(below), or was not")
      }
    }
    precondition(running == self.running, "\(self.running) running, and there are \(running)")
    precondition(spent == self.spent, "\(self.spent) spent, and it is \(spent)")
    precondition(running.reduce(0, +) == ledger.runningCount, "running trials are miscounted")
    precondition(completed == rungs.map(\.completed), "a rung has a trial that never started, or was erased")
  }
}
