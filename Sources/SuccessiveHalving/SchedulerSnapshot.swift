internal import TuningTypes

/// A scheduler's whole state, to and from bytes: its specification, and what each trial has done, by trial.
///
/// Which trials of a rung were promoted, what is in flight, and every count follow from the trials' histories, so
/// nothing in the bytes can contradict them. Losses keep their bits, NaN's too.
struct SchedulerSnapshot {
  private static let format: [UInt8] = Array("ASHS".utf8) + [2]

  let specification: SchedulerSpecification
  /// By trial, each with the position of its bracket.
  let histories: [(bracket: Int, history: Bracket.TrialHistory)]
  /// Of synchronous schedulers: for each bracket, whether its rung 0 is finished. Empty for the others.
  var finished: [Bool] = []
  /// Of progressive successive halving: the top rung as it stands, and ε.
  var progress: (top: Int, epsilon: Double) = (0, 0)
  /// Of curve stopping: the trials trained to the end, in the order in which they were.
  var order: [TrialID] = []

  /// Of a scheduler with one bracket.
  init(
    _ specification: SchedulerSpecification, _ histories: [Bracket.TrialHistory], finished: [Bool] = [],
    progress: (top: Int, epsilon: Double) = (0, 0), order: [TrialID] = []
  ) {
    self.init(specification, histories.map { (0, $0) }, finished: finished)
    self.progress = progress
    self.order = order
  }

  init(
    _ specification: SchedulerSpecification, _ histories: [(bracket: Int, history: Bracket.TrialHistory)],
    finished: [Bool] = []
  ) {
    self.specification = specification
    self.histories = histories
    self.finished = finished
  }

  var bytes: [UInt8] {
    var writer = SnapshotWriter()
    for byte in Self.format { writer.write(byte: byte) }
    writer.write(specification)
    if specification.algorithm.isSynchronous {
      writer.write(finished.count)
      for flag in finished { writer.write(flag) }
    }
    writer.write(histories.count)
    for (bracket, history) in histories {
      if specification.hasManyBrackets { writer.write(bracket) }
      writer.write(byte: history.record.phase.rawValue)
      if history.record.phase == .erased { continue }
      writer.write(history.record.rung.rawValue)
      for loss in history.losses { writer.write(loss.value) }
    }
    if specification.algorithm == .progressiveSuccessiveHalving {
      writer.write(progress.top)
      writer.write(progress.epsilon)
    }
    if specification.algorithm == .curveStopping {
      writer.write(order.count)
      for trial in order { writer.write(trial.rawValue) }
    }
    return writer.bytes
  }

  init(bytes: [UInt8]) throws(SnapshotError) {
    var reader = SnapshotReader(bytes)
    for byte in Self.format where try reader.readByte() != byte {
      throw SnapshotError("it does not begin like one, or is of another version")
    }
    specification = try reader.readSpecification()
    if specification.algorithm.isSynchronous {
      for _ in 0..<(try reader.readCount(upTo: reader.bytesLeft)) { finished.append(try reader.readFlag()) }
      guard specification.hasManyBrackets || finished.count == 1 else { throw SnapshotError("it has one bracket") }
    }
    histories = try Self.readHistories(&reader, specification, brackets: finished.count)
    if specification.algorithm == .progressiveSuccessiveHalving {
      progress = (try reader.readCount(upTo: specification.ladder.topRung.rawValue), try reader.readDouble())
    }
    if specification.algorithm == .curveStopping {
      for _ in 0..<(try reader.readCount(upTo: reader.bytesLeft)) { order.append(TrialID(try reader.readCount())) }
    }
    guard reader.isAtEnd else { throw SnapshotError("\(reader.bytesLeft) bytes are left over") }
  }

  private static func readHistories(
    _ reader: inout SnapshotReader, _ specification: SchedulerSpecification, brackets: Int
  ) throws(SnapshotError) -> [(bracket: Int, history: Bracket.TrialHistory)] {
    let ladders = specification.bracketLadders
    let isOpen = specification.algorithm == .asynchronousHyperband
    var histories: [(bracket: Int, history: Bracket.TrialHistory)] = []
    var begun = 0
    for _ in 0..<(try reader.readCount(upTo: reader.bytesLeft)) {
      var bracket = 0
      if specification.hasManyBrackets {
        // Synchronous brackets begin one after the other.
        let last = isOpen ? ladders.count - 1 : min(begun, brackets - 1)
        guard last >= 0 else { throw SnapshotError("a trial is in no bracket") }
        bracket = try reader.readCount(upTo: last)
        begun = max(begun, bracket + 1)
      }
      let topRung = ladders[bracket % ladders.count].topRung.rawValue
      let history = try reader.readHistory(
        topRung: topRung, mayBeDue: specification.algorithm.isStoppingType)
      histories.append((bracket, history))
    }
    guard isOpen || !specification.hasManyBrackets || begun == brackets else {
      throw SnapshotError("a bracket has no trial")
    }
    return histories
  }

  /// Checks the flag of a bracket against its trials.
  static func checkLowestRung(
    _ histories: [Bracket.TrialHistory], configurations: Int, isLowestFinished: Bool
  ) throws(SnapshotError) {
    let trials = histories.filter { $0.record.phase != .erased }
    let isRunning = trials.contains { $0.record.rung == 0 && $0.record.phase == .running }
    let isPromoted = trials.contains { $0.record.rung > 0 }
    guard trials.count <= configurations, isLowestFinished ? !isRunning : !isPromoted else {
      throw SnapshotError("its trials contradict whether the lowest rung is finished")
    }
  }
}

extension SchedulerSpecification {
  /// Whether trials are told apart by their bracket.
  fileprivate var hasManyBrackets: Bool {
    [.asynchronousHyperband, .synchronousHyperband, .parallelSuccessiveHalving].contains(algorithm)
  }

  /// A scheduler in the state that `snapshot()` of another wrote down.
  ///
  /// The specification comes from the snapshot too: compare `specification` where it has to be a certain one.
  /// - Throws: `SnapshotError` where the bytes are no snapshot, or are damaged so that they contradict themselves.
  /// - Complexity: O(n log n) of the trials.
  public static func restoreScheduler(from snapshot: [UInt8]) throws(SnapshotError) -> any TrialScheduler {
    let state = try SchedulerSnapshot(bytes: snapshot)
    let specification = state.specification
    let histories = state.histories.map(\.history)
    switch specification.algorithm {
    case .asynchronousSuccessiveHalving:
      return AsynchronousSuccessiveHalving(
        restored: Bracket(ladder: specification.ladder, promotion: specification.promotion, histories: histories))
    case .asynchronousHyperband: return AsynchronousHyperband(specification: specification, histories: state.histories)
    case .progressiveSuccessiveHalving:
      return try ProgressiveSuccessiveHalving(
        restored: Bracket(ladder: specification.ladder, histories: histories), top: state.progress.top,
        epsilon: state.progress.epsilon)
    case .stoppingSuccessiveHalving, .medianStopping, .curveStopping:
      return try EarlyStopping(
        specification: specification,
        restored: Bracket(ladder: specification.ladder, keepsOrder: false, histories: histories), order: state.order)
    case .synchronousSuccessiveHalving, .topK:
      let configurations = specification.configurations ?? 1
      try SchedulerSnapshot.checkLowestRung(
        histories, configurations: configurations, isLowestFinished: state.finished[0])
      return SynchronousSuccessiveHalving(
        specification: specification,
        bracket: SynchronousBracket(
          restored: Bracket(
            ladder: specification.ladder, lowestQuota: specification.options.topCount, histories: histories),
          configurations: configurations, isLowestFinished: state.finished[0]))
    case .parallelSuccessiveHalving, .synchronousHyperband:
      return try SynchronousBrackets(
        specification: specification, histories: state.histories, finished: state.finished)
    case .randomSearch, .gridSearch:
      return RandomSearch(
        specification: specification, bracket: Bracket(ladder: specification.ladder.topOnly, histories: histories))
    }
  }
}
