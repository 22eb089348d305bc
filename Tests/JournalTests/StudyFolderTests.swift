import Files
import Foundation
import Journal
import Search
import TestSupport
import Testing
import Text
import Training
import TuningTypes

@Suite struct StudyFolderTests {
  private let temporary: TemporaryFolder
  private var root: String { temporary.path }

  init() throws { temporary = try TemporaryFolder() }

  private func names(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  @Test func aFileIsReplacedInOnePieceAndNothingIsLeftBeside() throws {
    let path = root + "/file"
    #expect(try Disk.read(path) == nil)
    for size in [0, 1, 4095, 4096, 4097, 1 << 20] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
      try Disk.writeAtomically(bytes, to: path, durable: size == 1)
      #expect(try Disk.read(path) == bytes)
    }
    #expect(try names(in: root) == ["file"])
  }

  @Test func whoHasTheOldFileOpenKeepsReadingIt() throws {
    let path = root + "/file"
    try Disk.writeAtomically(Array("old".utf8), to: path)
    let reader = try #require(FileHandle(forReadingAtPath: path))
    try Disk.writeAtomically(Array("newer".utf8), to: path)
    #expect(try reader.readToEnd() == Data("old".utf8))
    #expect(try Disk.read(path) == Array("newer".utf8))
  }

  @Test func aFailedWriteLeavesTheOldFileAndNoTrace() throws {
    // Root may write anywhere, but nobody replaces a folder that is not empty by a file.
    let path = root + "/folder"
    try Disk.makeFolder(path + "/inside")
    #expect(throws: DiskError.self) { try Disk.writeAtomically([1], to: path) }
    #expect(Disk.isFolder(path + "/inside"))
    #expect(try names(in: root) == ["folder"])
    #expect(throws: DiskError.self) { try Disk.read(path) }
  }

  @Test func foldersAreMadeWithThoseAboveThem() throws {
    try Disk.makeFolder(root + "/a/b/c")
    try Disk.makeFolder(root + "/a/b/c")
    #expect(Disk.isFolder(root + "/a/b/c"))
    #expect(try Disk.makeNewFolder(root + "/a/b/c") == false)
    try Disk.writeAtomically([], to: root + "/file")
    #expect(throws: DiskError.self) { try Disk.makeFolder(root + "/file") }
    #expect(throws: DiskError.self) { try Disk.makeFolder(root + "/file/below") }
  }

  @Test func aLookForRoomLeavesNothingBehind() throws {
    try Disk.expectRoom(for: 1 << 16, in: root)
    #expect(try names(in: root) == [])
    var message = ""
    do { try Disk.expectRoom(for: 1, in: root + "/missing") } catch { message = error.description }
    #expect(message == "can't write to \(root)/missing: No such file or directory")
    do { try Disk.expectRoom(for: 1 << 60, in: root) } catch { message = error.description }
    #expect(message.hasPrefix("can't write to \(root): "))
    #expect(try names(in: root) == [])
  }

  @Test func aCheckpointFolderIsKeptWhateverItsProgramDoesToItLater() throws {
    let slot = CheckpointSlot(folder: root + "/checkpoints/0", name: "7")
    let kept = root + "/best"
    func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
    #expect(try !slot.keep(as: kept), "there is none")
    #expect(try !slot.prepareFolder())
    #expect(try !slot.keep(as: kept), "it is empty")
    #expect(!Disk.exists(kept))

    try Disk.makeFolder(slot.path + "/inside")
    try Disk.writeAtomically(Array("one".utf8), to: slot.path + "/inside/weights")
    try FileManager.default.createSymbolicLink(atPath: slot.path + "/latest", withDestinationPath: "inside/weights")
    #expect(try slot.keep(as: kept))
    #expect(try text(kept + "/latest") == "one")
    #expect(try slot.prepareFolder())
    // Written into, not replaced.
    let file = try #require(FileHandle(forWritingAtPath: slot.path + "/inside/weights"))
    try file.write(contentsOf: Data("two".utf8))
    try file.close()
    #expect(try text(kept + "/inside/weights") == "one" && text(slot.path + "/latest") == "two")

    #expect(try slot.keep(as: kept))
    #expect(try text(kept + "/inside/weights") == "two")
    slot.remove()
    #expect(!Disk.exists(slot.path) && Disk.exists(kept + "/inside/weights"))
    #expect(try names(in: root) == ["best", "checkpoints"] && names(in: kept) == ["inside", "latest"])

    // And a file in place of a folder, and the other way round.
    let other = CheckpointSlot(folder: root + "/checkpoints/0", name: "8")
    try other.write([1, 2])
    #expect(try other.keep(as: kept) && Disk.read(kept) == [1, 2])
    try Disk.makeFolder(slot.path + "/inside")
    #expect(try slot.keep(as: kept) && names(in: kept) == ["inside"])
    #expect(try names(in: root) == ["best", "checkpoints"])
  }

  @Test func checkpointsAreFannedOutAThousandToAFolder() {
    let store = CheckpointStore(folder: "/checkpoints")
    #expect(store.slot(for: 0).path == "/checkpoints/0/0")
    #expect(store.slot(for: 999).path == "/checkpoints/0/999")
    #expect(store.slot(for: 1000).path == "/checkpoints/1/1000")
    #expect(Set((0..<5000).map { store.slot(for: TrialID($0)).path }).count == 5000)
  }

  @Test func checkpointsAreDeletedWhereThereAreAny() throws {
    let store = CheckpointStore(folder: root + "/checkpoints")
    #expect(store.trials().isEmpty)
    let there: [TrialID] = [5, 6, 999, 1000, 2500, 2501]
    for trial in there { try store.slot(for: trial).write([1]) }
    #expect(try store.slot(for: 7).prepareFolder() == false)
    #expect(store.trials() == [5, 6, 7, 999, 1000, 2500, 2501])
    // Trials without a checkpoint among them, and one whose folder is not there either.
    var trials: ArraySlice<TrialID> = [4, 5, 7, 999, 1001, 2500, 9000]
    store.remove(&trials)
    #expect(trials.isEmpty && store.trials() == [6, 1000, 2501])
    trials = [9001, 6, 1000, 2501]
    store.remove(&trials, atMost: .zero)
    #expect(trials == [1000, 2501] && store.trials() == [1000, 2501], "one at least, and those in front of it")
  }

  @Test func allCheckpointsAreDeletedButThoseThatStay() throws {
    let store = CheckpointStore(folder: root + "/checkpoints", below: root)
    for trial: TrialID in [5, 6, 999, 1000, 2500] { try store.slot(for: trial).write([1]) }
    store.removeAll(but: [6, 1000, 7])
    #expect(store.trials() == [6, 1000])
    store.removeAll(but: [])
    #expect(store.trials() == [])
    // Somebody else's files, to which links lead.
    try Disk.makeFolder(root + "/elsewhere/0")
    try Disk.writeAtomically([1], to: root + "/elsewhere/0/3")
    try FileManager.default.removeItem(atPath: root + "/checkpoints")
    try FileManager.default.createSymbolicLink(
      atPath: root + "/checkpoints", withDestinationPath: root + "/elsewhere")
    store.removeAll(but: [])
    #expect(Disk.exists(root + "/elsewhere/0/3"))
  }

  @Test func aFoldersSizeIsThatOfItsFiles() throws {
    func size(_ path: String, upTo files: Int = .max, until end: ContinuousClock.Instant? = nil) -> TreeSize {
      var size = TreeSize()
      Disk.measure(path, below: root, into: &size, upTo: files, until: end)
      return size
    }
    #expect(size(root + "/missing") == TreeSize())
    try Disk.makeFolder(root + "/a/b/c")
    #expect(size(root + "/a").files == 0)
    try Disk.writeAtomically(Array(repeating: 0, count: 1000), to: root + "/a/one")
    try Disk.writeAtomically(Array(repeating: 0, count: 24), to: root + "/a/b/c/two")
    #expect(size(root + "/a").bytes == 1024 && size(root + "/a").files == 2 && size(root + "/a/one").bytes == 1000)
    // Two names: it is there twice, and free only when both are gone.
    #expect(try Disk.link(root + "/a/one", as: root + "/other"))
    #expect(size(root + "/a").bytes == 1024 && size(root + "/a").unsharedBytes == 24)
    // A link is itself, whatever it leads to.
    try FileManager.default.createSymbolicLink(atPath: root + "/a/link", withDestinationPath: "/usr")
    #expect(size(root + "/a").files == 3 && size(root + "/a").bytes == 1024 + 4)
    #expect(size(root + "/a").isWhole)
    let part = size(root + "/a", upTo: 1)
    #expect(part.files == 1 && !part.isWhole)
    let nothing = size(root + "/a", until: .now)
    #expect(nothing.files == 0 && !nothing.isWhole)
  }

  /// A folder, a link to itself, a link to elsewhere, a pipe that nobody writes to: none of them is a checkpoint.
  @Test(arguments: ["folder", "loop", "link", "pipe"])
  func whatIsNoRegularFileIsNoCheckpointAndIsReplaced(kind: String) throws {
    let slot = CheckpointStore(folder: root).slot(for: 12)
    try Disk.makeFolder(root + "/0")
    try Disk.writeAtomically([9], to: root + "/elsewhere")
    switch kind {
    case "folder": try Disk.makeFolder(slot.path + "/inside")
    case "loop": symlink(slot.path, slot.path)
    case "link": symlink(root + "/elsewhere", slot.path)
    default: mkfifo(slot.path, 0o600)
    }
    #expect(try slot.read() == nil)
    try slot.write([1, 2, 3])
    #expect(try slot.read() == [1, 2, 3])
    #expect(try Disk.read(root + "/elsewhere") == [9])

    // And for a trainer whose checkpoints are folders.
    #expect(slot.isNoFolder)
    #expect(try !slot.prepareFolder())
    #expect(Disk.isFolder(slot.path) && !slot.isNoFolder)
  }

  @Test func aKeptCheckpointStaysAsItWas() throws {
    let slot = CheckpointStore(folder: root).slot(for: 12)
    let kept = root + "/kept"
    #expect(try slot.keep(as: kept) == false)
    #expect(try slot.read() == nil)
    try slot.write([1, 2, 3])
    #expect(try slot.keep(as: kept))
    try slot.write([4, 5])
    #expect(try Disk.read(kept) == [1, 2, 3])
    // Again while both names are one file, and with something there to replace.
    #expect(try slot.keep(as: kept))
    #expect(try slot.keep(as: kept))
    #expect(try Disk.read(kept) == [4, 5])
    slot.remove()
    #expect(try slot.read() == nil)
    #expect(try Disk.read(kept) == [4, 5])
    #expect(try names(in: root) == ["0", "kept"])
    #expect(try names(in: root + "/0") == [])
  }

  private func incumbent(trial: TrialID, loss: Double) -> Incumbent {
    let job = Job(
      id: 1, trial: trial, bracket: 0, rung: 1, resource: 4, resumeResource: 1, attempt: 1, seed: .max,
      configuration: ["x": 0.5, "kind": "a"])
    return Incumbent(job: job, loss: Loss(loss), report: TrainingReport(loss: loss, metrics: [.init("error", 0.25)]))
  }

  @Test func theBestKeepsItsConfigurationAndTheCheckpointOfItsRung() throws {
    let folder = StudyFolder(path: root + "/study")
    try folder.create(study: "name: x\n")
    #expect(try Disk.read(folder.study) == Array("name: x\n".utf8))
    let slot = folder.checkpoints.slot(for: 3)
    try slot.write([1])
    try folder.keepBest(incumbent(trial: 3, loss: 0.5))
    try slot.write([2])
    slot.remove()
    #expect(try Disk.read(folder.bestCheckpoint) == [1])
    let json = try JSONValue(parsing: try #require(try Disk.read(folder.bestConfiguration)))
    #expect(
      json == [
        "trial": 3, "loss": 0.5, "bracket": 0, "rung": 1, "resource": 4, "configuration": ["x": 0.5, "kind": "a"],
        "metrics": ["error": 0.25], "seed": "18446744073709551615",
      ])
    // A better one that left no checkpoint must not be shown with the other's.
    try folder.keepBest(incumbent(trial: 4, loss: 0.25))
    #expect(try Disk.read(folder.bestCheckpoint) == nil)
  }

  @Test func aFolderThatHoldsAStudyIsInUse() throws {
    let folder = StudyFolder(path: root + "/study")
    let mark = "\n# Added when it was run: relative paths start there.\ndirectory: ..\n"
    try folder.create(study: "first" + mark)
    // Without a journal nothing has run yet.
    try folder.create(study: "second")
    // Nobody knows what this one is.
    #expect(throws: FolderOfOthers.self) { try folder.create(study: "third") }
    try folder.create(study: "second", isBegun: true)
    _ = try Journal(creating: folder.journal)
    #expect(throws: FolderInUse.self) { try folder.create(study: "third") }
    #expect(try Disk.read(folder.study) == Array("second".utf8))
  }
}
