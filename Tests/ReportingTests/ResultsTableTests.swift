import Files
import Journal
import Reporting
import Search
import SearchSpace
import StudyFile
import TestSupport
import Testing
import TuningTypes

@Suite struct ResultsTableTests {
  private func csv(_ lines: [String], names: [String] = ["x", "kind"]) throws -> String {
    let folder = try TemporaryFolder()
    let path = folder.path + "/journal.jsonl"
    try Disk.writeAtomically(Array(lines.joined(separator: "\n").utf8), to: path)
    let space = try SearchSpace(names.map { Parameter($0, .float(try FloatDomain(min: 0, max: 1))) })
    let journal = try JournalReader(path: path)
    let table = try ResultsTable(journal: journal, space: space).csv()
    let history = try StudyHistory(journal, in: space, keeping: [.configurations, .lastWords])
    #expect(try ResultsTable(history, space: space).csv() == table)
    return String(decoding: table, as: UTF8.self)
  }

  private func dispatch(_ trial: Int, _ rung: Int, _ configuration: String = "") -> String {
    #"{"event":"dispatch","job":\#(trial * 10 + rung),"trial":\#(trial),"bracket":0,"rung":\#(rung),"#
      + #""resource":\#(1 << (2 * rung)),"worker":0,"time":1\#(configuration.isEmpty ? "" : ",\"configuration\":\(configuration)")}"#
  }

  private func result(_ trial: Int, _ rung: Int, _ loss: String, _ more: String = "") -> String {
    #"{"event":"result","job":\#(trial * 10 + rung),"trial":\#(trial),"bracket":0,"rung":\#(rung),"#
      + #""resource":\#(1 << (2 * rung)),"worker":0,"loss":\#(loss),"seconds":1,"time":2\#(more)}"#
  }

  private func failure(_ trial: Int, _ rung: Int, _ kind: String, final: Bool) -> String {
    #"{"event":"failure","job":\#(trial * 10 + rung),"trial":\#(trial),"bracket":0,"rung":\#(rung),"worker":0,"#
      + #""attempt":1,"kind":"\#(kind)","final":\#(final),"reason":"why","time":2}"#
  }

  @Test func everyTrialIsARowWithItsLossAtEachRung() throws {
    let lines = [
      #"{"event":"study","version":1,"name":"x"}"#, dispatch(0, 0, #"{"x":0.5,"kind":"a"}"#),
      dispatch(1, 0, #"{"x":2,"kind":"b"}"#), result(0, 0, "0.25"), dispatch(2, 0, #"{"kind":"c"}"#), dispatch(0, 1),
      result(1, 0, "\"nan\""), failure(2, 0, "failed", final: false), dispatch(2, 0),
      failure(2, 0, "invalid", final: true),
      dispatch(3, 0, #"{"x":1e-5,"kind":"d"}"#), failure(3, 0, "failed", final: true),
      result(0, 1, "0.125", #","metrics":{"f1":0.5}"#),
      dispatch(4, 0, #"{"x":3,"kind":"e"}"#), result(4, 0, "1", #","metrics":{"f1":"nan"}"#), dispatch(4, 1),
      failure(4, 1, "failed", final: true),
      dispatch(5, 0, #"{"x":4,"kind":"f"}"#), #"{"event":"stop","reason":"time","time":9}"#, "",
    ]
    #expect(
      try csv(lines) == """
        trial,bracket,x,kind,status,resource,loss,loss_rung_0,loss_rung_1,seconds,reason,metric.f1
        0,0,0.5,a,completed,4,0.125,0.25,0.125,2.000,,0.5
        1,0,2,b,completed,1,nan,nan,,1.000,,
        2,0,,c,invalid,0,,,,0.000,why,
        3,0,1e-05,d,failed,0,,,,0.000,why,
        4,0,3,e,failed,1,1.0,1.0,,1.000,why,nan
        5,0,4,f,unfinished,0,,,,0.000,,

        """)
  }

  @Test func cellsAreQuotedWhereTheyHaveTo() throws {
    for (text, cell) in [
      ("plain", "plain"), ("a,b", "\"a,b\""), ("a\\\"b", "\"a\"\"b\""), ("a\\nb", "\"a\nb\""),
      ("a\\r\\nb", "\"a\r\nb\""),
      ("a\\\"\\u0308b", "\"a\"\"\u{308}b\""), (" a ", " a "), ("", ""),
    ] {
      let table = try csv([dispatch(0, 0, #"{"kind":"\#(text)"}"#), ""], names: ["kind"])
      #expect(
        Array(table.utf8)
          == Array("trial,bracket,kind,status,resource,loss,seconds,reason\n0,0,\(cell),unfinished,0,,0.000,\n".utf8),
        "\(text)")
    }
  }

  @Test func anEmptyJournalIsATableWithoutRows() throws {
    #expect(try csv([""]) == "trial,bracket,x,kind,status,resource,loss,seconds,reason\n")
  }

  /// Numbers that no study has must not cost memory or the program.
  @Test func farTrialsAndRungsAreNoDanger() throws {
    let table = try csv([
      dispatch(0, 0, "{}").replacing("\"trial\":0", with: "\"trial\":281474976710000"),
      result(0, 0, "1").replacing("\"rung\":0", with: "\"rung\":281474976710000"), result(7, 0, "1"), "",
    ])
    #expect(table.contains("\n281474976710000,0,"))
  }

  @Test func aDamagedJournalIsAnError() {
    #expect(throws: JournalError.self) { try csv(["{}", ""]) }
  }
}

/// What the last page says that only the journal tells.
@Suite struct ClosingDetailsTests {
  /// Trials of which `x` alone decides; rung 1 has the best quarter of them.
  private static func journal(trials: Int) -> [String] {
    let header = #"{"event":"study","version":1,"name":"flowers","workers":1,"directory":"/study"}"#
    return [header]
      + (0..<trials).flatMap { trial -> [String] in
        let place = #""job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"resource":1,"worker":0"#
        let x = Double((trial * 37) % trials) / Double(trials)
        let noise = Double((trial * 53) % trials) / Double(trials)
        return [
          #"{"event":"dispatch",\#(place),"time":\#(trial),"configuration":{"noise":\#(noise),"x":\#(x)}}"#,
          #"{"event":"result",\#(place),"time":\#(trial + 1),"loss":\#(x),"seconds":0.5}"#,
        ]
      }
  }

  private func report(trials: Int) throws -> String {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/journal.jsonl"
    try Disk.writeAtomically(Array(Self.journal(trials: trials).map { $0 + "\n" }.joined().utf8), to: path)
    let yaml = """
      name: flowers
      search_space: {noise: {type: float, min: 0, max: 1}, x: {type: float, min: 0, max: 1}}
      scheduler: {reduction_factor: 2, max_resource: 4}
      budget: {configurations: 8}
      trainer: {kind: none}
      """
    let study = try Study(yaml: yaml, source: "study.yaml", directory: "/")
    let journal = try JournalReader(path: path)
    let details = try ClosingDetails(
      ResultsTable(journal: journal, space: study.plan.space), journal: journal, space: study.plan.space)
    let summary = Summary(
      name: "flowers", tuner: try finishedTuner(), reason: .configurations, wallSeconds: 100, workers: 1)
    return ClosingReport(summary, folder: folder.path, resourceUnit: "epochs", details: details).text
  }

  @Test func itSaysHowLongEachRungTookAndWhatDecides() throws {
    let text = try report(trials: 96)
    #expect(text.contains("training time") && text.contains("48 s"), "\(text)")
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("What decides") })
    #expect(line.hasPrefix("What decides, after 1 epoch, of 96 trials: x "), "\(line)")
    #expect(line.contains(", noise "))
  }

  @Test func ofFewTrialsItDoesNotSayWhatDecides() throws {
    let text = try report(trials: 31)
    #expect(text.contains("training time") && !text.contains("What decides"), "\(text)")
  }
}
