package import TuningTypes

/// The trials of one rung with their losses and whether they were promoted, by trial.
///
/// Trials are numbered consecutively and arrive roughly in that order, so a page table beats a hash table: 64 trials
/// to a page, a directory from page of trials to page of memory, no page where no trial is. A lookup is two loads, a
/// new trial nearly always falls into a page that is in the cache, and walking in order of trial needs no sort.
///
/// Memory: 8.25 bytes a trial where all trials are in the rung; a rung that one in 64 reaches still has most pages.
package struct RungMembers: Sendable {
  private static let absent: Int32 = -1

  /// For each 64 trials, the number of their page, or `absent`.
  private var directory: [Int32] = []
  /// For each page, a bit for each trial that is a member.
  private var present: [UInt64] = []
  /// For each page, a bit for each member that was promoted.
  private var promoted: [UInt64] = []
  /// For each page, 64 losses; so many pages to a chunk, since an array that grows is copied again and again.
  private var losses: [[Double]] = []
  private static let pagesOfChunk = 64

  package init() {}

  /// Whether `trial` is a member. O(1).
  package func contains(_ trial: TrialID) -> Bool {
    guard let page = page(of: trial) else { return false }
    return present[page] & Self.bit(trial) != 0
  }

  /// Whether `trial` is a member and was promoted. O(1).
  package func isPromoted(_ trial: TrialID) -> Bool {
    guard let page = page(of: trial) else { return false }
    return promoted[page] & Self.bit(trial) != 0
  }

  /// The loss of `trial`, or nil where it is no member. O(1).
  package func loss(of trial: TrialID) -> Loss? {
    guard let page = page(of: trial), present[page] & Self.bit(trial) != 0 else { return nil }
    return loss(page, trial.rawValue & 63)
  }

  /// Adds `trial`, which is no member. Amortised O(1).
  package mutating func insert(_ trial: TrialID, loss: Loss) {
    let page = makePage(of: trial)
    precondition(present[page] & Self.bit(trial) == 0, "trial \(trial) has completed this rung before")
    present[page] |= Self.bit(trial)
    losses[page / Self.pagesOfChunk][(page % Self.pagesOfChunk) << 6 | trial.rawValue & 63] = loss.value
  }

  /// Marks the member `trial` as promoted. O(1).
  package mutating func markPromoted(_ trial: TrialID) {
    guard let page = page(of: trial), present[page] & ~promoted[page] & Self.bit(trial) != 0 else {
      preconditionFailure("trial \(trial) is not in this rung, or was promoted before")
    }
    promoted[page] |= Self.bit(trial)
  }

  /// Takes out the member `trial`. O(1).
  package mutating func remove(_ trial: TrialID) {
    guard let page = page(of: trial), present[page] & Self.bit(trial) != 0 else {
      preconditionFailure("trial \(trial) is not in this rung")
    }
    present[page] &= ~Self.bit(trial)
    promoted[page] &= ~Self.bit(trial)
  }

  /// Calls `body` with each member, by trial. O(members + trials / 64).
  package func visit(_ body: (_ trial: RankedTrial, _ isPromoted: Bool) -> Void) {
    for (block, page) in directory.enumerated() where page != Self.absent {
      let page = Int(page)
      var left = present[page]
      while left != 0 {
        let offset = left.trailingZeroBitCount
        left &= left - 1
        body(
          RankedTrial(trial: TrialID(block << 6 | offset), loss: loss(page, offset)),
          promoted[page] >> UInt64(offset) & 1 == 1)
      }
    }
  }

  private func loss(_ page: Int, _ offset: Int) -> Loss {
    Loss(losses[page / Self.pagesOfChunk][(page % Self.pagesOfChunk) << 6 | offset])
  }

  private static func bit(_ trial: TrialID) -> UInt64 { 1 << UInt64(trial.rawValue & 63) }

  private func page(of trial: TrialID) -> Int? {
    let block = trial.rawValue >> 6
    guard block < directory.count, directory[block] != Self.absent else { return nil }
    return Int(directory[block])
  }

  private mutating func makePage(of trial: TrialID) -> Int {
    if let page = page(of: trial) { return page }
    let block = trial.rawValue >> 6
    while directory.count <= block { directory.append(Self.absent) }
    let page = present.count
    directory[block] = Int32(page)
    present.append(0)
    promoted.append(0)
    if page % Self.pagesOfChunk == 0 { losses.append(Array(repeating: 0, count: Self.pagesOfChunk << 6)) }
    return page
  }
}

extension RungMembers: TopSetStatuses {
  package func isErased(_ element: RankedTrial) -> Bool { !contains(element.trial) }
  package func isTaken(_ element: RankedTrial) -> Bool { isPromoted(element.trial) }
}
