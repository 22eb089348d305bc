internal import Files
internal import Glibc
public import TuningTypes

/// The checkpoints of a study: one file or folder a trial, a thousand to a folder.
///
/// Any worker reads and writes them, so that a trial goes on wherever it ran before.
public struct CheckpointStore: Sendable {
  public let folder: String
  /// The folder above it below which no link is followed; nil follows any.
  private let root: String?

  /// - Parameter root: a folder above it; no link below that is followed.
  public init(folder: String, below root: String? = nil) {
    self.folder = folder
    self.root = root
  }

  public func slot(for trial: TrialID) -> CheckpointSlot {
    CheckpointSlot(folder: folder(trial.rawValue / 1000), name: "\(trial)", below: root)
  }

  /// The trials that have a checkpoint, in their order. O(checkpoints · log checkpoints).
  public func trials() -> [TrialID] {
    Disk.names(in: folder, below: root).flatMap { Disk.names(in: "\(folder)/\($0)", below: root) }
      .compactMap(Int.init).sorted().map(TrialID.init)
  }

  /// Deletes the checkpoints of these trials, where they have one: a trainer may write none at all.
  ///
  /// - Parameters:
  ///   - trials: those that are done are taken off the front.
  ///   - time: after this some may be left; nil: none is.
  public func remove(_ trials: inout ArraySlice<TrialID>, atMost time: Duration? = nil) {
    let end = time.map { ContinuousClock.now + $0 }
    var (thousand, isThere) = (-1, false)
    while let trial = trials.first {
      trials.removeFirst()
      if trial.rawValue / 1000 != thousand {
        thousand = trial.rawValue / 1000
        isThere = Disk.exists(folder(thousand))
      }
      guard isThere else { continue }
      slot(for: trial).remove()
      if let end, ContinuousClock.now >= end { return }
    }
  }

  /// Deletes all checkpoints but those of some trials. O(checkpoints · log checkpoints).
  public func removeAll(but kept: Set<TrialID>) {
    var others = trials().filter { !kept.contains($0) }[...]
    remove(&others)
  }

  private func folder(_ thousand: Int) -> String { "\(folder)/\(thousand)" }
}
