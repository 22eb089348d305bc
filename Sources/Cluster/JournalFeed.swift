internal import Journal
internal import Search
internal import Text
internal import Training
internal import TuningTypes

/// Turns what the tuner decides into the journal's lines, and gives them to the thread that writes.
///
/// Checkpoints that may go are deleted once the lines are written that let them go.
struct JournalFeed: ~Copyable {
  private let writer: FolderWriter
  /// What has been decided, as text, and the writer has not been given yet.
  private var text = JournalText()
  /// How long the journal is once all is written that was handed over.
  private var journalLength: Int
  /// Trials whose checkpoints are to be deleted once that is written.
  private var discarded: [TrialID] = []
  private var nextWrite = 0.0
  /// Whether nothing counts any more that is recorded from here on.
  private var isClosed = false

  /// Seconds for which lines may wait to be handed over: to wake the writing thread for each would cost more than a job, and
  /// while a driver has all it can do, so much gathers that it goes in whole pieces.
  private static var writeInterval: Double { 0.01 }
  /// Bytes that are handed over whenever there are so many; and where there are, the journal is written in pieces of this
  /// size, from one multiple of it to the next: the system has less to do for whole pages.
  private static var pieceSize: Int { 1 << 18 }

  init(to writer: FolderWriter) {
    self.writer = writer
    journalLength = writer.journalLength
  }

  /// The writer's first failure.
  var failure: PlaceFault? { writer.failure }

  mutating func append(header: JSONValue) { text.append(header: header) }

  mutating func append(_ record: SearchRecord) { text.append(record) }

  /// Takes down the actions that have a line, and empties the list.
  mutating func take(_ actions: inout [Tuner.Action], isRecorded: Bool, at time: Double) {
    if isRecorded {
      // Each is taken out as it is, and not copied.
      for index in actions.indices { text.append(exchange(&actions[index], with: .taken), at: time) }
    }
    actions.removeAll(keepingCapacity: true)
    let piece = Self.pieceSize - journalLength % Self.pieceSize
    if text.lines.count >= piece { handOver(piece: piece, at: time) }
  }

  /// Has the trial's checkpoint deleted once all is written that has been recorded.
  mutating func discardCheckpoint(of trial: TrialID) { discarded.append(trial) }

  /// Whether lines have waited for long enough.
  func isDue(at time: Double) -> Bool { time >= nextWrite }

  /// Gives all of the text to the writer, and with it what is then to be deleted.
  mutating func handOver(at time: Double) {
    nextWrite = time + Self.writeInterval
    guard !text.lines.isEmpty || !discarded.isEmpty, !isClosed else { return }
    journalLength += text.lines.count
    writer.write(&text.lines, discarding: &discarded)
  }

  /// Gives as many bytes of the text to the writer. What is to be deleted stays: the line that lets it go may be in what is
  /// left.
  private mutating func handOver(piece bytes: Int, at time: Double) {
    nextWrite = time + Self.writeInterval
    guard !isClosed else { return }
    journalLength += bytes
    writer.write(first: bytes, of: &text.lines)
  }

  /// Has `status.json` replaced. Never waits for the disk.
  func write(_ status: RunStatus) { if !isClosed { writer.write(status) } }

  /// From here on nothing is recorded.
  mutating func close() { isClosed = true }

  /// Hands the rest over, waits until it is on the disk, and ends the thread that writes.
  ///
  /// - Parameters:
  ///   - kept: the trials whose checkpoints stay, where all others are to be deleted as well.
  ///   - wait: called about once a second meanwhile.
  /// - Throws: the writer's first failure.
  mutating func end(keeping kept: Set<TrialID>?, at time: Double, whileWaiting wait: () -> Void = {}) throws(PlaceFault)
  {
    handOver(at: time)
    try writer.end(keeping: kept, whileWaiting: wait)
  }
}
