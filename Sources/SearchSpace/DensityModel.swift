internal import Elementary
internal import Randomness
internal import TuningTypes

/// Where good results lie and where the others do, at some resources; and the search for a place that is good at all of them.
///
/// At a resource the chance that a place is good is γ·l / (γ·l + (1 − γ)·g), l and g being the densities of the good and of the other results
/// and γ the share of the good. A trial has to be good at each resource to get to the next, so that the chances are multiplied, each raised
/// to its resource's weight. As no chance is above 1, a low resource keeps out what is bad, and has little to say on what is not.
struct DensityModel: Sendable {
  /// A resource.
  struct Part: Sendable {
    let good: KernelDensity
    let bad: KernelDensity
    let source: CandidateSource
    let weight: Double
    /// γ / (1 − γ).
    let odds: Double
  }

  let parts: [Part]
  private let model: ModelSpace
  private let candidates: Int

  /// What a model is made from: the state of the levels when enough results had come.
  struct Basis: Sendable {
    let levels: ModelledLevels
    /// Trials that came to nothing, at one of the levels' resources or a lower one among them.
    let broken: TrialSample
  }

  /// - Complexity: O(axes) times the fixed sizes of the sets.
  init(_ basis: Basis, of model: ModelSpace, options: KernelDensityOptions) {
    self.model = model
    let axes = model.axes
    parts = basis.levels.parts.map { part in
      let fraction = part.isReference ? options.goodFraction : Self.betterHalf
      let count = Self.goodCount(part.level, axes: axes.count, fraction: fraction)
      let (good, bad) = Self.sets(
        part.level, broken: basis.broken, axes: axes, goodCount: count,
        most: part.isReference ? .ofReference : .ofOthers)
      let density = KernelDensity(good, over: axes, minBandwidth: options.minBandwidth)
      let share = part.isReference ? Double(count) / Double(part.level.count) : Self.betterHalf
      return Part(
        good: density, bad: KernelDensity(bad, over: axes, minBandwidth: options.minBandwidth),
        source: CandidateSource(good, over: axes, bandwidths: density.bandwidths, factor: options.bandwidthFactor),
        weight: part.weight, odds: share / (1 - share))
    }
    // Little choice while little is known: the best of many would be where chance or a fast start put them.
    candidates = basis.levels.isSettled ? options.candidates : (options.candidates + 15) / 16
  }

  private static let betterHalf = 0.5

  /// The same of sets that are known. A point may lack any hyperparameter: it says nothing of that one.
  ///
  /// - Parameters:
  ///   - good: good points, one after the other; at least one.
  ///   - bad: the others.
  init(good: [Float], bad: [Float], of model: ModelSpace, options: KernelDensityOptions) {
    self.model = model
    let width = model.axes.count
    let axes = model.axes.enumerated().map { axis, one in
      let isLacking = [good, bad].contains { rows in
        stride(from: axis, to: rows.count, by: width).contains { rows[$0] == ModelAxis.absent }
      }
      return ModelAxis(parameter: one.parameter, scale: one.scale, isConditional: one.isConditional || isLacking)
    }
    let density = KernelDensity(good, over: axes, minBandwidth: options.minBandwidth)
    parts = [
      Part(
        good: density, bad: KernelDensity(bad, over: axes, minBandwidth: options.minBandwidth),
        source: CandidateSource(good, over: axes, bandwidths: density.bandwidths, factor: options.bandwidthFactor),
        weight: 1, odds: options.goodFraction / (1 - options.goodFraction))
    ]
    candidates = options.candidates
  }

  /// Whether a level can be a model.
  ///
  /// - Parameter isAboveOthers: fewer results will do where lower levels have chosen the trials.
  static func isEnough(_ level: ObservedLevel, axes: Int, isAboveOthers: Bool) -> Bool {
    let fewest =
      isAboveOthers
      ? max(ModelledLevels.fewestOfReference, min(axes + 1, ObservedLevel.mostBest))
      : fewestResults(axes: axes)
    return level.count >= fewest && level.best.count >= leastGood(level, axes: axes)
  }

  /// How many results make a model where no lower level has chosen the trials.
  static func fewestResults(axes: Int) -> Int { max(20, min(2 * (axes + 1), 2 * ObservedLevel.mostBest)) }

  /// How many results are good at the least.
  private static func leastGood(_ level: ObservedLevel, axes: Int) -> Int {
    min(axes + 1, level.count / 2, ObservedLevel.mostBest / 2)
  }

  /// How many of a level's results count as good.
  private static func goodCount(_ level: ObservedLevel, axes: Int, fraction: Double) -> Int {
    min(max(Int(Double(level.count) * fraction), leastGood(level, axes: axes)), level.best.count)
  }

  /// How many points are modelled at most: fewer of lower resources, which only have to keep out what is bad.
  private struct SetSizes {
    let good: Int
    let bad: Int

    static let ofReference = Self(good: ObservedLevel.mostBest, bad: ObservedLevel.mostOthers)
    static let ofOthers = Self(good: 64, bad: 160)
  }

  /// The good points and the bad ones, each by their trials' numbers.
  private static func sets(
    _ level: ObservedLevel, broken: TrialSample, axes: [ModelAxis], goodCount count: Int, most: SetSizes
  ) -> (good: [Float], bad: [Float]) {
    let best = level.best.prefix(count).map { (trial: $0.rank.trial, slot: $0.slot) }.sorted { $0.trial < $1.trial }
    let sampled = level.sample.members.filter { !contains(best.lazy.map(\.trial), $0.trial) }
    let others = sampled.map(\.trial).sorted()
    let failed = broken.members.filter { $0.resource <= level.resource && !contains(others, $0.trial) }
    var bad = sampled.map { (member: $0, isBroken: false) } + failed.map { (member: $0, isBroken: true) }
    if bad.count > most.bad {
      bad.sort { ($0.member.hash, $0.member.trial) < ($1.member.hash, $1.member.trial) }
      bad.removeLast(bad.count - most.bad)
    }
    bad.sort { $0.member.trial < $1.member.trial }
    var (goodRows, badRows): ([Float], [Float]) = ([], [])
    for (_, slot) in thinned(best, to: most.good) {
      for axis in axes.indices { goodRows.append(level.bestRows[slot, axis]) }
    }
    for (member, isBroken) in bad {
      let rows = isBroken ? broken.rows : level.sample.rows
      for axis in axes.indices { badRows.append(rows[member.slot, axis]) }
    }
    return (goodRows, badRows)
  }

  /// So many of them at most, evenly spread.
  private static func thinned<Element>(_ all: [Element], to most: Int) -> [Element] {
    all.count <= most ? all : (0..<most).map { all[$0 * all.count / most] }
  }

  /// Whether a trial is among some that are in ascending order. O(log n).
  private static func contains(_ trials: some RandomAccessCollection<TrialID>, _ trial: TrialID) -> Bool {
    var (low, high) = (trials.startIndex, trials.endIndex)
    while low < high {
      let middle = trials.index(low, offsetBy: trials.distance(from: low, to: high) / 2)
      if trials[middle] < trial { low = trials.index(after: middle) } else { high = middle }
    }
    return low < trials.endIndex && trials[low] == trial
  }
}

// MARK: - Candidates

/// Room for the candidates of a suggestion, used again for each.
struct CandidateTable: Sendable {
  /// By candidate and axis: where it lies, from 0 to 1.
  var places: [Double] = []
  /// By candidate and axis: the same as the densities have it.
  var coordinates: [Float] = []
  var sums: [SIMD8<Float>] = []
  /// By hyperparameter, of the candidate that is drawn: what its children's conditions ask.
  var cells: [Configuration.Cell] = []
}

extension DensityModel {
  /// The candidate that is most likely to be good among those that may be suggested; of equal ones the first in the order of good
  /// density at the highest resource.
  ///
  /// Chances are at most 1 and densities positive, so that a candidate is out as soon as one of its bad densities is too much.
  func best(
    _ generator: inout CounterGenerator, _ table: inout CandidateTable, mayBe: (Configuration) -> Bool
  ) -> Configuration? {
    guard !parts.isEmpty else { return nil }
    let width = model.axes.count
    draw(candidates, &generator, &table)
    var ranked: [(density: Double, candidate: Int)] = []
    ranked.reserveCapacity(candidates)
    for candidate in 0..<candidates {
      let place = table.coordinates[candidate * width..<(candidate + 1) * width]
      ranked.append((parts[0].good.density(at: place, sums: &table.sums), candidate))
    }
    ranked.sort { $0.density != $1.density ? $0.density > $1.density : $0.candidate < $1.candidate }
    var best: (score: Double, configuration: Configuration)?
    for (density, candidate) in ranked {
      let score = score(of: candidate, density: density, above: best?.score ?? -.infinity, &table)
      guard score > best?.score ?? -.infinity else { continue }
      let configuration = configuration(candidate, table)
      if mayBe(configuration) { best = (score, configuration) }
    }
    return best?.configuration
  }

  /// The logarithm of the chance that a candidate is good everywhere, or something that is not above `least`.
  ///
  /// - Parameter density: the good density at the first part.
  private func score(of candidate: Int, density: Double, above least: Double, _ table: inout CandidateTable) -> Double {
    let width = model.axes.count
    let place = table.coordinates[candidate * width..<(candidate + 1) * width]
    var score = 0.0
    // By position: an element of its own would be a copy of all its arrays.
    for number in parts.indices {
      let weight = parts[number].weight
      let good =
        (number == 0 ? density : parts[number].good.density(at: place, sums: &table.sums)) * parts[number].odds
      // good / (good + bad) > power
      let power = exponential((least - score) / weight)
      let limit = least > -.infinity ? good / power - good : .infinity
      let bad = parts[number].bad.density(at: place, upTo: limit, sums: &table.sums)
      score -= weight * logarithm(1 + bad / good)
      guard score > least else { break }
    }
    return score
  }

  private func draw(_ count: Int, _ generator: inout CounterGenerator, _ table: inout CandidateTable) {
    let width = model.axes.count
    if table.places.count < count * width {
      table.places = Array(repeating: 0, count: count * width)
      table.coordinates = Array(repeating: 0, count: count * width)
    }
    if table.cells.isEmpty { table.cells = model.constants }
    for candidate in 0..<count {
      let part = parts.count > 1 ? min(Int(generator.uniform() * Double(parts.count)), parts.count - 1) : 0
      let point = parts[part].source.pickPoint(&generator)
      for (axis, one) in model.axes.enumerated() {
        // Drawn for inactive hyperparameters too: one number for each axis.
        let place = parts[part].source.place(axis, around: point, &generator)
        let at = candidate * width + axis
        if one.isConditional, !model.isActive(one.parameter, in: table.cells) {
          table.places[at] = -1
          table.coordinates[at] = ModelAxis.absent
          table.cells[one.parameter] = .absent
          continue
        }
        table.places[at] = place
        guard one.scale.count > 0 else {
          table.coordinates[at] = Float(place)
          continue
        }
        let cell = one.scale.cell(at: place)
        table.coordinates[at] = one.coordinate(of: cell)
        if model.hasConditions { table.cells[one.parameter] = cell }
      }
    }
  }

  private func configuration(_ candidate: Int, _ table: CandidateTable) -> Configuration {
    var cells = model.constants
    for (axis, one) in model.axes.enumerated() {
      let place = table.places[candidate * model.axes.count + axis]
      if place >= 0 { cells[one.parameter] = one.scale.cell(at: place) }
    }
    return model.space.configuration(ofCells: cells)
  }
}
