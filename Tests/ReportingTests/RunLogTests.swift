import Files
import Foundation
import Journal
import Reporting
import TestSupport
import Testing

@Suite struct MessageLimitTests {
  @Test func theFirstTenOfAKindAreKeptThenEachPowerOfTen() {
    var limit = MessageLimit()
    let kept = (1...20_000).compactMap {
      limit.admit("job \($0) on worker \($0 % 7) failed: exit code 1 (0x7f\($0)ab)")
    }
    #expect(kept == Array(1...10) + [100, 1000, 10_000])
    #expect(limit.leftOut.map(\.count) == [20_000 - 13])
    #expect(limit.leftOut.map(\.example) == ["job 1 on worker 1 failed: exit code 1 (0x7f1ab)"])
  }

  @Test func whatDiffersInAWordIsAnotherKind() {
    var limit = MessageLimit()
    for _ in 0..<20 { _ = limit.admit("job 1 failed: no memory") }
    #expect(limit.admit("job 1 failed: no memory") == nil)
    #expect(limit.admit("job 1 failed: no disk") == 1)
    #expect(limit.admit("") == 1)
  }

  @Test func manyKindsAreBoundedToo() {
    var limit = MessageLimit()
    func word(_ number: Int) -> String {
      String(number).map { String(UnicodeScalar(UInt8($0.wholeNumberValue ?? 0) + 97)) }.joined()
    }
    let kept = (0..<100_000).count { limit.admit("failed: \(word($0))") != nil }
    #expect(kept == MessageLimit.kinds + MessageLimit.kept + 3)
    #expect(limit.leftOut.map(\.example) == ["messages of further kinds"])
    #expect(limit.admit("failed: \(word(5))") == 2, "a kind that is known stays one")
  }
}

@Suite struct RunLogTests {
  private let temporary: TemporaryFolder
  private let folder: StudyFolder

  init() throws {
    temporary = try TemporaryFolder()
    folder = StudyFolder(path: temporary.path)
  }

  private func lines() throws -> [String] {
    String(decoding: try Disk.read(folder.runLog) ?? [], as: UTF8.self)
      .replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#, with: "TIME").split(separator: "\n").map(String.init)
  }

  @Test func aMessageHasItsTimeAndItsLevel() throws {
    let log = RunLog(in: folder)
    log.write("warning", "worker 1 is lost")
    log.write("notice", "job 3 failed: one\ntwo \u{1B}[2J")
    #expect(
      try lines() == ["TIME warning worker 1 is lost", "TIME notice  job 3 failed: one", "    two \\x1B[2J"])
  }

  @Test func aSecondRunAppendsAndEndsALineThatACrashHasCutOff() throws {
    RunLog(in: folder).write("info", "one")
    let file = try #require(FileHandle(forWritingAtPath: folder.runLog))
    try file.seekToEnd()
    try file.write(contentsOf: Data("2026-01-0".utf8))
    try file.close()
    RunLog(in: folder).write("info", "two")
    #expect(try lines() == ["TIME info    one", "2026-01-0", "TIME info    two"])
  }

  @Test func whatWasLeftOutIsCountedAtTheEnd() throws {
    let log = RunLog(in: folder)
    let reason = String(repeating: "no memory, ", count: 1000)
    for job in 0..<10_000 { log.write("notice", "job \(job) failed: \(reason)") }
    log.close()
    log.write("notice", "too late")
    let lines = try lines()
    #expect(lines.count == 10 + 3 + 1)
    #expect(lines[12].hasSuffix("… [message 10000 of this kind]"))
    #expect(lines[13].hasPrefix("TIME notice  9987 more like this were left out: job 0 failed: no memory"))
    #expect(Disk.size(folder.runLog) < 70_000)
  }

  @Test(arguments: ["folder", "link", "pipe"])
  func whatIsNoFileIsNotWrittenTo(kind: String) throws {
    switch kind {
    case "folder": try Disk.makeFolder(folder.runLog)
    case "link": symlink(temporary.path + "/elsewhere", folder.runLog)
    default: mkfifo(folder.runLog, 0o600)
    }
    let log = RunLog(in: folder)
    #expect(log.problem != nil)
    log.write("warning", "lost")
    log.close()
    #expect(!Disk.exists(temporary.path + "/elsewhere"))
  }
}
