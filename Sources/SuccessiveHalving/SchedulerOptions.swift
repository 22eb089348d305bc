/// What only some schedulers are asked for. Where a scheduler has a default, a checked specification has it filled in.
public struct SchedulerOptions: Hashable, Sendable {
  /// Of Hyperband: which brackets *s* take part, rising. All by default.
  public var brackets: [Int]?
  /// Of parallel SHA: how many configurations a bracket starts with. η^(rungs − 1) by default, so that one of them
  /// reaches the top.
  public var bracketSize: Int?
  /// Of one rung and top-k: *k*, how many are trained to the end. ⌊n/η⌋ by default, and at least 1.
  public var topCount: Int?
  /// Of median and curve stopping: how many other trials there must be to compare with. 5 by default.
  public var minTrials: Int?
  /// Of curve stopping: below which probability of becoming the best a trial is stopped. 0.05 by default.
  public var stopProbability: Double?

  public init(
    brackets: [Int]? = nil, bracketSize: Int? = nil, topCount: Int? = nil, minTrials: Int? = nil,
    stopProbability: Double? = nil
  ) {
    self.brackets = brackets
    self.bracketSize = bracketSize
    self.topCount = topCount
    self.minTrials = minTrials
    self.stopProbability = stopProbability
  }
}

extension SchedulerAlgorithm {
  /// The options that the scheduler has, by their keys in a study file.
  public var options: [SchedulerError.Key] {
    switch self {
    case .asynchronousHyperband, .synchronousHyperband: [.brackets]
    case .parallelSuccessiveHalving: [.bracketSize]
    case .topK: [.topCount]
    case .medianStopping: [.minTrials]
    case .curveStopping: [.minTrials, .stopProbability]
    case .asynchronousSuccessiveHalving, .synchronousSuccessiveHalving, .progressiveSuccessiveHalving,
      .stoppingSuccessiveHalving, .randomSearch, .gridSearch:
      []
    }
  }
}

extension SchedulerOptions {
  /// The keys that have a value.
  private var given: [SchedulerError.Key] {
    var keys: [SchedulerError.Key] = []
    if brackets != nil { keys.append(.brackets) }
    if bracketSize != nil { keys.append(.bracketSize) }
    if topCount != nil { keys.append(.topCount) }
    if minTrials != nil { keys.append(.minTrials) }
    if stopProbability != nil { keys.append(.stopProbability) }
    return keys
  }

  /// The options of one scheduler, checked, with its defaults.
  ///
  /// - Throws: `SchedulerError` naming an option that the scheduler does not have, or has with other values.
  func resolved(
    for algorithm: SchedulerAlgorithm, ladder: LadderSpecification, configurations: Int?
  ) throws(SchedulerError) -> SchedulerOptions {
    for key in given where !algorithm.options.contains(key) {
      let users = SchedulerAlgorithm.allCases.filter { $0.options.contains(key) }.map(\.rawValue)
      throw SchedulerError(
        key, "has no meaning for \(algorithm.rawValue)",
        advice: "Take it out; it belongs to algorithm: \(users.joined(separator: " or ")).")
    }
    var options = self
    switch algorithm {
    case .asynchronousHyperband, .synchronousHyperband: options.brackets = try resolvedBrackets(ladder)
    case .parallelSuccessiveHalving:
      options.bracketSize = try atLeastOne(bracketSize, .bracketSize) ?? ladder.trialsForOneAtTheTop
    case .topK: options.topCount = try resolvedTopCount(ladder, configurations: configurations ?? 1)
    case .medianStopping: options.minTrials = try atLeastOne(minTrials, .minTrials) ?? 5
    case .curveStopping:
      options.minTrials = try atLeastOne(minTrials, .minTrials) ?? 5
      options.stopProbability = try resolvedProbability()
    case .asynchronousSuccessiveHalving, .synchronousSuccessiveHalving, .progressiveSuccessiveHalving,
      .stoppingSuccessiveHalving, .randomSearch, .gridSearch:
      break
    }
    return options
  }

  private func resolvedBrackets(_ ladder: LadderSpecification) throws(SchedulerError) -> [Int] {
    guard let brackets else { return Array(ladder.resources.indices) }
    guard !brackets.isEmpty else {
      throw SchedulerError(.brackets, "names no bracket", advice: "List at least one, or leave it out to have all.")
    }
    for s in brackets where !ladder.resources.indices.contains(s) {
      throw SchedulerError(
        .brackets, "has \(s), and this ladder's brackets are 0 to \(ladder.resources.count - 1)",
        advice: "Bracket s leaves out the lowest s rungs, and at least one has to stay.")
    }
    for (lower, upper) in zip(brackets, brackets.dropFirst()) where lower >= upper {
      throw SchedulerError(
        .brackets, "must rise, and \(upper) follows \(lower)",
        advice: "Sort the list and drop what stands in it twice.")
    }
    return brackets
  }

  private func resolvedTopCount(_ ladder: LadderSpecification, configurations: Int) throws(SchedulerError) -> Int {
    guard let count = try atLeastOne(topCount, .topCount) else {
      return max(1, configurations / ladder.reductionFactor)
    }
    guard count <= configurations else {
      throw SchedulerError(
        .topCount, "is \(count), and there are only \(configurations) configurations",
        advice: "Lower it, or raise budget.configurations.")
    }
    return count
  }

  private func resolvedProbability() throws(SchedulerError) -> Double {
    let probability = stopProbability ?? 0.05
    guard probability > 0, probability < 1 else {
      throw SchedulerError(
        .stopProbability, "must be between 0 and 1, and is \(probability)",
        advice: "The default is 0.05: stop what becomes the best with less than 5 % probability.")
    }
    return probability
  }

  private func atLeastOne(_ value: Int?, _ key: SchedulerError.Key) throws(SchedulerError) -> Int? {
    guard let value, value < 1 else { return value }
    throw SchedulerError(
      key, "must be at least 1, and is \(value)", advice: "Give a whole number, or leave it out for the default.")
  }
}

extension LadderSpecification {
  /// η^(rungs − 1): of so many in rung 0, one reaches the top. More than an `Int` holds is `Int.max`.
  var trialsForOneAtTheTop: Int {
    var count = 1
    for _ in resources.dropFirst() {
      let (product, isTooMuch) = count.multipliedReportingOverflow(by: reductionFactor)
      if isTooMuch { return .max }
      count = product
    }
    return count
  }
}
