internal import Randomness
public import TuningTypes

/// Configurations where good results are denser than others: `kind: kde`.
///
/// A share of the configurations, and all until enough is known, are those of the random study, bit for bit. (Earlier studies can
/// make enough known from the beginning: ``EarlierStudy``.) The others come from models of some resources, whichever bracket their
/// results are of, see ``ModelledLevels``: of places drawn around good results, the one that is most likely to be good at all of them,
/// by the densities of good results and of all others. Trials that diverged, failed or are invalid are among the others.
///
/// What suggestion *i* is depends on the seed, on *i*, and on what was reported before, in its order; never on how often or when
/// suggestions were asked for. So a study that is resumed goes on as if it had not been interrupted.
///
/// Complexity: a result O(log of a fixed number + hyperparameters); a suggestion a fixed number of steps for each hyperparameter.
///
/// Source: Falkner, Klein, Hutter, *BOHB: Robust and Efficient Hyperparameter Optimization at Scale* (arXiv 1807.01774); the
/// sets of a fixed size, and the chain of resources, are our own.
public struct KernelDensitySampler: Sampler {
  public let options: KernelDensityOptions
  private let model: ModelSpace
  private let seed: UInt64
  private let random: any SequenceSampler

  /// The lowest resource first.
  private var levels: [ObservedLevel] = []
  private var broken: TrialSample
  private var histories = LossHistories()
  private var observations = 0
  /// At so many observations the model is made anew.
  private var nextFit = 1
  /// What the model is made from; nil until enough is known.
  private var basis: DensityModel.Basis?
  /// What earlier studies say, until this one's results are many, or it turns out that they mislead.
  private var earlier: EarlierModel?
  /// Made from the basis when it is asked for.
  private var fitted: DensityModel?
  private var table = CandidateTable()
  /// The marks of all configurations that were begun, where one could come twice.
  private var begun: Set<UInt64> = []
  /// All configurations of the random study before this one were begun.
  private var firstFresh = 0

  /// So many trials that came to nothing are remembered.
  private static let mostBroken = 128
  /// The model is made anew when the results have grown by this part.
  private static let refitShare = 100

  /// - Parameters:
  ///   - random: the sampler of the random study. Where it gives no configuration twice, this sampler doesn't either.
  ///   - earlier: what the model begins with.
  ///   - firstSuggested: the first trial that this sampler suggests.
  public init(
    space: SearchSpace, seed: UInt64, random: any SequenceSampler,
    options: KernelDensityOptions = KernelDensityOptions(), earlier: [EarlierStudy] = [], firstSuggested: Int = 0
  ) {
    self.options = options
    self.seed = seed
    self.random = random
    model = ModelSpace(space)
    broken = TrialSample(limit: Self.mostBroken, width: model.axes.count)
    self.earlier = EarlierModel(earlier, of: model, options: options, seed: seed, firstSuggested: firstSuggested)
  }

  public var count: Int? { random.count }

  public mutating func began(_ trial: TrialID, _ configuration: Configuration) {
    if model.mayRepeat { begun.insert(model.mark(of: configuration)) }
  }

  public mutating func reported(_ trial: TrialID, _ configuration: Configuration, resource: Resource, loss: Loss) {
    guard !model.axes.isEmpty else { return }
    let row = model.row(of: configuration)
    if !loss.isFinite { broken.add(trial, row, seed: seed, resource: resource) }
    let place = levels.place(of: resource) { ObservedLevel(resource, width: row.count) }
    levels[place].add(trial, loss, row, seed: seed)
    if options.lowerRungs != .never { histories.add(trial, resource: resource, loss: loss, seed: seed) }
    if earlier?.note(trial, at: resource, loss) ?? false { earlier = nil }
    observations += 1
    guard observations >= nextFit else { return }
    nextFit = observations + max(1, observations / Self.refitShare)
    fitted = nil
    let modelled = ModelledLevels(of: levels, histories: histories, axes: row.count, options: options)
    basis = modelled.parts.isEmpty ? nil : .init(levels: modelled, broken: broken)
    if modelled.isSettled { earlier = nil }
  }

  public mutating func suggest(_ number: Int) -> Configuration? {
    var (isRandom, generator) = RandomLot(seed: seed, fraction: options.randomFraction).draw(for: number)
    guard !isRandom, let current = currentModel() else { return randomConfiguration(number) }
    let (model, begun) = (model, begun)
    let best = current.best(&generator, &table) { configuration in
      !model.mayRepeat || !begun.contains(model.mark(of: configuration))
    }
    return best ?? randomConfiguration(number)
  }

  /// The study's own model, or, as long as it knows little, that of earlier studies.
  private mutating func currentModel() -> DensityModel? {
    if let earlier { return earlier.densities }
    guard let basis else { return nil }
    let current = fitted ?? DensityModel(basis, of: model, options: options)
    fitted = current
    return current
  }

  /// Whether a configuration was not begun.
  func isFresh(_ configuration: Configuration) -> Bool {
    !model.mayRepeat || !begun.contains(model.mark(of: configuration))
  }

  /// What the random study has at this number; where a finite space must not be tried twice and that was begun already, the first
  /// that was not.
  private mutating func randomConfiguration(_ number: Int) -> Configuration? {
    let drawn = random.configuration(at: number)
    guard random.count != nil else { return drawn }
    if let drawn, isFresh(drawn) { return drawn }
    while let next = random.configuration(at: firstFresh) {
      if isFresh(next) { return next }
      firstFresh += 1
    }
    return nil
  }
}
