internal import Files
internal import Foundation
public import Journal
internal import Search
public import StudyFile
internal import SuccessiveHalving
internal import Text
internal import TuningTypes

/// Follows a study by its folder: reads what has come into the journal since it last looked. Locks nothing and writes nothing.
public struct StudyFollower {
  /// What is known of a rung beyond ``StudyHistory/Rung``.
  struct Standing {
    /// The losses that are finite.
    var losses: RunningQuantile
    /// How long jobs took.
    var seconds = RunningQuantile(lowest: 2)
    /// How many of the rung's losses have been taken.
    fileprivate var taken = 0

    /// The loss that a trial of the rung must not exceed to be promoted at this moment.
    var threshold: Double? { losses.value.flatMap { $0.isFinite ? $0 : nil } }
    /// The best loss, if it is finite.
    var best: Double? { losses.minimum.flatMap { $0.isFinite ? $0 : nil } }
    /// How long half of the jobs took, in seconds; nil for fewer than three.
    var medianSeconds: Double? { seconds.count > 2 ? seconds.value : nil }
  }

  let folder: StudyFolder
  let study: Study
  let resourceUnit: String
  let limit: Int?
  private let details: StudyHistory.Details
  private var tail: JournalTail
  private(set) var history = StudyHistory(workers: 1)
  private(set) var standings: [StudyHistory.RungKey: Standing] = [:]
  private(set) var header: JSONValue = .null

  /// - Parameters:
  ///   - study: the one that was run in the folder.
  ///   - resourceUnit: the name of a unit of resource, in the plural.
  /// - Throws: what makes the study's sampler impossible.
  public init(_ study: Study, folder: StudyFolder, resourceUnit: String) throws {
    (self.study, self.folder, self.resourceUnit) = (study, folder, resourceUnit)
    limit = study.plan.configurationLimit(of: try study.plan.makeSampler())
    details = .configurations
    tail = JournalTail(path: folder.journal)
  }

  /// Reads what has come since.
  ///
  /// - Returns: whether anything has.
  /// - Complexity: O(what has come).
  /// - Throws: `JournalError`, also where there is no journal; `DiskError`.
  @discardableResult
  public mutating func poll() throws -> Bool {
    var (history, standings, header) = (StudyHistory(workers: 1), [StudyHistory.RungKey: Standing](), header)
    swap(&history, &self.history)
    swap(&standings, &self.standings)
    defer {
      swap(&history, &self.history)
      swap(&standings, &self.standings)
      self.header = header
    }
    let divisor = study.plan.scheduler.ladder.reductionFactor
    let change = try tail.poll(in: study.plan.space) { first in
      (history, standings, header) = (StudyHistory(header: first, keeping: details), [:], first)
    } _: { record in
      history.take(record)
      guard case .result(let result) = record else { return }
      let key = StudyHistory.RungKey(bracket: result.bracket, rung: result.rung)
      standings[key, default: Standing(losses: RunningQuantile(lowest: divisor))].seconds.add(result.seconds)
    }
    for (key, rung) in history.rungs {
      var standing = Standing(losses: RunningQuantile(lowest: divisor))
      swap(&standing, &standings[key, default: Standing(losses: RunningQuantile(lowest: divisor))])
      for loss in rung.losses[standing.taken...] { standing.losses.add(loss.isFinite ? loss.value : .infinity) }
      standing.taken = rung.losses.count
      standings[key] = standing
    }
    return change != .none
  }

  /// Whether there is a journal.
  public var hasBegun: Bool { header != .null }

  /// Whether the study ran on a simulated cluster.
  var isSimulated: Bool { header[Study.simulatedKey] != nil }

  /// Whether the study's jobs are asked for, one by one.
  var isAsked: Bool { header[Study.askedKey]?.flag ?? false }

  /// How the study stands now, as far as ``poll()`` has read.
  public var report: StatusReport { StatusReport(self) }
}
