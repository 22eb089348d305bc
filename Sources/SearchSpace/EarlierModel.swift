internal import Randomness
internal import TuningTypes

/// The densities that earlier studies give a study until it has a model of its own, and whether they are of use to it.
///
/// A surface that has moved would mislead. So what the earlier studies suggest is compared with what chance does, trial by trial,
/// at the resource of each trial's first result: where the random ones are clearly better, the earlier studies are forgotten.
struct EarlierModel: Sendable {
  let densities: DensityModel
  private let lot: RandomLot
  /// The first trial that the sampler suggested: those before are the user's.
  private let firstSuggested: Int
  /// By resource, of trials whose first result it was.
  private var first: [Resource: Losses] = [:]
  private var seen: Set<TrialID> = []

  /// What was suggested, and what was random, each in the order of its coming.
  private struct Losses: Sendable {
    var suggested: [Loss] = []
    var random: [Loss] = []
  }

  /// So many of each kind are compared at least, and so many trials at most.
  private static let (fewest, most) = (6, 192)
  /// By how many standard deviations the random ones have to be better.
  private static let clear = 1.0

  /// Nil where there is nothing to learn, or nothing to be learned from.
  init?(
    _ studies: [EarlierStudy], of model: ModelSpace, options: KernelDensityOptions, seed: UInt64, firstSuggested: Int
  ) {
    let good = studies.flatMap(\.good).flatMap { model.row(of: $0) }
    guard !model.axes.isEmpty, !good.isEmpty else { return nil }
    let others = studies.flatMap(\.others).flatMap { model.row(of: $0) }
    densities = DensityModel(good: good, bad: others, of: model, options: options)
    self.firstSuggested = firstSuggested
    lot = RandomLot(seed: seed, fraction: options.randomFraction)
  }

  /// Takes a result of the study itself.
  ///
  /// - Returns: whether the earlier studies have turned out to mislead.
  /// - Complexity: O(``most``²).
  mutating func note(_ trial: TrialID, at resource: Resource, _ loss: Loss) -> Bool {
    guard trial.rawValue >= firstSuggested, seen.count < Self.most, seen.insert(trial).inserted else { return false }
    if lot.isRandom(trial.rawValue - firstSuggested) {
      first[resource, default: Losses()].random.append(loss)
    } else {
      first[resource, default: Losses()].suggested.append(loss)
    }
    return misleads
  }

  /// Whether what the earlier studies suggest does worse than chance: Mann and Whitney's test, over all resources.
  private var misleads: Bool {
    var (wins, expected, variance, suggested, random) = (0.0, 0.0, 0.0, 0, 0)
    for losses in first.values {
      let (n, m) = (Double(losses.suggested.count), Double(losses.random.count))
      // Whole and half numbers, so that the sum does not depend on the order.
      for one in losses.suggested { for other in losses.random { wins += one < other ? 1 : one == other ? 0.5 : 0 } }
      expected += n * m / 2
      variance += n * m * (n + m + 1)
      suggested += losses.suggested.count
      random += losses.random.count
    }
    guard suggested >= Self.fewest, random >= Self.fewest else { return false }
    return wins < expected - Self.clear * (variance / 12).squareRoot()
  }
}
