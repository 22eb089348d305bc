package import SearchSpace
package import TuningTypes

/// What a search knows of each of its trials: its configuration for as long as it can go out again, and how it has done.
///
/// What the study's sequence of configurations gave is kept as its number and drawn again: to write it down costs as much,
/// and memory. Other configurations (of a sampler that learns, of `start_with`, of a journal that is replayed) are packed: 8
/// bytes a hyperparameter, which make 64 for eight of them, in blocks that are reused when nothing can need them any more.
/// Beside its configuration a trial takes 24 bytes.
package struct TrialBook: Sendable {
  /// How a trial has done.
  package struct Entry: Sendable {
    /// Where its configuration stands; or that it is drawn again, or was let go.
    fileprivate var slot: Int32 = Self.none
    fileprivate var shape: Int32 = 0
    /// How many tries have failed, over all its jobs.
    package fileprivate(set) var failures: Int32 = 0
    /// The highest rung at which it has a loss; nil where it has none.
    package var furthestRung: RungIndex? { rung == Self.none ? nil : RungIndex(Int(rung)) }
    fileprivate var rung: Int32 = Self.none
    /// The loss there.
    package fileprivate(set) var lastLoss = Loss.diverged

    fileprivate static let none: Int32 = -1
    fileprivate static let drawn: Int32 = -2
  }

  private let layout: Configuration.Layout
  private let sequence: any SequenceSampler
  /// The trial that has the sequence's first configuration, where the sequence gives it one.
  private let firstOfSequence: Int
  private var entries: [Entry] = []
  /// Values, `layout.count` to a slot; blocks of slots, so that a copy of the book shares those that neither changes.
  private var blocks: [[UInt64]] = []
  /// How many slots have been used.
  private var slotCount = 0
  /// Slots whose configurations were let go.
  private var free: [Int32] = []
  /// The kinds of values that configurations have had. Most of a study's have the same.
  private var shapes: [Shape] = []
  private var shapeNumbers: [Shape: Int32] = [:]
  /// The first words of the first shapes: to go through them costs less than to look one up.
  private var commonFirsts: [UInt64] = []
  /// The one that was found last.
  private var latestFirst: UInt64 = 0
  private var latestNumber: Int32 = 0

  /// What a hyperparameter's 8 bytes say.
  private enum Kind: UInt64 { case absent, integer, real, listed }

  /// The kinds of a configuration's values, two bits each.
  private struct Shape: Hashable, Sendable {
    /// Of the first 32 hyperparameters; and of all others, 32 to a word.
    var first: UInt64 = 0
    var others: [UInt64] = []

    init(first: UInt64) { self.first = first }

    init(of configuration: Configuration, _ width: Int) {
      if width > 32 { others = Array(repeating: 0, count: (width - 1) / 32) }
      for position in 0..<width {
        let bits = TrialBook.packed(configuration[position]).kind.rawValue << UInt64(2 * (position % 32))
        if position < 32 { first |= bits } else { others[position / 32 - 1] |= bits }
      }
    }

    subscript(position: Int) -> Kind {
      let word = position < 32 ? first : others[position / 32 - 1]
      return Kind(rawValue: word >> UInt64(2 * (position % 32)) & 3) ?? .absent
    }
  }

  private static let slotsPerBlock = 1024

  /// - Parameters:
  ///   - layout: that of all configurations.
  ///   - sequence: what ``beginNext()`` draws from.
  ///   - first: the trial that has the first configuration of it.
  package init(layout: Configuration.Layout, sequence: any SequenceSampler, first: Int) {
    self.layout = layout
    self.sequence = sequence
    firstOfSequence = first
  }

  /// How many trials have begun.
  package var count: Int { entries.count }

  /// How the trial has done so far; nil where it has not begun.
  package subscript(trial: TrialID) -> Entry? {
    entries.indices.contains(trial.rawValue) ? entries[trial.rawValue] : nil
  }
}

// MARK: - Configurations

extension TrialBook {
  /// Begins the trial after the last with what the sequence has for it; nil, and no trial, where it has come to its end.
  /// O(hyperparameters).
  package mutating func beginNext() -> Configuration? {
    guard let configuration = sequence.configuration(at: count - firstOfSequence) else { return nil }
    var entry = Entry()
    entry.slot = Entry.drawn
    entries.append(entry)
    return configuration
  }

  /// Writes down a trial that begins: the one after the last.
  ///
  /// - Precondition: the configuration has the book's layout. O(hyperparameters).
  package mutating func begin(_ configuration: Configuration) {
    precondition(configuration.layout === layout, "a configuration of another search space")
    var entry = Entry()
    let slot = takeSlot()
    let (block, start) = place(of: slot)
    var first: UInt64 = 0
    let width = layout.count
    var all = blocks.mutableSpan
    var cells = all[block].mutableSpan
    for position in 0..<width {
      let (word, kind) = Self.packed(configuration[position])
      cells[start + position] = word
      if position < 32 { first |= kind.rawValue << UInt64(2 * position) }
    }
    entry.slot = slot
    entry.shape =
      width <= 32 ? number(of: first) : number(of: Shape(of: configuration, width))
    entries.append(entry)
  }

  /// Changes what is known of a trial, where it has begun.
  @inline(__always)
  private mutating func change(_ trial: TrialID, _ body: (inout Entry) -> Void) {
    guard entries.indices.contains(trial.rawValue) else { return }
    body(&entries[trial.rawValue])
  }

  /// The trial's configuration; nil where it has not begun, or was let go. O(hyperparameters).
  package func configuration(of trial: TrialID) -> Configuration? {
    guard let entry = self[trial], entry.slot != Entry.none else { return nil }
    if entry.slot == Entry.drawn { return sequence.configuration(at: trial.rawValue - firstOfSequence) }
    let (block, start) = place(of: entry.slot)
    let words = blocks[block]
    let shape = shapes[Int(entry.shape)]
    let draft = Configuration.Draft(of: layout) { position in Self.cell(words[start + position], shape[position]) }
    return draft.finish()
  }

  /// Lets the trial's configuration go: no job of it will go out again.
  package mutating func release(_ trial: TrialID) {
    guard let entry = self[trial], entry.slot != Entry.none else { return }
    if entry.slot != Entry.drawn { free.append(entry.slot) }
    change(trial) { $0.slot = Entry.none }
  }

  @inline(__always)
  private mutating func takeSlot() -> Int32 {
    if !free.isEmpty { return free.removeLast() }
    if slotCount % Self.slotsPerBlock == 0 {
      blocks.append(Array(repeating: 0, count: layout.count * Self.slotsPerBlock))
    }
    slotCount += 1
    return Int32(slotCount - 1)
  }

  private func place(of slot: Int32) -> (block: Int, start: Int) {
    let (block, number) = Int(slot).quotientAndRemainder(dividingBy: Self.slotsPerBlock)
    return (block, number * layout.count)
  }

  /// - Parameter first: the shape of a configuration of at most 32 hyperparameters.
  private mutating func number(of first: UInt64) -> Int32 {
    if first == latestFirst, !shapes.isEmpty { return latestNumber }
    latestFirst = first
    latestNumber = find(first)
    return latestNumber
  }

  private mutating func find(_ first: UInt64) -> Int32 {
    for (number, common) in commonFirsts.enumerated() where common == first { return Int32(number) }
    if commonFirsts.count == shapes.count, shapes.count < Self.mostCommonShapes { commonFirsts.append(first) }
    return number(of: Shape(first: first))
  }

  private static let mostCommonShapes = 16

  private mutating func number(of shape: Shape) -> Int32 {
    if let known = shapeNumbers[shape] { return known }
    let number = Int32(shapes.count)
    shapes.append(shape)
    shapeNumbers[shape] = number
    return number
  }

  @inline(__always)
  private static func packed(_ cell: Configuration.Cell) -> (word: UInt64, kind: Kind) {
    switch cell {
    case .absent: (0, .absent)
    case .integer(let number): (UInt64(bitPattern: Int64(number)), .integer)
    case .real(let number): (number.bitPattern, .real)
    case .listed(let position): (UInt64(position), .listed)
    }
  }

  private static func cell(_ word: UInt64, _ kind: Kind) -> Configuration.Cell {
    switch kind {
    case .absent: .absent
    case .integer: .integer(Int(Int64(bitPattern: word)))
    case .real: .real(Double(bitPattern: word))
    case .listed: .listed(Int(word))
    }
  }
}

// MARK: - Results

extension TrialBook {
  /// Notes that a trial has a loss at a rung.
  package mutating func note(_ loss: Loss, of trial: TrialID, rung: RungIndex) {
    change(trial) {
      $0.rung = Int32(clamping: rung.rawValue)
      $0.lastLoss = loss
    }
  }

  /// Notes that a try of a trial has failed.
  package mutating func noteFailure(of trial: TrialID) {
    change(trial) { $0.failures += 1 }
  }
}
