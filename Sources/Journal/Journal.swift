public import Files
public import Search
public import Text
public import Training

/// The study's journal while it is being written: JSON Lines, appended to, never changed.
///
/// Events gather in memory and go to the file in groups: ``write()``, so that
/// they survive the process, and ``synchronize()`` at least every second and at the end, so that they survive the
/// machine.
public struct Journal: ~Copyable, Sendable {
  /// Which of its formats this program writes and reads.
  public static let version = 1

  public let path: String
  /// How many bytes it has.
  public private(set) var length: Int
  private let file: Int32
  private var pending = JournalText()
  private var unsynchronized = false
  private var synchronized = 0.0
  /// Up to where blocks were set aside for the file; nil where they can't be had ahead.
  private var setAside: Int? = 0

  /// How many bytes gather before they are written whatever the driver does.
  private static let groupSize = 1 << 18
  /// From how many bytes at once on it pays to set blocks aside, and for how many bytes that is done.
  private static let (provisionedSize, provision) = (1 << 16, 1 << 23)
  /// Seconds between two moments at which the journal is on the disk.
  private static let synchronizationInterval = 1.0

  /// Creates the journal of a new study.
  ///
  /// - Throws: ``DiskError``; a journal that is there already is one.
  public init(creating path: String) throws(DiskError) {
    file = try Disk.createForAppending(path)
    self.path = path
    length = 0
  }

  /// Goes on with the journal of a study that was interrupted.
  ///
  /// - Parameter length: how much of the file is whole lines; what follows is a torn one and cut off.
  public init(resuming path: String, length: Int) throws(DiskError) {
    file = try Disk.openForAppending(path, keeping: length)
    self.path = path
    self.length = length
  }

  /// Goes on with a file that is there.
  ///
  /// - Throws: ``DiskError``.
  package init(appendingTo path: String) throws(DiskError) {
    file = try Disk.openForAppending(path)
    self.path = path
    length = Disk.size(path)
  }

  deinit {
    if let setAside, setAside > length { Disk.giveBack(from: file) }
    Disk.closeFile(file)
  }

  /// Begins the journal of a new study.
  public mutating func append(header: JSONValue) throws(DiskError) { pending.append(header: header) }

  public mutating func append(_ record: SearchRecord) throws(DiskError) {
    pending.append(record)
    if pending.lines.count >= Self.groupSize { try write() }
  }

  /// Hands what has gathered to the operating system; from here on it survives a crash of this program.
  public mutating func write() throws(DiskError) {
    guard !pending.lines.isEmpty else { return }
    provide(for: pending.lines.count)
    try put(pending.lines)
    note(pending.lines.count)
    pending.lines.removeAll()
  }

  /// The same with events that are text already; what ends within a line is gone on with the next time.
  public mutating func write(lines: borrowing JSONText) throws(DiskError) {
    try write()
    guard !lines.isEmpty else { return }
    provide(for: lines.count)
    try put(lines)
    note(lines.count)
  }

  /// Where much is written at once, more will follow: with blocks for all of it, the system has a third less to do than if it
  /// had to find them page by page.
  private mutating func provide(for bytes: Int) {
    guard bytes >= Self.provisionedSize, let end = setAside, length + bytes > end else { return }
    let ahead = bytes + Self.provision
    setAside = Disk.setAside(ahead, from: length, for: file) ? length + ahead : nil
  }

  private func put(_ text: borrowing JSONText) throws(DiskError) {
    try unsafe text.withBytes { (bytes) throws(DiskError) in try unsafe Disk.write(bytes, to: file, path: path) }
  }

  private mutating func note(_ bytes: Int) {
    length += bytes
    unsynchronized = true
  }

  /// ``write()``, and ``synchronize()`` if the last time was a second ago or more.
  ///
  /// - Parameter time: now, in seconds of the study.
  public mutating func commit(at time: Double) throws(DiskError) {
    try write()
    guard unsynchronized, time - synchronized >= Self.synchronizationInterval else { return }
    try synchronize()
    synchronized = time
  }

  /// Looks whether the file that is written is still the one under the journal's name, with all that was written to it.
  ///
  /// Where it is not, what there is of it is written beside it. Somebody has replaced, deleted or emptied the file: an editor
  /// that saves, a script that cleans up.
  ///
  /// - Throws: ``PlaceFault`` with what has happened.
  public func expectItself() throws(PlaceFault) {
    let there = Disk.Identity(path)
    let what: String
    if there == nil {
      what = "was deleted"
    } else if there != Disk.Identity(of: file) {
      what = "was replaced by another file"
    } else if let size = Disk.size(of: file), size < length {
      what = "was cut short, from \(length) to \(size) bytes,"
    } else {
      return
    }
    let rescued = Paths.folder(of: path) + "/journal.rescued.jsonl"
    var remedy = "what was left of it is in \(rescued)"
    do throws(DiskError) {
      try Disk.makeFolder(Paths.folder(of: path))
      try Disk.copy(file, to: rescued)
      if Disk.size(of: file) ?? 0 >= length { remedy = "all of it is in \(rescued): give that its name again" }
    } catch {
      remedy = "and could not be saved: \(error)"
    }
    throw PlaceFault("\(path) \(what) while the study ran; \(remedy)", losesJournal: true)
  }

  /// Waits until all of the journal is on the disk.
  public mutating func synchronize() throws(DiskError) {
    try write()
    try Disk.synchronize(file, path: path)
    unsynchronized = false
  }
}
