internal import Foundation
internal import Synchronization
internal import Tuning

/// The thread that writes the journal, so that a slow disk never keeps a worker waiting for its job.
///
/// Lines go to the file in the order in which they were given, in groups; once a second, and at the end, all of them are
/// on the disk.
final class JournalWriter: Sendable {
  private enum Order: Sendable {
    case write
    case end
  }

  private let orders = Mailbox<Order>()
  private let ended = Mailbox<Void>()
  /// Lines that have been given and not yet taken. Memory goes round: what is given is exchanged for what is empty.
  private let pending = Mutex(JSONText())
  private let error = Mutex<DiskError?>(nil)
  /// On its way to the thread that owns it.
  private let journal: Mutex<Journal?>

  /// Seconds between two looks at whether the disk is behind.
  private static let lookInterval = 0.25

  /// Begins to write; the journal is the writer's from here on.
  init(_ journal: consuming Journal) {
    self.journal = Mutex(consume journal)
    let thread = Thread { [self] in
      guard let journal = self.journal.withLock({ $0.take() }) else { return }
      run(journal)
    }
    thread.name = "journal"
    thread.start()
  }

  /// The first failure of the disk. From then on nothing is written.
  var failure: DiskError? { error.withLock { $0 } }

  /// Takes whole lines to be written, and leaves an empty text. Never waits for the disk.
  func write(_ lines: inout JSONText) {
    pending.withLock { pending in
      if pending.isEmpty {
        swap(&pending, &lines)
      } else {
        pending.append(lines)
        lines.removeAll()
      }
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
    var lines = JSONText()
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
          pending.withLock { swap(&$0, &lines) }
          try journal.write(lines: lines)
          lines.removeAll()
          try journal.commit(at: Double(elapsed: .now - began))
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
