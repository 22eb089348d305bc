internal import Randomness

/// What is known of a study when a suggestion is needed.
package struct BanditProblem: Hashable, Sendable {
  package let axes: [BanditAxis]
  /// What was tried, one place after the other: a coordinate for each axis.
  package let points: [Double]
  /// By place that was tried: lower is better; not finite: infeasible.
  package let losses: [Double]
  /// What is being tried, one place after the other.
  package let pending: [Double]
  /// Whether a result has come since the last suggestion.
  package let hasNewResults: Bool
  package let seed: UInt64

  package init(
    axes: [BanditAxis], points: [Double], losses: [Double], pending: [Double], hasNewResults: Bool = true, seed: UInt64
  ) {
    precondition(points.count == losses.count * axes.count, "a loss for each point")
    precondition(pending.count.isMultiple(of: max(axes.count, 1)), "whole points")
    self.axes = axes
    self.points = points
    self.losses = losses
    self.pending = pending
    self.hasNewResults = hasNewResults
    self.seed = seed
  }

  /// The next places to try, each as if those before it were pending: on every machine the same.
  ///
  /// - Parameter settle: gives the place that is really tried where a place is suggested; nil where they are the same.
  /// - Complexity: that of ``BanditModel/init(axes:points:losses:seed:hyperparameters:)``, and of its suggestions.
  package func suggestions(_ count: Int, settle: (([Double]) -> [Double])? = nil) -> [[Double]] {
    BanditModel(axes: axes, points: points, losses: losses, seed: seed)
      .suggestions(count, pending: pending, hasNewResults: hasNewResults, settle: settle)
  }
}

/// A Gaussian-process bandit (GP-UCB-PE) whose process is fitted to results: one fit serves while no other result comes.
///
/// A suggestion maximises the upper confidence bound where a result came since the last one, else what would be learnt; by chance
/// the other of both, now and then. Of places that are being tried it knows that it will be surer there.
///
/// Unlike Vizier it does not suggest what is hardly different from a known place (``KnownPlaces``), counts its own suggestions to the
/// trust region, makes fewer ascents where points are many (``KernelHyperparameters``), and searches the acquisition in its own way
/// (``AcquisitionSearch``).
///
/// Sources: Song et al., *The Vizier Gaussian Process Bandit Algorithm* (arXiv 2408.11527), and Vizier's `gp_ucb_pe.py`.
package struct BanditModel: Sendable {
  private let axes: [BanditAxis]
  private let points: [Double]
  private let labels: [Double]
  private let seed: UInt64
  package let process: GaussianProcess

  /// - Parameters:
  ///   - points: what was tried, one place after the other: a coordinate for each axis.
  ///   - losses: by place; lower is better; not finite: infeasible.
  ///   - hyperparameters: of the kernel; nil: the most probable ones are searched, which is nearly all of the cost.
  /// - Complexity: O(points³), times some hundred where hyperparameters are searched.
  package init(
    axes: [BanditAxis], points: [Double], losses: [Double], seed: UInt64, hyperparameters: KernelHyperparameters? = nil
  ) {
    self.axes = axes
    self.points = points
    self.seed = seed
    labels = LabelWarping.labels(losses: losses)
    process = GaussianProcess(
      points: points, labels: labels, axes: axes,
      hyperparameters: hyperparameters ?? .mostProbable(points: points, labels: labels, axes: axes, seed: seed))
  }

  /// Probabilities of the rule that is not the usual one.
  private static let boundWithoutNews = 0.25
  private static let explorationAfterNews = 0.1
  private static let explorationInNoise = 0.7
  /// Below this ratio of the signal's variance to the noise's, the noise counts as high.
  private static let leastSignalToNoise = 0.7
  /// How many of the best places are searched nearby.
  private static let startCount = 16

  /// The next places to try, each as if those before it were pending.
  ///
  /// - Parameters:
  ///   - pending: what is being tried, one place after the other.
  ///   - hasNewResults: whether a result has come since the last suggestion.
  ///   - settle: gives the place that is really tried where a place is suggested; nil where they are the same.
  /// - Complexity: O(points²) for each of some thousand evaluations.
  package func suggestions(
    _ count: Int, pending: [Double], hasNewResults: Bool = true, settle: (([Double]) -> [Double])? = nil
  ) -> [[Double]] {
    let width = axes.count
    guard width > 0 else { return Array(repeating: [], count: count) }
    var (found, pending): ([[Double]], [Double]) = ([], pending)
    var (process, noiseless) = (process, noiselessProcess())
    var threshold = ExplorationThreshold()
    threshold.consider(points + pending, width: width, in: process)
    for start in stride(from: 0, to: pending.count, by: width) {
      let place = Array(pending[start..<start + width])
      process.condition(on: place)
      noiseless?.condition(on: place)
    }
    while found.count < count {
      let known = points + pending
      var generator = CounterGenerator(
        seed: seed, purpose: .gaussianProcess, index: UInt64(known.count / width))
      let isBound = usesBound(hasNews: hasNewResults && found.isEmpty, generator.uniform())
      let place: [Double]
      if known.isEmpty {
        place = axes.map(\.centre)
      } else {
        let acquisition = Acquisition(
          process: process, noiseless: noiseless,
          rule: isBound ? .upperConfidenceBound : .pureExploration(threshold: threshold.mean),
          region: TrustRegion(points: known, axes: axes))
        var search = AcquisitionSearch(
          axes: axes, known: known, acquisition: acquisition, generator: generator, settle: settle)
        let best = search.best(near: bestPlaces)
        place = settle?(best) ?? best
      }
      found.append(place)
      pending += place
      threshold.consider(place, width: width, in: process)
      process.condition(on: place)
      noiseless?.condition(on: place)
    }
    return found
  }

  private func usesBound(hasNews: Bool, _ chance: Double) -> Bool {
    guard !labels.isEmpty else { return false }
    guard hasNews else { return chance < Self.boundWithoutNews }
    return chance >= (isNoisy ? Self.explorationInNoise : Self.explorationAfterNews)
  }

  private var isNoisy: Bool {
    process.hyperparameters.signalVariance < Self.leastSignalToNoise * process.hyperparameters.noiseVariance
  }

  private func noiselessProcess() -> GaussianProcess? {
    guard isNoisy else { return nil }
    var hyperparameters = process.hyperparameters
    hyperparameters.noiseVariance = 1e-10
    return GaussianProcess(points: points, labels: labels, axes: axes, hyperparameters: hyperparameters)
  }

  /// The places with the best labels, best first.
  private var bestPlaces: [[Double]] {
    let ranked = labels.indices.sorted { labels[$0] != labels[$1] ? labels[$0] > labels[$1] : $0 < $1 }
    return ranked.prefix(Self.startCount).map { Array(points[$0 * axes.count..<($0 + 1) * axes.count]) }
  }
}
