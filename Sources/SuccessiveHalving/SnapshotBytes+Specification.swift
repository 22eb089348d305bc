internal import TuningTypes

extension SnapshotWriter {
  mutating func write(_ specification: SchedulerSpecification) {
    write(specification.algorithm.rawValue)
    write(specification.promotion.rawValue)
    write(specification.configurations ?? 0)
    let ladder = specification.ladder
    write(ladder.reductionFactor)
    write(ladder.earlyStoppingRate)
    write(ladder.isBounded)
    write(ladder.resources.count)
    for resource in ladder.resources { write(resource.rawValue) }
    for key in specification.algorithm.options { write(key, of: specification.options) }
  }

  private mutating func write(_ key: SchedulerError.Key, of options: SchedulerOptions) {
    switch key {
    case .brackets:
      let brackets = options.brackets ?? []
      write(brackets.count)
      for bracket in brackets { write(bracket) }
    case .bracketSize: write(options.bracketSize ?? 0)
    case .topCount: write(options.topCount ?? 0)
    case .minTrials: write(options.minTrials ?? 0)
    case .stopProbability: write(options.stopProbability ?? 0)
    default: break
    }
  }
}

extension SnapshotReader {
  mutating func readSpecification() throws(SnapshotError) -> SchedulerSpecification {
    let algorithmName = try readText()
    guard let algorithm = SchedulerAlgorithm(rawValue: algorithmName) else {
      throw SnapshotError("\"\(algorithmName)\" is no algorithm")
    }
    let promotionName = try readText()
    guard let promotion = PromotionRule(rawValue: promotionName) else {
      throw SnapshotError("\"\(promotionName)\" is no promotion rule")
    }
    let configurations = try readCount()
    let ladder = try readLadder()
    let options = try readOptions(algorithm.options)
    let specification: SchedulerSpecification
    do throws(SchedulerError) {
      specification = try SchedulerSpecification(
        algorithm: algorithm, ladder: ladder, promotion: promotion,
        configurations: configurations == 0 ? nil : configurations, options: options)
    } catch {
      throw SnapshotError(error.description)
    }
    guard (specification.configurations ?? 0) == configurations, specification.ladder == ladder else {
      throw SnapshotError("its specification is not one of \(algorithmName)")
    }
    return specification
  }

  private mutating func readLadder() throws(SnapshotError) -> LadderSpecification {
    let reductionFactor = try readCount()
    let earlyStoppingRate = try readCount()
    let isBounded = try readFlag()
    var resources: [Resource] = []
    for _ in 0..<(try readCount(upTo: bytesLeft)) {
      let resource = Resource(try readCount())
      guard resource > resources.last ?? 0 else { throw SnapshotError("its resources do not increase") }
      resources.append(resource)
    }
    guard reductionFactor >= 2, !resources.isEmpty else { throw SnapshotError("its ladder is none") }
    return LadderSpecification(
      validResources: resources, reductionFactor: reductionFactor, earlyStoppingRate: earlyStoppingRate,
      isBounded: isBounded)
  }

  private mutating func readOptions(_ keys: [SchedulerError.Key]) throws(SnapshotError) -> SchedulerOptions {
    var options = SchedulerOptions()
    for key in keys {
      switch key {
      case .brackets:
        var brackets: [Int] = []
        for _ in 0..<(try readCount(upTo: bytesLeft)) { brackets.append(try readCount()) }
        options.brackets = brackets
      case .bracketSize: options.bracketSize = try readCount()
      case .topCount: options.topCount = try readCount()
      case .minTrials: options.minTrials = try readCount()
      case .stopProbability: options.stopProbability = try readDouble()
      default: break
      }
    }
    return options
  }

  /// - Parameters:
  ///   - topRung: the highest rung that the trial can have entered.
  ///   - mayBeDue: whether trials run on without a pause.
  mutating func readHistory(topRung: Int, mayBeDue: Bool) throws(SnapshotError) -> Bracket.TrialHistory {
    let phaseNumber = try readByte()
    guard let phase = TrialLedger.Phase(rawValue: phaseNumber) else {
      throw SnapshotError("a trial is in phase \(phaseNumber), which is none")
    }
    if phase == .erased { return Bracket.TrialHistory(record: .init(rung: 0, phase: .erased), losses: []) }
    let rung = try readCount(upTo: min(topRung, Int(Int32.max)))
    guard phase != .due || mayBeDue && rung > 0 else { throw SnapshotError("a trial runs on that may not") }
    let record = TrialLedger.Record(rung: RungIndex(rung), phase: phase)
    var losses: [Loss] = []
    for below in 0..<record.completedRungs {
      let value = try readDouble()
      let loss = Loss(value)
      // There is one NaN; bits of another were never written.
      guard loss.value.bitPattern == value.bitPattern else { throw SnapshotError("a loss is none") }
      guard loss.isFinite != (phase == .diverged && below == rung) else {
        throw SnapshotError("a trial's losses contradict where it stands")
      }
      losses.append(loss)
    }
    return Bracket.TrialHistory(record: record, losses: losses)
  }
}
