public import SearchSpace
public import TuningTypes

/// How much each hyperparameter decides whether a trial is among the best: PED-ANOVA.
///
/// The density of a hyperparameter's values among the best trials is compared with that among all: where both are alike, the
/// hyperparameter does not matter (Watanabe, Bansal, Hutter, *PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in
/// Arbitrary Subspaces*, IJCAI 2023, arXiv 2304.10255; with conditional hyperparameters: arXiv 2601.20800). These are effects
/// of one hyperparameter at a time; what two do together is not seen.
public struct HyperparameterImportance: Sendable {
  /// The share of the trials that count as the best, γ′.
  public var target = 0.1
  /// The share of the trials that they are compared with, γ.
  public var region = 1.0
  /// Compares with the density of the trials of the region; otherwise with a uniform one.
  public var isLocal = true

  private let space: SearchSpace

  public init(space: SearchSpace) { self.space = space }

  /// The importance of one hyperparameter.
  public struct Entry: Hashable, Sendable {
    public var name: String
    /// Pearson's divergence between the two densities, weighted: v_d of the paper; 0 where nothing can be said.
    public var divergence: Double
    /// Its share of the sum over all hyperparameters; 0 where that is 0.
    public var share: Double
  }

  /// A trial as it counts here.
  public typealias Trial = (configuration: Configuration, loss: Loss)

  /// From how many trials among the best on the result is more than chance.
  private static let fewestBest = 5

  /// The importance of every hyperparameter, in the order of the search space.
  ///
  /// A trial that diverged counts as one of the worst.
  ///
  /// - Complexity: O(trials × (log trials + hyperparameters)) and 50² for each hyperparameter.
  public func entries(of trials: [Trial]) -> [Entry] {
    let divergences = divergences(of: trials)
    let sum = divergences.reduce(0, +)
    return zip(space.parameters, divergences).map { parameter, divergence in
      Entry(name: parameter.name, divergence: divergence, share: sum > 0 ? divergence / sum : 0)
    }
  }

  /// Whether so many trials say more than chance does.
  public func isCertain(trials: Int) -> Bool { target * Double(trials) >= Double(Self.fewestBest) }

  /// How many trials of the target and of the region have a value in each cell of a hyperparameter's grid.
  private struct Counts {
    let grid: ImportanceGrid
    var target: [Int]
    var region: [Int]

    init(_ domain: Domain) {
      grid = ImportanceGrid(domain)
      target = [Int](repeating: 0, count: grid.count)
      region = target
    }
  }

  private func divergences(of trials: [Trial]) -> [Double] {
    let losses = trials.map(\.loss).sorted()
    let nothing = [Double](repeating: 0, count: space.parameters.count)
    guard !losses.isEmpty else { return nothing }
    let (targetCut, regionCut) = (cut(target, losses), cut(region, losses))
    // Where not even the best are finite, there is no order among them.
    guard targetCut.isFinite else { return nothing }
    var counts = space.parameters.map { Counts($0.domain) }
    var (inTarget, inRegion) = (0, 0)
    for trial in trials where trial.loss <= regionCut {
      inRegion += 1
      let isBest = trial.loss <= targetCut
      if isBest { inTarget += 1 }
      let configuration = trial.configuration.laidOut(as: space.layout)
      for parameter in counts.indices {
        guard let cell = counts[parameter].grid.cell(of: configuration[parameter]) else { continue }
        counts[parameter].region[cell] += 1
        if isBest { counts[parameter].target[cell] += 1 }
      }
    }
    return counts.map { divergence($0, inTarget: inTarget, inRegion: inRegion) }
  }

  private func divergence(_ counts: Counts, inTarget: Int, inRegion: Int) -> Double {
    let grid = counts.grid
    guard grid.count > 1 else { return 0 }
    // The trials in which the hyperparameter has a value are its regime; in the others there is nothing to compare.
    let (activeTarget, activeRegion) = (counts.target.reduce(0, +), counts.region.reduce(0, +))
    guard activeRegion >= 2, activeTarget > 0 else { return 0 }
    let best = DensityEstimate(counts: counts.target, isOrdered: grid.isOrdered).masses.map { $0 + Self.least }
    let all =
      isLocal
      ? DensityEstimate(counts: counts.region, isOrdered: grid.isOrdered).masses.map { $0 + Self.least }
      : [Double](repeating: 1 / Double(grid.count), count: grid.count)
    let pearson = zip(best, all).reduce(0.0) { sum, cell in
      let excess = cell.0 / cell.1 - 1
      return sum + cell.1 * excess * excess
    }
    let (alpha, beta) = (Double(activeTarget) / Double(inTarget), Double(activeRegion) / Double(inRegion))
    let ratio = Double(inTarget) / Double(inRegion)
    return ratio * ratio * alpha * alpha / beta * pearson
  }

  /// No density is below.
  private static let least = 1e-12

  private func cut(_ share: Double, _ sorted: [Loss]) -> Loss {
    sorted[min(max(Int((share * Double(sorted.count)).rounded(.up)) - 1, 0), sorted.count - 1)]
  }
}
