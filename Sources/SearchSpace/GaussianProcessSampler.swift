internal import GaussianProcess
internal import Randomness
public import TuningTypes

/// Configurations that a Gaussian process expects to be good, or knows least of: `kind: gp`.
///
/// The model is made beside the search, when a configuration is wanted and either the last model's are used up or results have grown by a
/// twentieth since: a ``ModelRequest`` goes out, and its answer, some configurations at once, comes back as an event that the journal records. A
/// configuration that is wanted meanwhile is the next of the answer before, or, where those are used up, one of ``KernelDensitySampler``.
/// While nothing else runs, the search waits for the answer; so with one worker each configuration follows from all results.
///
/// The model knows one resource, the highest that has enough results: the best of them and a random sample of the others, which
/// are ``mostKept`` at most.
///
/// Complexity: a result O(hyperparameters), now and then O(``mostKept`` · log); a request O(``mostKept`` · hyperparameters).
///
/// Source: Song et al., *The Vizier Gaussian Process Bandit Algorithm* (arXiv 2408.11527).
public struct GaussianProcessSampler: Sampler {
  public let options: GaussianProcessOptions
  private let model: ModelSpace
  private let axes: [BanditAxis]
  private let seed: UInt64
  private let random: any SequenceSampler
  /// What suggests where the model can't.
  private var densities: KernelDensitySampler

  /// The lowest resource first.
  private var levels: [LossSample] = []
  private var results = 0
  /// How many trials have begun.
  private var begun = 0
  /// Trials of which nothing has been reported, in the order in which they began.
  private var pending: [(trial: TrialID, row: [Float])] = []
  /// What the last answer suggested, from the next one on.
  private var suggested: ArraySlice<Configuration> = []
  /// How many results had come when the last answer was asked for.
  private var answered = -1
  public private(set) var lateness = ModelLateness()

  /// So many results of a resource are kept.
  static let mostKept = 300
  /// At most so many configurations are asked for at once.
  private static let mostSuggested = 16
  /// A model is made anew, although it has suggestions left, when the results have grown by this part.
  private static let renewalShare = 20
  /// At most so many trials count as being on their way.
  private static let mostPending = 64

  /// - Parameters:
  ///   - random: the sampler of the random study. Where it gives no configuration twice, this sampler doesn't either.
  ///   - earlier: what densities know from the beginning, which suggest until the process can.
  ///   - firstSuggested: the first trial that this sampler suggests.
  public init(
    space: SearchSpace, seed: UInt64, random: any SequenceSampler,
    options: GaussianProcessOptions = GaussianProcessOptions(), earlier: [EarlierStudy] = [], firstSuggested: Int = 0
  ) {
    self.options = options
    self.seed = seed
    self.random = random
    model = ModelSpace(space)
    axes = model.axes.map(\.banditAxis)
    var densityOptions = KernelDensityOptions()
    densityOptions.modelFrom = options.modelFrom
    // Where the model is only late, a configuration that is to be random has been found to be that already.
    if options.densitiesFrom == nil { densityOptions.randomFraction = options.randomFraction }
    densities = KernelDensitySampler(
      space: space, seed: seed, random: random, options: densityOptions, earlier: earlier,
      firstSuggested: firstSuggested)
  }

  public var count: Int? { random.count }

  public mutating func began(_ trial: TrialID, _ configuration: Configuration) {
    begun += 1
    densities.began(trial, configuration)
    // Where a journal is replayed nobody has asked for it.
    if let place = suggested.firstIndex(of: configuration) { suggested = suggested[(place + 1)...] }
    pending.append((trial, model.row(of: configuration)))
    if pending.count > Self.mostPending { pending.removeFirst() }
  }

  public mutating func reported(_ trial: TrialID, _ configuration: Configuration, resource: Resource, loss: Loss) {
    densities.reported(trial, configuration, resource: resource, loss: loss)
    pending.removeAll { $0.trial == trial }
    guard !axes.isEmpty else { return }
    let place = levels.place(of: resource) { LossSample(resource: resource, limit: Self.mostKept) }
    levels[place].add(trial, loss, model.row(of: configuration), seed: seed)
    results += 1
  }

  public mutating func suggest(_ number: Int) -> Configuration? {
    let lot = RandomLot(seed: seed, fraction: options.randomFraction)
    guard !isPastModel(number), !lot.isRandom(number) else { return densities.suggest(number) }
    let wasReady = !suggested.isEmpty
    while let next = suggested.popFirst() {
      guard densities.isFresh(next) else { continue }
      lateness.wanted += 1
      return next
    }
    if level != nil, !wasReady {
      lateness.wanted += 1
      lateness.late += 1
    }
    return densities.suggest(number)
  }

  private func isPastModel(_ number: Int) -> Bool { options.densitiesFrom.map { number >= $0 } ?? false }

  /// What is modelled; nil while too little is known.
  private var level: LossSample? {
    let lowest = options.modelFrom ?? 0
    return levels.last { $0.resource >= lowest && $0.count > axes.count && $0.hasFiniteLoss }
  }
}

// MARK: - The model

extension GaussianProcessSampler {
  public func modelRequest(for number: Int) -> ModelRequest? {
    guard !isPastModel(number), isOutOfDate || suggested.isEmpty, let level else { return nil }
    let entries = level.entries.sorted { $0.trial < $1.trial }
    let waiting = pending.filter { row in !entries.contains { $0.trial == row.trial } }
    let problem = BanditProblem(
      axes: axes, points: entries.flatMap { axes.coordinates($0.row) }, losses: entries.map(\.loss.value),
      pending: waiting.flatMap { axes.coordinates($0.row) }, hasNewResults: answered != results,
      seed: CounterGenerator.mix(seed ^ UInt64(begun)))
    return ModelRequest(
      results: results, count: min(1 + waiting.count / 2, Self.mostSuggested), problem: problem, model: model)
  }

  /// Whether the last answer knows less than it might: by one result at first, later by a twentieth of them.
  private var isOutOfDate: Bool { results - answered >= max(1, results / Self.renewalShare) }

  public mutating func learned(_ answer: ModelAnswer) {
    answered = answer.results
    suggested = answer.suggestions[...]
  }

}

extension [BanditAxis] {
  /// A row as the model wants it: what is inactive counts as a value in the middle, or as the first of a list.
  func coordinates(_ row: [Float]) -> [Double] {
    zip(row, self).map { coordinate, axis in coordinate >= 0 ? Double(coordinate) : axis.centre }
  }
}

/// Losses at one resource: the best, and a random sample of the others.
private struct LossSample: ResourceLevel {
  struct Entry: Sendable {
    let trial: TrialID
    let loss: Loss
    let row: [Float]
    let hash: UInt64
  }

  let resource: Resource
  private(set) var entries: [Entry] = []
  /// All results, those included that are not kept.
  private(set) var count = 0
  private(set) var hasFiniteLoss = false
  private let limit: Int

  init(resource: Resource, limit: Int) {
    self.resource = resource
    self.limit = limit
  }

  mutating func add(_ trial: TrialID, _ loss: Loss, _ row: [Float], seed: UInt64) {
    count += 1
    hasFiniteLoss = hasFiniteLoss || loss.isFinite
    let hash = TrialSample.hash(of: trial, seed: seed)
    entries.append(Entry(trial: trial, loss: loss, row: row, hash: hash))
    if entries.count > limit { thin() }
  }

  /// Keeps the best third of the limit, and a third of it of the others.
  private mutating func thin() {
    entries.sort { RankedTrial(trial: $0.trial, loss: $0.loss) < RankedTrial(trial: $1.trial, loss: $1.loss) }
    let best = entries.prefix(limit / 3)
    let others = entries.dropFirst(limit / 3).sorted { ($0.hash, $0.trial) < ($1.hash, $1.trial) }
    entries = Array(best) + others.prefix(limit / 3)
  }
}

extension ModelAxis {
  fileprivate var banditAxis: BanditAxis {
    scale.isUnordered ? .unordered(values: scale.count) : .ordered(cells: scale.equalCells)
  }
}
