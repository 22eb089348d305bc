internal import Synchronization
public import TuningTypes

/// A sampler over a finite space that tries no configuration twice, and ends when all were tried.
///
/// It gives what another sampler gives, in its order, but for what was given before: so the first configurations of a study
/// are the same with and without it. Where nearly all configurations were given, the rest comes in a shuffled order: a sampler
/// that prefers some would take long to come across the last ones.
///
/// Configuration *i* is a function of the seed and *i*, found by going through those before it: once for all, and kept as
/// one number each.
public struct DistinctSampler: SequenceSampler {
  /// How many configurations a space may have that is sampled so: as many of them must fit into memory.
  static let mostConfigurations = 1 << 22

  private let base: any SequenceSampler
  /// All configurations, in a shuffled order.
  private let all: GridSampler
  private let given: Given

  /// Where each configuration comes from, as far as that was asked for.
  private final class Given: Sendable {
    struct State {
      /// What was given, and what is never to be.
      var seen: Set<Configuration>
      var sources: [Source] = []
      /// The base sampler's next number, and that of the shuffled rest.
      var next = 0
      var nextOfRest = 0
    }

    let state: Mutex<State>

    init(_ state: consuming State) { self.state = Mutex(state) }
  }

  private enum Source {
    case base(Int)
    case rest(Int)
  }

  public let count: Int?

  /// Nil where the space is not finite, or has too many configurations to keep in mind.
  ///
  /// - Parameters:
  ///   - excluded: configurations of the space that are tried anyway.
  ///   - seed: shuffles those that `base` is long in coming to.
  public init?(_ base: any SequenceSampler, over space: SearchSpace, excluding excluded: [Configuration], seed: UInt64)
  {
    var levels: [String: Int] = [:]
    var atMost = 1
    for parameter in space.parameters {
      guard let count = parameter.domain.valueCount else { return nil }
      let (product, overflow) = atMost.multipliedReportingOverflow(by: count)
      guard !overflow, product <= Self.mostConfigurations else { return nil }
      atMost = product
      if case .integer = parameter.domain { levels[parameter.name] = count }
    }
    guard let all = try? GridSampler(space: space, levels: levels, shuffledBy: seed), let total = all.count,
      total <= Self.mostConfigurations
    else { return nil }
    let seen = Set(excluded)
    self.base = base
    self.all = all
    // A grid of some levels has fewer than the space.
    count = max(0, min(total - seen.count, base.count ?? .max))
    given = Given(Given.State(seen: seen))
  }

  /// O(hyperparameters) for those that were asked for; for a new one, as many draws of the base sampler as it takes to come to
  /// something new, 64 at most.
  public func configuration(at index: Int) -> Configuration? {
    guard index >= 0, index < count ?? 0 else { return nil }
    return given.state.withLock { state in
      while state.sources.count <= index {
        guard let source = next(&state) else { return nil }
        state.sources.append(source)
      }
      return configuration(state.sources[index])
    }
  }

  private func configuration(_ source: Source) -> Configuration? {
    switch source {
    case .base(let index): base.configuration(at: index)
    case .rest(let index): all.configuration(at: index)
    }
  }

  /// How many draws in a row may bring nothing new before the rest is taken in order.
  private static let patience = 64

  private func next(_ state: inout Given.State) -> Source? {
    if state.nextOfRest == 0 {
      for _ in 0..<Self.patience {
        guard let drawn = base.configuration(at: state.next) else { return nil }
        state.next += 1
        if state.seen.insert(drawn).inserted { return .base(state.next - 1) }
      }
    }
    while let drawn = all.configuration(at: state.nextOfRest) {
      state.nextOfRest += 1
      if state.seen.insert(drawn).inserted { return .rest(state.nextOfRest - 1) }
    }
    return nil
  }
}

extension Domain {
  /// How many values there are; nil where there is a continuum.
  var valueCount: Int? {
    switch self {
    case .float(let domain):
      guard !isContinuous, let values = try? domain.grid(levels: nil) else { return nil }
      return values.count
    case .integer(let domain): return domain.count <= Self.mostLevels ? domain.count : nil
    case .categorical(let values), .ordinal(let values): return values.count
    }
  }
}
