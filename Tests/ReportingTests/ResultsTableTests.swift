import Files
import Journal
import Reporting
import SearchSpace
import TestSupport
import Testing
import TuningTypes

@Suite struct ResultsTableTests {
  private func csv(_ lines: [String], names: [String] = ["x", "kind"]) throws -> String {
    let folder = try TemporaryFolder()
    let path = folder.path + "/journal.jsonl"
    try Disk.writeAtomically(Array(lines.joined(separator: "\n").utf8), to: path)
    let space = try SearchSpace(names.map { Parameter($0, .float(try FloatDomain(min: 0, max: 1))) })
    return String(decoding: try ResultsTable(journal: JournalReader(path: path), space: space).csv(), as: UTF8.self)
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
