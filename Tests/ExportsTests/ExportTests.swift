import Exports
import Files
import Foundation
import Journal
import StudyFile
import TestSupport
import Testing
import Text
import TuningTypes

@Suite struct ExportTests {
  private static let yaml = """
    name: exported
    objective: {metric: accuracy, mode: max}
    search_space:
      x: {type: float, min: 0, max: 1}
      kind: {type: categorical, values: [a, "b,c", 2]}
      depth: {type: int, min: 1, max: 3, when: {kind: a}}
    scheduler: {algorithm: asha, reduction_factor: 2, min_resource: 1, max_resource: 2}
    budget: {configurations: 4}
    trainer: {kind: command, command: [/bin/true]}
    """

  /// Four trials: one to the top, one that is below, one that failed, one that runs.
  private static let journal = [
    #"{"event":"study","version":1,"name":"exported","started":"2026-01-02T03:04:05Z"}"#,
    #"{"event":"dispatch","job":0,"trial":0,"bracket":0,"rung":0,"resource":1,"worker":0,"time":0,"configuration":{"x":0.5,"kind":"a","depth":2}}"#,
    #"{"event":"dispatch","job":1,"trial":1,"bracket":0,"rung":0,"resource":1,"worker":1,"time":0,"configuration":{"x":0.25,"kind":"b,c"}}"#,
    #"{"event":"result","job":0,"trial":0,"bracket":0,"rung":0,"resource":1,"worker":0,"time":1.5,"loss":-0.5,"seconds":1.5,"metrics":{"accuracy":0.5,"f1":0.25}}"#,
    #"{"event":"result","job":1,"trial":1,"bracket":0,"rung":0,"resource":1,"worker":1,"time":2,"loss":-0.25,"seconds":2,"metrics":{"accuracy":0.25}}"#,
    #"{"event":"dispatch","job":2,"trial":0,"bracket":0,"rung":1,"resource":2,"worker":0,"time":2}"#,
    #"{"event":"result","job":2,"trial":0,"bracket":0,"rung":1,"resource":2,"worker":0,"time":4,"loss":-0.75,"seconds":2,"metrics":{"accuracy":0.75},"curve":[[1.5,0.375]]}"#,
    #"{"event":"dispatch","job":3,"trial":2,"bracket":0,"rung":0,"resource":1,"worker":0,"time":4,"configuration":{"x":0.75,"kind":2}}"#,
    #"{"event":"failure","job":3,"trial":2,"bracket":0,"rung":0,"worker":0,"attempt":1,"kind":"failed","final":true,"reason":"say \"no\"","time":5}"#,
    #"{"event":"dispatch","job":4,"trial":3,"bracket":0,"rung":0,"resource":1,"worker":0,"time":5,"configuration":{"x":0.125,"kind":"a","depth":1}}"#,
  ]

  private func record() throws -> StudyRecord {
    let folder = try TemporaryFolder()
    let path = folder.path + "/journal.jsonl"
    try Disk.writeAtomically(Array((Self.journal.joined(separator: "\n") + "\n").utf8), to: path)
    let study = try Study(yaml: Self.yaml, source: "study.yaml", directory: "/")
    return try StudyRecord(study, journal: JournalReader(path: path))
  }

  private func text(_ name: String, of files: [ExportedFile]) throws -> String {
    String(decoding: try #require(files.first { $0.path == name }).bytes, as: UTF8.self)
  }

  @Test func aTrialIsARowWithTheMetricInItsOwnSign() throws {
    #expect(
      try text("trials.csv", of: CSVExport(record()).files) == """
        trial,bracket,status,rung,resource,accuracy,training_seconds,attempts,configuration.x,configuration.kind,configuration.depth
        0,0,completed,1,2,0.75,3.5,2,0.5,a,2
        1,0,completed,0,1,0.25,2,1,0.25,"b,c",
        2,0,failed,,,,0,1,0.75,2,
        3,0,running,,,,0,1,0.125,a,1

        """)
  }

  @Test func aJobIsARowWithItsMetricsAndReason() throws {
    #expect(
      try text("jobs.csv", of: CSVExport(record()).files) == #"""
        job,trial,bracket,rung,resource,worker,attempt,start,end,seconds,status,reason,accuracy,metric.f1
        0,0,0,0,1,0,1,0,1.5,1.5,completed,,0.5,0.25
        2,0,0,1,2,0,1,2,4,2,completed,,0.75,
        1,1,0,0,1,1,1,0,2,2,completed,,0.25,
        3,2,0,0,1,0,1,4,5,,failed,"say ""no""",,
        4,3,0,0,1,0,1,5,,,running,,,

        """#)
    #expect(try text("curves.csv", of: CSVExport(record()).files) == "trial,job,resource,loss\n0,2,1.5,0.375\n")
  }

  @Test func optunaGetsATrialALineWithStatesValuesAndChoicesByPlace() throws {
    let text = try text("optuna.log", of: OptunaExport(record(), limit: 10).files)
    let lines = try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(lines.map { $0["op_code"]?.integer } == [0, 3, 4, 4, 4, 4])
    #expect(lines[0]["directions"]?.elements == [2])
    let trials = lines[2...]
    // Complete, pruned, failed, running.
    #expect(trials.map { $0["state"]?.integer } == [1, 2, 3, 0])
    #expect(trials.map { $0["value"]?.number } == [0.75, 0.25, nil, nil])
    #expect(trials.map { $0["params"]?["kind"]?.integer } == [0, 1, 2, 0])
    #expect(trials.map { $0["params"]?["depth"] != nil } == [true, false, false, true])
    #expect(trials.map { $0["datetime_complete"] != nil } == [true, true, true, false])
    #expect(lines[2]["intermediate_values"] == ["1": 0.5, "2": 0.75])
    #expect(lines[2]["datetime_start"]?.text == "2026-01-02T03:04:05.000+00:00")
  }

  @Test func aLimitKeepsTheTrialsThatWentFurthest() throws {
    let text = try text("optuna.log", of: OptunaExport(record(), limit: 2).files)
    let numbers = try text.split(separator: "\n").dropFirst(2).map { line in
      try JSONValue(parsing: Array(line.utf8))["user_attrs"]?["trial"]?.integer
    }
    #expect(numbers == [0, 1])
  }

  @Test func tensorBoardGetsARunATrialInRecordsThatAreWhole() throws {
    let files = try TensorBoardExport(record(), limit: 10).files
    #expect(files.map { $0.path.split(separator: "/").count } == [1, 2, 2, 2, 2])
    #expect(files[1].path.hasPrefix("trial-000000/events.out.tfevents."))
    for file in files {
      var rest = file.bytes[...]
      while !rest.isEmpty {
        try #require(rest.count >= 16)
        let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        try #require(rest.count >= length + 16)
        // The framing's own check value: CRC-32C of the length, rotated by 15 and shifted by a constant.
        let sum = rest.dropFirst(8).prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        #expect(sum == Self.maskedChecksum(rest.prefix(8)))
        rest = rest.dropFirst(length + 16)
      }
    }
  }

  /// A second implementation, bit by bit.
  private static func maskedChecksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
    }
    sum = ~sum
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
