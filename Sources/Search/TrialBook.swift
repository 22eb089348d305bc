package import TuningTypes

/// What a search knows of each of its trials: its configuration for as long as it can go out again, and how it has done.
///
/// Configurations are packed: 8 bytes a hyperparameter, which make 64 for eight of them, in blocks that are reused when
/// nothing can need them any more. What is left of a trial then takes 24 bytes.
package struct TrialBook: Sendable {
  /// How a trial has done.
  package struct Entry: Sendable {
    /// Where its configuration stands; nil once it is let go.
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
  }

  private let layout: Configuration.Layout
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
  private var lastShape: Int32 = 0
  /// The configuration that was written last, as it came: most often it is read at once.
  private var latest: (trial: TrialID, configuration: Configuration)?

  /// What a hyperparameter's 8 bytes say.
  private enum Kind: UInt64 { case absent, integer, real, listed }

  /// The kinds of a configuration's values, two bits each.
  private struct Shape: Hashable, Sendable {
    /// Of the first 32 hyperparameters; and of all others, 32 to a word.
    var first: UInt64 = 0
    var others: [UInt64] = []

    @inline(__always)
    subscript(position: Int) -> Kind {
      get {
        let word = position < 32 ? first : others[position / 32 - 1]
        return Kind(rawValue: word >> UInt64(2 * (position % 32)) & 3) ?? .absent
      }
      set {
        let bits = newValue.rawValue << UInt64(2 * (position % 32))
        if position < 32 { first |= bits } else { others[position / 32 - 1] |= bits }
      }
    }
  }

  private static let slotsPerBlock = 1024

  /// - Parameter layout: that of all configurations.
  package init(layout: Configuration.Layout) { self.layout = layout }

  /// How many trials have begun.
  package var count: Int { entries.count }

  /// How the trial has done so far; nil where it has not begun.
  package subscript(trial: TrialID) -> Entry? {
    entries.indices.contains(trial.rawValue) ? entries[trial.rawValue] : nil
  }
}

// MARK: - Configurations

extension TrialBook {
  /// Writes down a trial that begins: the one after the last.
  ///
  /// - Precondition: the configuration has the book's layout. O(hyperparameters).
  package mutating func begin(_ configuration: Configuration) {
    precondition(configuration.layout === layout, "a configuration of another search space")
    let trial = TrialID(entries.count)
    var entry = Entry()
    let slot = takeSlot()
    let (block, start) = place(of: slot)
    var shape = Shape()
    let width = layout.count
    if width > 32 { shape.others = Array(repeating: 0, count: (width - 1) / 32) }
    var all = blocks.mutableSpan
    var cells = all[block].mutableSpan
    for position in 0..<width {
      let cell = configuration[position]
      cells[start + position] = Self.word(cell)
      shape[position] = Self.kind(cell)
    }
    entry.slot = slot
    entry.shape = number(of: shape)
    entries.append(entry)
    latest = (trial, configuration)
  }

  /// The trial's configuration; nil where it has not begun, or was let go. O(hyperparameters).
  package func configuration(of trial: TrialID) -> Configuration? {
    if let latest, latest.trial == trial { return latest.configuration }
    guard let entry = self[trial], entry.slot != Entry.none else { return nil }
    let (block, start) = place(of: entry.slot)
    let words = blocks[block]
    let shape = shapes[Int(entry.shape)]
    let draft = Configuration.Draft(of: layout) { position in Self.cell(words[start + position], shape[position]) }
    return draft.finish()
  }

  /// Lets the trial's configuration go: no job of it will go out again.
  package mutating func release(_ trial: TrialID) {
    guard let entry = self[trial], entry.slot != Entry.none else { return }
    free.append(entry.slot)
    entries[trial.rawValue].slot = Entry.none
    if latest?.trial == trial { latest = nil }
  }

  private mutating func takeSlot() -> Int32 {
    if let slot = free.popLast() { return slot }
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

  private mutating func number(of shape: Shape) -> Int32 {
    if lastShape < shapes.count, shapes[Int(lastShape)] == shape { return lastShape }
    lastShape = shapeNumbers[shape] ?? Int32(shapes.count)
    if lastShape == shapes.count {
      shapes.append(shape)
      shapeNumbers[shape] = lastShape
    }
    return lastShape
  }

  private static func kind(_ cell: Configuration.Cell) -> Kind {
    switch cell {
    case .absent: .absent
    case .integer: .integer
    case .real: .real
    case .listed: .listed
    }
  }

  private static func word(_ cell: Configuration.Cell) -> UInt64 {
    switch cell {
    case .absent: 0
    case .integer(let number): UInt64(bitPattern: Int64(number))
    case .real(let number): number.bitPattern
    case .listed(let position): UInt64(position)
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
    guard entries.indices.contains(trial.rawValue) else { return }
    entries[trial.rawValue].rung = Int32(clamping: rung.rawValue)
    entries[trial.rawValue].lastLoss = loss
  }

  /// Notes that a try of a trial has failed.
  package mutating func noteFailure(of trial: TrialID) {
    guard entries.indices.contains(trial.rawValue) else { return }
    entries[trial.rawValue].failures += 1
  }
}
