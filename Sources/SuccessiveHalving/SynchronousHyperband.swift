extension SchedulerAlgorithm {
  /// Brackets of synchronous successive halving, one after the other; see ``SynchronousBrackets``.
  public static let synchronousHyperband = SchedulerAlgorithm(
    name: "sync_hyperband", options: [.brackets], isSynchronous: true,
    shares: { specification, configurations in
      let sizes = HyperbandBrackets.sizes(specification)
      let loop = sizes.reduce(0) { min(Int.max - $1, $0) + $1 }
      var left = configurations % loop
      return sizes.map { size in
        defer { left -= min(left, size) }
        return BracketShare(times: configurations / loop, size: size, rest: min(left, size))
      }
    },
    ladders: HyperbandBrackets.ladders, check: HyperbandBrackets.check, complete: HyperbandBrackets.complete,
    make: { SynchronousBrackets(specification: $0, sizes: HyperbandBrackets.sizes($0), isSequential: true) })
}
