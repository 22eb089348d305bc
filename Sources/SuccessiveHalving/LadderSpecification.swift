public import TuningTypes

/// The resources of a bracket's rungs, from the bottom up, and the factor by which a rung thins out.
///
/// Rung *k* of bracket *s* trains to min(r·η^(s+k), R); a bounded bracket has ⌊log_η(R/r)⌋ − s + 1 rungs, and where *R*
/// is no exact r·η^k its top rung trains to exactly *R* all the same. All of it is integer arithmetic: floating-point
/// logarithms get exact powers wrong. Resources are strictly increasing.
///
/// Source: Li et al., *A System for Massively Parallel Hyperparameter Tuning*, section 3.1 and Algorithm 1.
public struct LadderSpecification: Hashable, Sendable {
  /// The resource of each rung, strictly increasing, never empty.
  ///
  /// Of an unbounded ladder these are all the rungs whose resource an `Int` can hold: 63 at most, and no study gets
  /// there.
  public let resources: [Resource]
  /// The reduction factor η: of η trials in a rung, one goes on. At least 2.
  public let reductionFactor: Int
  /// The minimum early-stopping rate *s*, which is also the bracket's name: how many of the lowest rungs are left out.
  public let earlyStoppingRate: Int
  /// Whether the ladder ends at a maximum resource *R*.
  public let isBounded: Bool

  /// Lays out the rungs r·η^s, r·η^(s+1), … up to R.
  ///
  /// - Parameters:
  ///   - minResource: *r*, the least that any trial of bracket 0 is trained to; at least 1.
  ///   - maxResource: *R*, at least *r*; nil for the infinite horizon, where the ladder grows as long as trials are
  ///     promoted.
  ///   - reductionFactor: η, at least 2.
  ///   - earlyStoppingRate: *s*, from 0 to ⌊log_η(R/r)⌋.
  /// - Throws: `SchedulerError` naming the parameter that breaks one of these rules.
  /// - Complexity: O(log_η(R/r)).
  public init(
    minResource: Int, maxResource: Int?, reductionFactor: Int, earlyStoppingRate: Int = 0
  ) throws(SchedulerError) {
    try Self.check(reductionFactor: reductionFactor)
    guard minResource >= 1 else {
      throw SchedulerError(
        .minResource, "must be at least 1, and is \(minResource)",
        advice: "Resources are whole units of training, such as epochs.")
    }
    if let maxResource, maxResource < minResource {
      throw SchedulerError(
        .maxResource, "must be at least min_resource, \(minResource), and is \(maxResource)",
        advice: "Raise max_resource or lower min_resource.")
    }
    var resources = Self.powers(from: minResource, by: reductionFactor, upTo: maxResource ?? .max)
    if let maxResource { resources[resources.count - 1] = maxResource }
    try self.init(
      allResources: resources, reductionFactor: reductionFactor, earlyStoppingRate: earlyStoppingRate,
      isBounded: maxResource != nil)
  }

  /// Lays out rungs that are named one by one.
  ///
  /// - Parameters:
  ///   - resources: what each rung of bracket 0 trains to: at least one, all at least 1, strictly increasing.
  ///   - reductionFactor: η, at least 2. It says how many go on, whatever the steps between the resources.
  ///   - earlyStoppingRate: *s*: how many of the first rungs are dropped; fewer than there are.
  /// - Throws: `SchedulerError` naming the parameter that breaks one of these rules.
  /// - Complexity: O(rungs).
  public init(resources: [Int], reductionFactor: Int, earlyStoppingRate: Int = 0) throws(SchedulerError) {
    try Self.check(reductionFactor: reductionFactor)
    guard let first = resources.first else {
      throw SchedulerError(
        .resources, "names no rung", advice: "List at least one resource, or set max_resource instead.")
    }
    guard first >= 1 else {
      throw SchedulerError(
        .resources, "must be at least 1 each, and the first is \(first)",
        advice: "Resources are whole units of training, such as epochs.")
    }
    for (lower, upper) in zip(resources, resources.dropFirst()) where lower >= upper {
      throw SchedulerError(
        .resources, "must increase from rung to rung, and \(upper) follows \(lower)",
        advice: "A rung has to train further than the one below it: sort the list and drop what stands in it twice.")
    }
    try self.init(
      allResources: resources, reductionFactor: reductionFactor, earlyStoppingRate: earlyStoppingRate, isBounded: true)
  }

  private init(
    allResources: [Int], reductionFactor: Int, earlyStoppingRate: Int, isBounded: Bool
  ) throws(SchedulerError) {
    guard earlyStoppingRate >= 0, earlyStoppingRate < allResources.count else {
      throw SchedulerError(
        .earlyStoppingRate,
        "must be from 0 to \(allResources.count - 1) for this ladder, and is \(earlyStoppingRate)",
        advice: "It counts the lowest rungs to leave out, and at least one has to stay; 0 is the usual choice.")
    }
    self.init(
      validResources: allResources.dropFirst(earlyStoppingRate).map { Resource($0) },
      reductionFactor: reductionFactor, earlyStoppingRate: earlyStoppingRate, isBounded: isBounded)
  }

  init(validResources: [Resource], reductionFactor: Int, earlyStoppingRate: Int, isBounded: Bool) {
    self.resources = validResources
    self.reductionFactor = reductionFactor
    self.earlyStoppingRate = earlyStoppingRate
    self.isBounded = isBounded
  }

  private static func check(reductionFactor: Int) throws(SchedulerError) {
    guard reductionFactor >= 2 else {
      throw SchedulerError(
        .reductionFactor, "must be a whole number of at least 2, and is \(reductionFactor)",
        advice: "The usual choices are 4 and 3.")
    }
  }

  /// `first`, `first`·`factor`, `first`·`factor`², … as long as they are at most `limit`.
  private static func powers(from first: Int, by factor: Int, upTo limit: Int) -> [Int] {
    var powers = [first]
    var last = first
    while last <= limit / factor {
      last *= factor
      powers.append(last)
    }
    return powers
  }
}

extension LadderSpecification {
  /// The number of rungs, or nil where the ladder is unbounded.
  public var rungCount: Int? { isBounded ? resources.count : nil }

  /// The bracket that the ladder belongs to, named by its early-stopping rate.
  public var bracket: BracketIndex { BracketIndex(earlyStoppingRate) }

  /// The rung from which nobody is promoted. Of an unbounded ladder, it is the last whose resource an `Int` can hold.
  public var topRung: RungIndex { RungIndex(resources.count - 1) }

  /// What the top rung trains to: *R* of a bounded ladder.
  public var maxResource: Resource { resources[resources.count - 1] }

  /// What rung `rung` trains to, or nil where the ladder does not reach so high. O(1).
  public func resource(of rung: RungIndex) -> Resource? {
    resources.indices.contains(rung.rawValue) ? resources[rung.rawValue] : nil
  }

  /// What the checkpoint of a trial holds that is about to train for rung `rung`: the resource of the rung below, or 0.
  public func resumeResource(of rung: RungIndex) -> Resource {
    rung > 0 ? resource(of: RungIndex(rung.rawValue - 1)) ?? 0 : 0
  }
}

extension LadderSpecification: CustomStringConvertible {
  /// The resources, and η: "1, 4, 16, 64; η = 4"; of an unbounded ladder the first four: "1, 4, 16, 64, …; η = 4".
  public var description: String {
    let shown = isBounded ? resources[...] : resources.prefix(4)
    return shown.map(\.description).joined(separator: ", ") + (isBounded ? "" : ", …") + "; η = \(reductionFactor)"
  }
}
