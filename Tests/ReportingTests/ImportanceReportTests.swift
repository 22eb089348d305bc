import Files
import Journal
import Reporting
import SearchSpace
import TestSupport
import Testing
import Text
import TuningTypes

@Suite struct ImportanceReportTests {
  /// Trials with a spread of x and y whose loss is x; those below a half go on to resource 4, in another bracket's rung.
  private func report(trials: Int) throws -> ImportanceReport {
    var lines = [#"{"event":"study","version":1,"name":"n"}"#]
    for trial in 0..<trials {
      let (x, y) = ((Double(trial) + 0.5) / Double(trials), Double(trial * 7 % trials) / Double(trials))
      for (rung, resource) in [(0, 1), (1, 4)] where rung == 0 || x < 0.5 {
        let place =
          #""job":\#(2 * trial + rung),"trial":\#(trial),"bracket":0,"rung":\#(rung),"resource":\#(resource),"worker":0"#
        let configuration = rung == 0 ? #","configuration":{"x":\#(x),"y":\#(y)}"# : ""
        lines.append(#"{"event":"dispatch",\#(place),"time":1\#(configuration)}"#)
        lines.append(#"{"event":"result",\#(place),"time":2,"loss":\#(x),"seconds":1}"#)
      }
    }
    let space = try SearchSpace(["x", "y"].map { Parameter($0, .float(try FloatDomain(min: 0, max: 1))) })
    let folder = try TemporaryFolder()
    let path = folder.path + "/journal.jsonl"
    try Disk.writeAtomically(Array((lines.joined(separator: "\n") + "\n").utf8), to: path)
    return try ImportanceReport(journal: JournalReader(path: path), space: space)
  }

  @Test func whatDecidesTheLossHasNearlyAllOfTheImportance() throws {
    let rungs = try #require(try report(trials: 100).json(rung: nil)["rungs"]?.elements)
    #expect(rungs.map { $0["resource"]?.integer } == [1, 4])
    #expect(rungs.map { $0["trials"]?.integer } == [100, 50])
    #expect(rungs.map { $0["uncertain"]?.flag } == [false, false])
    #expect(try #require(rungs[0]["importance"]?["x"]?.number) > 0.9)
  }

  @Test func fewTrialsAreCalledUncertain() throws {
    let report = try report(trials: 98)
    #expect(report.json(rung: 1)["rungs"]?.elements?.first?["uncertain"]?.flag == true)
    let text = report.text(rung: nil, resourceUnit: "epochs")
    #expect(text.contains("too few to be sure"))
    #expect(text.contains("epochs"))
  }

  @Test func aStudyWithoutResultsSaysSo() throws {
    #expect(try report(trials: 0).text(rung: nil, resourceUnit: "units").contains("No trial has a result yet"))
  }
}
