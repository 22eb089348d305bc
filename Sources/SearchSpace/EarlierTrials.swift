internal import Randomness
package import TuningTypes

/// The trials of an earlier study as a new one sees them: those that lie in its search space, and how they did.
///
/// Losses are compared within the earlier study alone: its metric may be another one.
package struct EarlierTrials: Sendable {
  private let space: SearchSpace
  private let model: ModelSpace
  /// By trial, of those that lie in the space.
  private var configurations: [TrialID: Configuration] = [:]
  private var losses: [Resource: [TrialID: Loss]] = [:]
  /// Trials that came to nothing.
  private var broken: Set<TrialID> = []
  /// Trials that have begun.
  package private(set) var count = 0
  /// How many trials have a value outside the space, by the hyperparameter that has it.
  package private(set) var outside: [String: Int] = [:]
  /// How many trials say nothing of any hyperparameter of the space.
  package private(set) var unrelated = 0

  /// A new study may learn from so many.
  package static let mostStudies = 16

  package init(in space: SearchSpace) {
    self.space = space
    model = ModelSpace(space)
  }

  /// How many trials lie in the space.
  package var usable: Int { configurations.count }

  /// So many results of one resource tell good from bad.
  package var fewestResults: Int { DensityModel.fewestResults(axes: model.axes.count) }

  /// The most results that there are of one resource.
  package var mostResults: Int { losses.values.map(\.count).max() ?? 0 }

  /// A trial has begun.
  package mutating func begin(_ trial: TrialID, _ configuration: Configuration) {
    count += 1
    do throws(OutsideDomain) {
      let part = try space.part(of: configuration)
      if model.row(of: part).allSatisfy({ $0 == ModelAxis.absent }) {
        unrelated += 1
      } else {
        configurations[trial] = part
      }
    } catch {
      outside[error.parameter, default: 0] += 1
    }
  }

  /// A trial has been trained to a resource.
  package mutating func note(_ trial: TrialID, at resource: Resource, _ loss: Loss) {
    guard configurations[trial] != nil else { return }
    losses[resource, default: [:]][trial] = loss
    if !loss.isFinite { broken.insert(trial) }
  }

  /// A trial has failed for good, or is invalid.
  package mutating func noteFailure(of trial: TrialID) {
    if configurations[trial] != nil { broken.insert(trial) }
  }

  /// What there is to learn: from the highest resource that has enough results; nil where none has.
  ///
  /// Its size is fixed, whatever the number of trials. It is the same whenever it is made.
  ///
  /// - Parameters:
  ///   - goodFraction: the share of the results that count as good.
  ///   - studies: how many studies are learned from in all, which share the room that there is.
  package func learned(named name: String, goodFraction: Double, studies: Int) -> EarlierStudy? {
    let axes = model.axes.count
    let fewestFinite = min(axes + 1, ObservedLevel.mostBest / 2)
    let level = losses.keys.sorted().last { resource in
      guard let results = losses[resource] else { return false }
      return results.count >= fewestResults && results.values.count(where: \.isFinite) >= fewestFinite
    }
    guard let level, let results = losses[level] else { return nil }
    let ranked = results.filter(\.value.isFinite).map { RankedTrial(trial: $0.key, loss: $0.value) }.sorted()
    let share = max(axes + 1, Int(Double(results.count) * goodFraction))
    let good = ranked.prefix(min(share, max(1, ObservedLevel.mostBest / studies))).map(\.trial)
    let isGood = Set(good)
    let room = ObservedLevel.mostOthers / studies
    let failed = sample(broken.filter { results[$0]?.isFinite != true }, atMost: room / 4)
    let rest = sample(ranked.lazy.map(\.trial).filter { !isGood.contains($0) }, atMost: room - failed.count)
    return EarlierStudy(
      name: name, resource: level, results: results.count, start: best,
      good: good.compactMap { configurations[$0] },
      others: (rest + failed).sorted().compactMap { configurations[$0] })
  }

  /// Of the trials that say all of the hyperparameters, the one with the lowest loss at any resource.
  private var best: Configuration? {
    var lowest: [TrialID: Loss] = [:]
    for results in losses.values {
      for (trial, loss) in results where loss.isFinite { lowest[trial] = min(loss, lowest[trial] ?? loss) }
    }
    let ranked = lowest.map { RankedTrial(trial: $0.key, loss: $0.value) }.sorted()
    for trial in ranked.lazy.map(\.trial) {
      if let configuration = configurations[trial], let whole = try? space.validated(configuration) { return whole }
    }
    return nil
  }

  /// Those with the smallest hashes: a random choice that is always the same.
  private func sample(_ trials: some Sequence<TrialID>, atMost count: Int) -> [TrialID] {
    let hashed = trials.map { (hash: CounterGenerator.mix(UInt64(truncatingIfNeeded: $0.rawValue) &+ 1), trial: $0) }
    return hashed.sorted { ($0.hash, $0.trial) < ($1.hash, $1.trial) }.prefix(count).map(\.trial)
  }
}
