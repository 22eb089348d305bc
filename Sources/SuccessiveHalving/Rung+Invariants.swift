internal import TuningTypes

extension Rung {
  /// Traps where the parts of the rung contradict each other. O(n log n).
  public func checkInvariants() {
    var present = 0
    var gone = 0
    var ranked = 0
    members.visit { trial, isPromoted in
      present += 1
      if isPromoted { gone += 1 }
      if trial.loss.isFinite { ranked += 1 }
      precondition(!isPromoted || trial.loss.isFinite, "trial \(trial.trial) diverged and was promoted")
    }
    precondition(present == completed, "\(completed) completed, and there are \(present)")
    precondition(gone == promoted, "\(promoted) promoted, and there are \(gone)")
    precondition(gone == 0 || !isTop, "promoted from the top rung")
    precondition(top.count == (keepsOrder ? ranked : 0), "\(ranked) ranked, and the top set has \(top.count)")
    precondition(top.topCount == (keepsOrder ? min(quota, ranked) : 0), "the top has \(top.topCount) for \(quota)")
    if let violation = top.violation(members) { preconditionFailure(violation) }
  }
}
