package import Files
package import Journal
internal import Synchronization
internal import Text
package import Training
internal import TuningTypes

/// The thread that writes the journal and deletes checkpoints, so that a slow disk never keeps a worker waiting for its job.
///
/// Lines go to the file in the order in which they were given, in groups; once a second, and at the end, all of them are
/// on the disk. A checkpoint goes after the lines that were given with it, and keeps none waiting for long.
package final class FolderWriter: Sendable {
  private enum Order: Sendable {
    case write
    /// Write the backlog, then delete all checkpoints except those of these trials. Nil: delete none; the next run deletes them.
    case end(keeping: Set<TrialID>?)

    var isEnd: Bool { if case .end = self { true } else { false } }
  }

  /// What has been given and not yet taken.
  private struct Pending: ~Copyable {
    var lines = JSONText()
    var discarded: [TrialID] = []
    /// The next contents of `status.json`.
    var status: RunStatus?
  }

  private let orders = Mailbox<Order>()
  private let ended = Mailbox<Void>()
  /// Memory goes round: what is given is exchanged for what is empty.
  private let pending = Mutex(Pending())
  private let error = Mutex<PlaceFault?>(nil)
  /// On its way to the thread that owns it.
  private let journal: Mutex<Journal?>
  private let checkpoints: CheckpointStore
  /// Where `status.json` lies; nil where there is to be none.
  private let folder: StudyFolder?

  /// Seconds between two looks at whether the disk is behind, and whether the journal is still there.
  private static let lookInterval = 0.25
  /// How long checkpoints are deleted before the journal gets its turn again.
  private static let deletionTime = Duration.milliseconds(10)

  /// How long the journal was when the writer got it.
  let journalLength: Int

  /// Begins to write; the journal is the writer's from here on.
  ///
  /// - Parameter folder: where `status.json` is to lie; nil: there is to be none.
  /// - Throws: `SystemError` where the thread can't be started.
  package init(_ journal: consuming Journal, checkpoints: CheckpointStore, status folder: StudyFolder? = nil)
    throws(SystemError)
  {
    self.folder = folder
    journalLength = journal.length
    self.journal = Mutex(consume journal)
    self.checkpoints = checkpoints
    try SystemThread.start("writer") { [self] in
      guard let journal = self.journal.withLock({ $0.take() }) else { return }
      run(journal)
      ended.put(())
    }
  }

  /// The first failure: of the disk, or a journal that is gone from its place. From then on nothing is written.
  var failure: PlaceFault? { error.withLock { $0 } }

  /// Takes lines to be written, and the trials whose checkpoints are then to be deleted, and leaves both empty. Never waits
  /// for the disk.
  func write(_ lines: inout JSONText, discarding trials: inout [TrialID]) {
    pending.withLock { pending in
      pending.lines.take(lines.count, firstOf: &lines)
      pending.discarded += trials
      trials.removeAll(keepingCapacity: true)
    }
    orders.put(.write)
  }

  /// Takes the first bytes of lines to be written, be the last of them whole or not, and leaves the rest.
  func write(first bytes: Int, of lines: inout JSONText) {
    pending.withLock { $0.lines.take(bytes, firstOf: &lines) }
    orders.put(.write)
  }

  /// Takes what `status.json` is to say next. Never waits for the disk.
  func write(_ status: RunStatus) {
    guard folder != nil else { return }
    pending.withLock { $0.status = status }
    orders.put(.write)
  }

  /// Waits until everything given is on the disk, and ends the thread.
  ///
  /// - Parameters:
  ///   - kept: the trials whose checkpoints stay; it is waited until all others are deleted. Nil: the driver finds what is to be
  ///     deleted when the study goes on.
  ///   - wait: called about once a second meanwhile.
  /// - Throws: the first failure there was.
  func end(keeping kept: Set<TrialID>?, whileWaiting wait: () -> Void = {}) throws(PlaceFault) {
    orders.put(.end(keeping: kept))
    while ended.take(waiting: 1) == nil { wait() }
    if let failure { throw failure }
  }

  /// Writes until told to end; the journal is closed when this returns.
  private func run(_ journal: consuming Journal) {
    let began = ContinuousClock.now
    removeStatus()
    var work = Pending()
    var backlog: ArraySlice<TrialID> = []
    var nextLook = began
    while true {
      let order = orders.take(waiting: backlog.isEmpty ? Self.lookInterval : 0)
      if failure == nil {
        do {
          switch order {
          case .write:
            pending.withLock { swap(&$0, &work) }
            try journal.write(lines: work.lines)
            work.lines.removeAll()
            try journal.commit(at: Double(elapsed: .now - began))
            backlog += work.discarded
            work.discarded.removeAll(keepingCapacity: true)
            if let status = work.status.take() { replaceStatus(status) }
          case .end: try journal.synchronize()
          case nil: try journal.commit(at: Double(elapsed: .now - began))
          }
          if ContinuousClock.now >= nextLook || order?.isEnd ?? false {
            nextLook = .now + .seconds(Self.lookInterval)
            try journal.expectItself()
          }
        } catch {
          let fault = error as? PlaceFault ?? (error as? DiskError).map(PlaceFault.init) ?? PlaceFault("\(error)")
          self.error.withLock { $0 = fault }
          // Left to whoever goes on with the study; as long as there is any, nobody here would wait for an order.
          backlog = []
        }
      }
      if case .end(let kept) = order {
        removeStatus()
        if let kept, failure == nil { checkpoints.removeAll(but: kept) }
        return
      }
      if failure == nil { checkpoints.remove(&backlog, atMost: Self.deletionTime) }
    }
  }

  /// The journal tells of a disk that takes nothing; to look at a study is worth no stop.
  private func replaceStatus(_ status: RunStatus) {
    guard let folder else { return }
    var text = JSONText()
    text.append(status.json)
    text.append(raw: "\n")
    try? Disk.writeAtomically(text.bytes, to: folder.status, below: folder.path)
  }

  /// Deletes what a run that was killed has left, or what this one has no use for any more.
  private func removeStatus() {
    if let folder, Disk.exists(folder.status) { try? Disk.removeFile(folder.status) }
  }
}
