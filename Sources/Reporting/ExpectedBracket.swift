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

  /// The brackets of a study with so many configurations; nil: without a limit, and the counts mean nothing.
  func expectedBrackets(configurations: Int?) -> [ExpectedBracket] {
    let shares = algorithm.shares(self, configurations ?? Self.unlimited)
    return zip(bracketLadders, shares).map { ladder, share in
      let resources = ladder.resources.map(\.rawValue)
      let (whole, rest) = (sequence(of: share.size, in: resources.count), sequence(of: share.rest, in: resources.count))
      var counts = zip(whole, rest).map { share.times * $0 + $1 }
      if !ladder.isBounded { counts = Array(counts.prefix(max(1, counts.count { $0 > 0 }))) }
      return ExpectedBracket(
        number: ladder.bracket.rawValue, resources: Array(resources.prefix(counts.count)), counts: counts)
    }
  }

  /// About how many of a bracket's configurations reach each rung.
  private func sequence(of configurations: Int, in rungs: Int) -> [Int] {
    var counts = [configurations]
    while counts.count < rungs { counts.append(algorithm.survivors(self, counts[counts.count - 1])) }
    return counts
  }
}
