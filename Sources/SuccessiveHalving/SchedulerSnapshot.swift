internal import TuningTypes

/// A scheduler's whole state, to and from bytes: its specification, and what each trial has done, by trial.
///
/// Which trials of a rung were promoted, what is in flight, and every count follow from the trials' histories, so
/// nothing in the bytes can contradict them. Losses keep their bits, NaN's too.
struct SchedulerSnapshot {
  private static let format: [UInt8] = Array("ASHS".utf8) + [1]

  let specification: SchedulerSpecification
  let histories: [Bracket.TrialHistory]
  /// Of synchronous successive halving: whether rung 0 is finished. False for the others.
  let isLowestFinished: Bool

  init(_ specification: SchedulerSpecification, _ histories: [Bracket.TrialHistory], isLowestFinished: Bool = false) {
    self.specification = specification
    self.histories = histories
    self.isLowestFinished = isLowestFinished
  }

  var bytes: [UInt8] {
    var writer = SnapshotWriter()
    for byte in Self.format { writer.write(byte: byte) }
    writer.write(specification.algorithm.rawValue)
    writer.write(specification.promotion.rawValue)
    writer.write(specification.configurations ?? 0)
    let ladder = specification.ladder
    writer.write(ladder.reductionFactor)
    writer.write(ladder.earlyStoppingRate)
    writer.write(ladder.isBounded)
    writer.write(ladder.resources.count)
    for resource in ladder.resources { writer.write(resource.rawValue) }
    writer.write(isLowestFinished)
    writer.write(histories.count)
    for history in histories {
      writer.write(byte: history.record.phase.rawValue)
      if history.record.phase == .erased { continue }
      writer.write(history.record.rung.rawValue)
      for loss in history.losses { writer.write(loss.value) }
    }
    return writer.bytes
  }

  init(bytes: [UInt8]) throws(SnapshotError) {
    var reader = SnapshotReader(bytes)
    for byte in Self.format where try reader.readByte() != byte {
      throw SnapshotError("it does not begin like one, or is of another version")
    }
    specification = try Self.readSpecification(&reader)
    isLowestFinished = try reader.readFlag()
    let usesTopAlone = [.randomSearch, .gridSearch].contains(specification.algorithm)
    let topRung = usesTopAlone ? 0 : specification.ladder.topRung.rawValue
    var histories: [Bracket.TrialHistory] = []
    for _ in 0..<(try reader.readCount(upTo: reader.bytesLeft)) {
      histories.append(try Self.readHistory(&reader, topRung: topRung))
    }
    self.histories = histories
    guard reader.isAtEnd else { throw SnapshotError("\(reader.bytesLeft) bytes are left over") }
    try checkLowestRung()
  }

  private static func readSpecification(
    _ reader: inout SnapshotReader
  ) throws(SnapshotError) -> SchedulerSpecification {
    let algorithmName = try reader.readText()
    guard let algorithm = SchedulerAlgorithm(rawValue: algorithmName) else {
      throw SnapshotError("\"\(algorithmName)\" is no algorithm")
    }
    let promotionName = try reader.readText()
    guard let promotion = PromotionRule(rawValue: promotionName) else {
      throw SnapshotError("\"\(promotionName)\" is no promotion rule")
    }
    let configurations = try reader.readCount()
    let reductionFactor = try reader.readCount()
    let earlyStoppingRate = try reader.readCount()
    let isBounded = try reader.readFlag()
    var resources: [Resource] = []
    for _ in 0..<(try reader.readCount(upTo: reader.bytesLeft)) {
      let resource = Resource(try reader.readCount())
      guard resource > resources.last ?? 0 else { throw SnapshotError("its resources do not increase") }
      resources.append(resource)
    }
    guard reductionFactor >= 2, !resources.isEmpty else { throw SnapshotError("its ladder is none") }
    let ladder = LadderSpecification(
      validResources: resources, reductionFactor: reductionFactor, earlyStoppingRate: earlyStoppingRate,
      isBounded: isBounded)
    do {
      let specification = try SchedulerSpecification(
        algorithm: algorithm, ladder: ladder, promotion: promotion,
        configurations: configurations == 0 ? nil : configurations)
      guard (specification.configurations ?? 0) == configurations else {
        throw SnapshotError("\(algorithmName) limits no configurations")
      }
      return specification
    } catch let error as SchedulerError {
      throw SnapshotError(error.description)
    } catch let error as SnapshotError {
      throw error
    } catch {
      throw SnapshotError("\(error)")
    }
  }

  private static func readHistory(
    _ reader: inout SnapshotReader, topRung: Int
  ) throws(SnapshotError) -> Bracket.TrialHistory {
    let phaseNumber = try reader.readByte()
    guard let phase = TrialLedger.Phase(rawValue: phaseNumber) else {
      throw SnapshotError("a trial is in phase \(phaseNumber), which is none")
    }
    if phase == .erased { return Bracket.TrialHistory(record: .init(rung: 0, phase: .erased), losses: []) }
    let rung = try reader.readCount(upTo: min(topRung, Int(Int32.max)))
    let completed = phase == .running ? rung : rung + 1
    var losses: [Loss] = []
    for below in 0..<completed {
      let value = try reader.readDouble()
      let loss = Loss(value)
      // There is one NaN; bits of another were never written.
      guard loss.value.bitPattern == value.bitPattern else { throw SnapshotError("a loss is none") }
      guard loss.isFinite != (phase == .diverged && below == rung) else {
        throw SnapshotError("a trial's losses contradict where it stands")
      }
      losses.append(loss)
    }
    return Bracket.TrialHistory(record: .init(rung: RungIndex(rung), phase: phase), losses: losses)
  }

  /// Checks the one flag against the trials.
  private func checkLowestRung() throws(SnapshotError) {
    guard let configurations = specification.configurations else {
      guard !isLowestFinished else { throw SnapshotError("\(specification.algorithm.rawValue) finishes no rung") }
      return
    }
    let trials = histories.filter { $0.record.phase != .erased }
    let isRunning = trials.contains { $0.record.rung == 0 && $0.record.phase == .running }
    let isPromoted = trials.contains { $0.record.rung > 0 }
    guard trials.count <= configurations, isLowestFinished ? !isRunning : !isPromoted else {
      throw SnapshotError("its trials contradict whether the lowest rung is finished")
    }
  }
}

extension SchedulerSpecification {
  /// A scheduler in the state that `snapshot()` of another wrote down.
  ///
  /// The specification comes from the snapshot too: compare `specification` where it has to be a certain one.
  /// - Throws: `SnapshotError` where the bytes are no snapshot, or are damaged so that they contradict themselves.
  /// - Complexity: O(n log n) of the trials.
  public static func restoreScheduler(from snapshot: [UInt8]) throws(SnapshotError) -> any TrialScheduler {
    let state = try SchedulerSnapshot(bytes: snapshot)
    let specification = state.specification
    let usesTopAlone = [.randomSearch, .gridSearch].contains(specification.algorithm)
    let bracket = Bracket(
      ladder: usesTopAlone ? specification.ladder.topOnly : specification.ladder, promotion: specification.promotion,
      histories: state.histories)
    return switch specification.algorithm {
    case .asynchronousSuccessiveHalving: AsynchronousSuccessiveHalving(restored: bracket)
    case .synchronousSuccessiveHalving:
      SynchronousSuccessiveHalving(
        restored: bracket, configurations: specification.configurations ?? 1, isLowestFinished: state.isLowestFinished)
    case .randomSearch, .gridSearch: RandomSearch(specification: specification, bracket: bracket)
    }
  }

  init(
    valid algorithm: SchedulerAlgorithm, ladder: LadderSpecification, promotion: PromotionRule, configurations: Int?
  ) {
    self.algorithm = algorithm
    self.ladder = ladder
    self.promotion = promotion
    self.configurations = configurations
  }
}
