import Files
import Journal
import Search
import StudyFile
import TestSupport
import Testing
import Text
import TuningTypes

/// A journal that is read while it grows, against the same journal read at once.
@Suite struct JournalTailTests {
  /// What a tail has given since it began anew.
  private final class Heard {
    var headers: [JSONValue] = []
    var records: [SearchRecord] = []
  }

  private func poll(_ tail: inout JournalTail, _ study: Study, _ heard: Heard) throws -> JournalTail.Change {
    try tail.poll(in: study.plan.space) { header in
      heard.headers.append(header)
      heard.records = []
    } _: {
      heard.records.append($0)
    }
  }

  private func write(_ text: some Collection<UInt8>, to path: String) throws {
    // In place, as a journal is written: the file stays the same.
    if Disk.exists(path) {
      let file = try Disk.openForAppending(path, keeping: 0)
      defer { Disk.closeFile(file) }
      try Disk.write(Array(text), to: file, path: path)
    } else {
      try Disk.writeAtomically(Array(text), to: path)
    }
  }

  private func records(_ bytes: some Collection<UInt8>) throws -> [SearchRecord] {
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().dropFirst()
    return try lines.map { try #require(SearchRecord(json: JSONValue(parsing: Array($0)))) }
  }

  private func isSame(_ a: [SearchRecord], _ b: [SearchRecord]) -> Bool {
    // Losses may be NaN, which no two are.
    "\(a)" == "\(b)"
  }

  @Test(arguments: 0..<20) func aJournalThatGrowsByBytesIsReadLineByLineAndNoneTwice(seed: Int) throws {
    var random = testGenerator(seed)
    let recorded = try RecordedStudy(seed: seed)
    let bytes = Array(recorded.text.utf8)
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/journal.jsonl"
    var tail = JournalTail(path: path)
    let heard = Heard()
    var length = (bytes.firstIndex(of: 0x0A) ?? 0) + 1
    while true {
      try write(bytes[..<length], to: path)
      let whole = bytes[..<length].lastIndex(of: 0x0A).map { bytes[...$0] } ?? []
      _ = try poll(&tail, recorded.study, heard)
      #expect(isSame(heard.records, try records(whole)))
      #expect(heard.headers.count == 1)
      if length == bytes.count { break }
      length = min(bytes.count, length + 1 + random.below(400))
    }
    #expect(try poll(&tail, recorded.study, heard) == .none)
  }

  @Test func aJournalInPlaceOfAnotherIsReadFromItsBeginning() throws {
    let (first, second) = (try RecordedStudy(seed: 1), try RecordedStudy(seed: 2))
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/journal.jsonl"
    // The same file number, and a longer file as well as a shorter one; and another file.
    for (old, new) in [(first.text, second.text + second.lines[1] + "\n"), (second.text + first.text, second.text)] {
      for isAnotherFile in [false, true] {
        try? Disk.removeFile(path)
        try write(old.utf8.prefix(old.utf8.count), to: path)
        var tail = JournalTail(path: path)
        let heard = Heard()
        _ = try? poll(&tail, first.study, heard)
        if isAnotherFile { try Disk.writeAtomically(Array(new.utf8), to: path) } else { try write(new.utf8, to: path) }
        #expect(try poll(&tail, first.study, heard) != .none)
        #expect(isSame(heard.records, try records(new.utf8)))
      }
    }
  }

  @Test func aTornLineWaitsForItsEnd() throws {
    let recorded = try RecordedStudy(seed: 3)
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/journal.jsonl"
    let torn = recorded.lines[0] + "\n" + recorded.lines[1].dropLast(9)
    try write(torn.utf8, to: path)
    var tail = JournalTail(path: path)
    let heard = Heard()
    #expect(try poll(&tail, recorded.study, heard) == .grew)
    #expect(heard.records.isEmpty)
    #expect(try poll(&tail, recorded.study, heard) == .none)
    try write((recorded.lines[0] + "\n" + recorded.lines[1] + "\n").utf8, to: path)
    #expect(try poll(&tail, recorded.study, heard) == .grew)
    #expect(heard.records.count == 1)
  }

  @Test func damageIsToldAndReadAgainOnceItIsMended() throws {
    let recorded = try RecordedStudy(seed: 4)
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/journal.jsonl"
    var lines = recorded.lines
    try write((lines[0] + "\n" + lines[1] + "\n").utf8, to: path)
    var tail = JournalTail(path: path)
    let heard = Heard()
    _ = try poll(&tail, recorded.study, heard)
    lines[2] = "{no JSON"
    try write(lines.map { $0 + "\n" }.joined().utf8, to: path)
    #expect(throws: JournalError.self) { try poll(&tail, recorded.study, heard) }
    try write(recorded.text.utf8, to: path)
    _ = try poll(&tail, recorded.study, heard)
    #expect(isSame(heard.records, try records(recorded.text.utf8)))
  }

  @Test func whereNoJournalIsItSaysSoAndReadsItOnceItIsThere() throws {
    let recorded = try RecordedStudy(seed: 5)
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/journal.jsonl"
    var tail = JournalTail(path: path)
    let heard = Heard()
    #expect(throws: JournalError.self) { try poll(&tail, recorded.study, heard) }
    try write(recorded.text.utf8, to: path)
    #expect(try poll(&tail, recorded.study, heard) == .grew)
    #expect(heard.records.count == recorded.lines.count - 1)
  }
}
