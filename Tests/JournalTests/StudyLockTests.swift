import Foundation
import Journal
import Synchronization
import TestSupport
import Testing

@Suite struct StudyLockTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/lock" }

  init() throws { folder = try TemporaryFolder() }

  private func take(overridden: Bool = false, patience: Double = 1) throws -> StudyLock {
    try StudyLock(folder: folder.path, overridden: overridden, started: "2026-01-02T03:04:05Z", patience: patience)
  }

  private func refusal(overridden: Bool = false, patience: Double = 1) throws -> String {
    do {
      _ = try take(overridden: overridden, patience: patience)
      return "taken"
    } catch let error as FolderLocked {
      return error.description
    }
  }

  private func write(_ owner: String) throws { try Data(owner.utf8).write(to: URL(filePath: path)) }

  @Test func aFolderHasOneRunAtATime() throws {
    let lock = try take()
    let message = try refusal()
    #expect(message.hasPrefix("\(folder.path) is in use by another run: process \(getpid()) on "))
    #expect(message.hasSuffix("since 2026-01-02T03:04:05Z. Wait for it, or end it; if it is dead, add --override-lock"))
    // Who is alive on this node can't be overridden.
    #expect(try refusal(overridden: true) == message)
    lock.release()
    #expect(!FileManager.default.fileExists(atPath: path))
    try take().release()
  }

  /// However a process ended on this node, its lock went with it.
  @Test func whatADeadRunOfThisNodeHasLeftIsTakenAtOnce() throws {
    let lock = try take()
    let left = try Data(contentsOf: URL(filePath: path))
    lock.release()
    for text in [left, Data(), Data("half a".utf8), Data([0, 0xFF, 0x0A])] {
      try text.write(to: URL(filePath: path))
      // With all the patience in the world: there is nobody to wait for.
      try take(patience: 1e9).release()
    }
  }

  @Test func anotherNodesRunThatShowsNoSignOfLifeIsDead() throws {
    try write("elsewhere 12 2026-01-01T00:00:00Z 7\n")
    let lock = try take()
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix(" \(getpid()) 2026-01-02T03:04:05Z 0\n"))
    lock.release()
  }

  @Test func anotherNodesRunWhoseHeartBeatsHasTheFolder() throws {
    let owner = "elsewhere 12 2026-01-01T00:00:00Z"
    try write("\(owner) 7\n")
    let path = path
    // A thread, as this one waits. Its folder goes with the test.
    Thread.detachNewThread {
      for beat in 8..<100 {
        usleep(200_000)
        guard (try? "\(owner) \(beat)\n".write(toFile: path, atomically: false, encoding: .utf8)) != nil else { return }
      }
    }
    let message = try refusal(patience: 1000)
    #expect(
      message.contains("is in use by another run: process 12 on elsewhere since 2026-01-01T00:00:00Z. Wait"),
      "\(message)")
  }

  @Test func whoKnowsThatTheOtherNodesRunIsDeadNeedNotWait() throws {
    try write("elsewhere 12 2026-01-01T00:00:00Z 7\n")
    try take(overridden: true, patience: 1e9).release()
  }

  /// Some parallel file systems are mounted without the system's locks.
  private func takeWithoutSystemLock(settling settle: () -> Void = {}) throws -> StudyLock {
    try StudyLock(
      folder: folder.path, overridden: false, started: "now", patience: 0, askingSystem: { _ in .unknown },
      settling: settle)
  }

  @Test func withoutTheSystemsLockAProcessThatIsThereHasTheFolder() throws {
    let parent = "\(getppid()) now 0\n"
    let lock = try takeWithoutSystemLock()
    let host = try #require(String(contentsOfFile: path, encoding: .utf8).split(separator: " ").first)
    lock.release()
    try write("\(host) \(parent)")
    #expect(throws: FolderLocked.self) { try takeWithoutSystemLock() }
    // Nobody has this number.
    try write("\(host) \(Int32.max) now 0\n")
    try takeWithoutSystemLock().release()
  }

  @Test func withoutTheSystemsLockTheLastOfThoseThatComeAtOnceHasTheFolder() throws {
    #expect(throws: FolderLocked.self) {
      try takeWithoutSystemLock { try? write("elsewhere 12 now 0\n") }
    }
  }

  @Test func theHeartBeats() throws {
    let lock = try take()
    let count = { try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isWhitespace).last }
    #expect(try count() == "0")
    for (time, beats) in [(1.0, "0"), (5, "1"), (6, "1"), (10, "2"), (100, "3")] {
      lock.beat(at: time)
      #expect(try count() == beats[...], "after \(time) s")
    }
    for time in 20...40 { lock.beat(at: Double(time) * 10) }
    #expect(try count() == "24")
    lock.release()
  }

  private final class Holders: Sendable {
    private let now = Atomic(0)
    let most = Atomic(0)
    let taken = Atomic(0)

    func come() {
      most.max(now.add(1, ordering: .sequentiallyConsistent).newValue, ordering: .sequentiallyConsistent)
      taken.add(1, ordering: .sequentiallyConsistent)
    }

    func go() { now.subtract(1, ordering: .sequentiallyConsistent) }
  }

  /// The file goes when a run ends, and who has opened it in that moment has locked what is no longer there.
  @Test func howeverManyWantAFolderOneHasIt() throws {
    let holders = Holders()
    let folder = folder
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<1500 {
        guard let lock = try? StudyLock(folder: folder.path, overridden: false, started: "now", patience: 0) else {
          continue
        }
        holders.come()
        usleep(1)
        holders.go()
        lock.release()
      }
    }
    #expect(holders.most.load(ordering: .relaxed) == 1)
    #expect(holders.taken.load(ordering: .relaxed) > 100)
  }
}
