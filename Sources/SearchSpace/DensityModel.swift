internal import Randomness
internal import TuningTypes

/// Where good results lie and where the others do, at one resource; and the search for a place that only good ones are near.
struct DensityModel: Sendable {
  let good: KernelDensity
  let bad: KernelDensity
  private let model: ModelSpace
  private let source: CandidateSource

  /// What a model is made from: the state of a level when enough results had come.
  struct Basis: Sendable {
    let level: ObservedLevel
    /// Trials that came to nothing, at this resource or a lower one among them.
    let broken: TrialSample
  }

  /// - Complexity: O(axes) times the fixed sizes of the sets.
  init(_ basis: Basis, of model: ModelSpace, options: KernelDensityOptions) {
    self.model = model
    let axes = model.axes
    let (good, bad) = Self.sets(basis, axes: axes, goodFraction: options.goodFraction)
    self.good = KernelDensity(good, over: axes, minBandwidth: options.minBandwidth)
    self.bad = KernelDensity(bad, over: axes, minBandwidth: options.minBandwidth)
    source = CandidateSource(good, over: axes, bandwidths: self.good.bandwidths, factor: options.bandwidthFactor)
  }

  /// How many results a level needs before it is a model.
  static func fewestResults(axes: Int) -> Int { max(20, min(2 * (axes + 1), 2 * ObservedLevel.mostBest)) }

  /// Whether a level can be a model.
  static func isEnough(_ level: ObservedLevel, axes: Int) -> Bool {
    level.count >= fewestResults(axes: axes) && level.best.count >= min(axes + 1, ObservedLevel.mostBest / 2)
  }

  /// How many of a level's results count as good.
  private static func goodCount(_ level: ObservedLevel, axes: Int, fraction: Double) -> Int {
    min(max(Int(Double(level.count) * fraction), axes + 1), level.best.count)
  }

  /// The good points and the bad ones, each by their trials' numbers.
  private static func sets(_ basis: Basis, axes: [ModelAxis], goodFraction: Double) -> (good: [Float], bad: [Float]) {
    let level = basis.level
    let count = goodCount(level, axes: axes.count, fraction: goodFraction)
    let best = level.best.prefix(count).sorted { $0.rank.trial < $1.rank.trial }
    let goodTrials = Set(best.map(\.rank.trial))
    var bad: [(trial: TrialID, isBroken: Bool, slot: Int)] = []
    for member in level.sample.members where !goodTrials.contains(member.trial) {
      bad.append((member.trial, false, member.slot))
    }
    let sampled = Set(bad.map(\.trial))
    for member in basis.broken.members where member.resource <= level.resource && !sampled.contains(member.trial) {
      bad.append((member.trial, true, member.slot))
    }
    bad.sort { $0.trial < $1.trial }
    var (goodRows, badRows): ([Float], [Float]) = ([], [])
    for (_, slot) in best { for axis in axes.indices { goodRows.append(level.bestRows[slot, axis]) } }
    for (_, isBroken, slot) in bad {
      let rows = isBroken ? basis.broken.rows : level.sample.rows
      for axis in axes.indices { badRows.append(rows[slot, axis]) }
    }
    return (goodRows, badRows)
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
  /// The candidate with the largest ratio of the two densities among those that may be suggested; of equal ones the first in the
  /// order of good density.
  ///
  /// The densities are positive, so that a candidate is out as soon as a part of its bad density is too much.
  func best(
    of count: Int, _ generator: inout CounterGenerator, _ table: inout CandidateTable,
    mayBe: (Configuration) -> Bool
  ) -> Configuration? {
    let width = model.axes.count
    draw(count, &generator, &table)
    var ranked: [(density: Float, candidate: Int)] = []
    ranked.reserveCapacity(count)
    for candidate in 0..<count {
      let place = table.coordinates[candidate * width..<(candidate + 1) * width]
      ranked.append((good.density(at: place, sums: &table.sums), candidate))
    }
    ranked.sort { $0.density != $1.density ? $0.density > $1.density : $0.candidate < $1.candidate }
    var best: (ratio: Float, configuration: Configuration)?
    for (density, candidate) in ranked {
      let place = table.coordinates[candidate * width..<(candidate + 1) * width]
      let limit = best.map { density / $0.ratio } ?? .infinity
      let other = bad.density(at: place, upTo: limit, sums: &table.sums)
      let ratio = density / other
      guard ratio > best?.ratio ?? 0 else { continue }
      let configuration = configuration(candidate, table)
      if mayBe(configuration) { best = (ratio, configuration) }
    }
    return best?.configuration
  }

  private func draw(_ count: Int, _ generator: inout CounterGenerator, _ table: inout CandidateTable) {
    let width = model.axes.count
    if table.places.count < count * width {
      table.places = Array(repeating: 0, count: count * width)
      table.coordinates = Array(repeating: 0, count: count * width)
    }
    if table.cells.isEmpty { table.cells = model.constants }
    for candidate in 0..<count {
      let point = source.pickPoint(&generator)
      for (axis, one) in model.axes.enumerated() {
        // Drawn for inactive hyperparameters too: one number for each axis.
        let place = source.place(axis, around: point, &generator)
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
