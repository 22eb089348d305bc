internal import Foundation
internal import Synchronization
internal import Tuning
internal import TuningTypes

/// The thread that writes the journal and deletes checkpoints, so that a slow disk never keeps a worker waiting for its job.
///
/// Lines go to the file in the order in which they were given, in groups; once a second, and at the end, all of them are
/// on the disk. A checkpoint goes after the lines that were given with it.
final class FolderWriter: Sendable {
  private enum Order: Sendable {
    case write
    case end
  }

  /// What has been given and not yet taken.
  private struct Pending: ~Copyable {
    var lines = JSONText()
    var discarded: [TrialID] = []
  }

  private let orders = Mailbox<Order>()
  private let ended = Mailbox<Void>()
  /// Memory goes round: what is given is exchanged for what is empty.
  private let pending = Mutex(Pending())
  private let error = Mutex<DiskError?>(nil)
  /// On its way to the thread that owns it.
  private let journal: Mutex<Journal?>
  private let checkpoints: CheckpointStore

  /// Seconds between two looks at whether the disk is behind.
  private static let lookInterval = 0.25

  /// Begins to write; the journal is the writer's from here on.
  init(_ journal: consuming Journal, checkpoints: CheckpointStore) {
    self.journal = Mutex(consume journal)
    self.checkpoints = checkpoints
    let thread = Thread { [self] in
      guard let journal = self.journal.withLock({ $0.take() }) else { return }
      run(journal)
    }
    thread.name = "writer"
    thread.start()
  }

  /// The first failure of the disk. From then on nothing is written.
  var failure: DiskError? { error.withLock { $0 } }

  /// Takes whole lines to be written, and the trials whose checkpoints are then to be deleted, and leaves both empty. Never
  /// waits for the disk.
  func write(_ lines: inout JSONText, discarding trials: inout [TrialID]) {
    pending.withLock { pending in
      if pending.lines.isEmpty {
        swap(&pending.lines, &lines)
      } else {
        pending.lines.append(lines)
        lines.removeAll()
      }
      pending.discarded += trials
      trials.removeAll(keepingCapacity: true)
    }
    orders.put(.write)
  }

  /// Waits until everything given is on the disk, and ends the thread.
  ///
  /// - Throws: the first failure there was.
  func end() throws(DiskError) {
    orders.put(.end)
    while ended.take(waiting: 1) == nil {}
    if let failure { throw failure }
  }

  private func run(_ journal: consuming Journal) {
    let began = ContinuousClock.now
    var work = Pending()
    var isOver = false
    while !isOver {
      let order = orders.take(waiting: Self.lookInterval)
      guard failure == nil else {
        if case .end = order { break }
        continue
      }
      do throws(DiskError) {
        switch order {
        case .write:
          pending.withLock { swap(&$0, &work) }
          try journal.write(lines: work.lines)
          work.lines.removeAll()
          try journal.commit(at: Double(elapsed: .now - began))
          checkpoints.remove(work.discarded)
          work.discarded.removeAll(keepingCapacity: true)
        case .end:
          isOver = true
          try journal.synchronize()
        case nil:
          try journal.commit(at: Double(elapsed: .now - began))
        }
      } catch {
        self.error.withLock { $0 = error }
      }
    }
    ended.put(())
  }
}
