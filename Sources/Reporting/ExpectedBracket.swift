internal import SuccessiveHalving
internal import TuningTypes

/// What will happen in a bracket, as far as that can be told before it does.
struct ExpectedBracket {
  /// *s*.
  var number: Int
  /// What each rung that will be reached trains to.
  var resources: [Int]
  /// About how many configurations reach each of them.
  var counts: [Int]

  /// The resource that a rung takes in all. A floating-point number: a study may ask for more than an `Int` holds.
  func cost(of rung: Int) -> Double {
    Double(counts[rung]) * Double(resources[rung] - (rung == 0 ? 0 : resources[rung - 1]))
  }

  /// The resource that the bracket takes in all.
  var cost: Double { resources.indices.reduce(0) { $0 + cost(of: $1) } }
}

extension SchedulerSpecification {
  /// How many configurations an unlimited study is taken to have, where the ladder has no top.
  private static var unlimited: Int { 4096 }

  /// Whether what is expected is the most that there can be: how early such a scheduler stops, only losses can tell.
  var isUpperBound: Bool { [.progressiveSuccessiveHalving, .curveStopping].contains(algorithm) }

  /// The brackets of a study with so many configurations; nil: without a limit, and the counts mean nothing.
  func expectedBrackets(configurations: Int?) -> [ExpectedBracket] {
    let ladders = bracketLadders
    let shares = shares(of: configurations ?? Self.unlimited, among: ladders)
    return zip(ladders, shares).map { ladder, share in
      let resources = ladder.resources.map(\.rawValue)
      let (whole, rest) = (sequence(of: share.size, in: resources.count), sequence(of: share.rest, in: resources.count))
      var counts = zip(whole, rest).map { share.times * $0 + $1 }
      if !ladder.isBounded { counts = Array(counts.prefix(max(1, counts.count { $0 > 0 }))) }
      return ExpectedBracket(
        number: ladder.bracket.rawValue, resources: Array(resources.prefix(counts.count)), counts: counts)
    }
  }

  /// How many configurations start in each bracket: so many times its size, and a rest.
  private func shares(
    of configurations: Int, among ladders: [LadderSpecification]
  ) -> [(times: Int, size: Int, rest: Int)] {
    switch algorithm {
    case .asynchronousHyperband:
      // All brackets get the same resource: the dearer a configuration, the fewer there are.
      let rates = ladders.map { 1 / price(of: $0) }
      let sum = rates.reduce(0, +)
      return rates.map { (0, 0, Int(exactly: (Double(configurations) * $0 / sum).rounded()) ?? .max) }
    case .synchronousHyperband:
      let sizes = ladders.map {
        HyperbandBrackets.configurations(
          bracket: $0.earlyStoppingRate, rungs: ladder.resources.count, reductionFactor: ladder.reductionFactor)
      }
      let loop = sizes.reduce(0) { min(Int.max - $1, $0) + $1 }
      var left = configurations % loop
      return sizes.map { size in
        defer { left -= min(left, size) }
        return (configurations / loop, size, min(left, size))
      }
    case .parallelSuccessiveHalving:
      let size = options.bracketSize ?? 1
      return [(configurations / size, size, configurations % size)]
    default: return [(0, 0, configurations)]
    }
  }

  /// The resource that a configuration of a bracket takes on average.
  private func price(of ladder: LadderSpecification) -> Double {
    var (price, reach, below) = (0.0, 1.0, 0)
    for resource in ladder.resources {
      price += Double(resource.rawValue - below) * reach
      reach /= Double(ladder.reductionFactor)
      below = resource.rawValue
    }
    return price
  }

  /// About how many of a bracket's configurations reach each rung.
  private func sequence(of configurations: Int, in rungs: Int) -> [Int] {
    var counts = [configurations]
    while counts.count < rungs {
      let last = counts[counts.count - 1]
      switch algorithm {
      case .topK: counts.append(last == 0 ? 0 : options.topCount ?? 0)
      case .medianStopping: counts.append(last / 2)
      case .curveStopping: counts.append(last)
      default: counts.append(last / ladder.reductionFactor)
      }
    }
    return counts
  }
}
