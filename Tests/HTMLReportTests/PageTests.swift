import Files
import Foundation
import HTMLReport
import Journal
import Search
import StudyFile
import TestSupport
import Testing
import Text
import TuningTypes

@Suite struct PageTests {
  private static let header = #"{"event":"study","version":1,"name":"reported","workers":2}"#

  private func page(_ lines: [String], yaml: String = RandomStudy.yaml(RandomStudy.schedulers[0])) throws -> ReadPage {
    try ReadPage(decodedStudy(yaml), Array(([Self.header] + lines).map { $0 + "\n" }.joined().utf8))
  }

  private func lead(_ page: ReadPage) -> String {
    page.text.firstMatch(of: /<p class="lead">([^<]*)</).map { String($0.1) } ?? ""
  }

  @Test func theSameJournalGivesTheSameBytes() throws {
    let recorded = try RandomStudy(seed: 4, yaml: RandomStudy.yaml(RandomStudy.schedulers[2]))
    let journal = try recorded.journal()
    let first = try ReadPage(recorded.study, journal)
    for _ in 0..<5 { #expect(try ReadPage(recorded.study, journal).bytes == first.bytes) }
  }

  @Test func aJournalThatIsCutAnywhereHasAPage() throws {
    let recorded = try RandomStudy(seed: 1, yaml: RandomStudy.yaml(RandomStudy.schedulers[0], configurations: 12))
    let journal = try recorded.journal()
    let headerEnd = try #require(journal.firstIndex(of: 0x0A)) + 1
    var whole: ReadPage?
    for end in stride(from: headerEnd, through: journal.count, by: 53) + [journal.count] {
      let page = try ReadPage(recorded.study, Array(journal[..<end]))
      #expect(page.text.hasSuffix("</html>\n"))
      // What is cut off within a line is as if the line had not been begun.
      let lines = try #require(journal[..<end].lastIndex(of: 0x0A)) + 1
      #expect(try ReadPage(recorded.study, Array(journal[..<lines])).bytes == page.bytes)
      whole = page
    }
    #expect(try recorded.page().bytes == whole?.bytes)
  }

  @Test func aStudyWithoutResultsSaysSo() throws {
    #expect(lead(try page([])) == "No trial has a result yet.")
    let begun = try page([
      #"{"event":"dispatch","job":0,"trial":0,"bracket":0,"rung":0,"resource":1,"worker":0,"time":1,"configuration":{"x":0.5,"kind":"a","depth":2,"step":0.1}}"#
    ])
    #expect(lead(begun) == "No trial has a result yet.")
    #expect(begun.text.contains("The journal has no end"))
    #expect(try begun.data()["table"]?.elements?.count == 1)
  }

  @Test func oneTrialIsEnoughForAPage() throws {
    let one = try page([
      #"{"event":"dispatch","job":0,"trial":0,"bracket":0,"rung":0,"resource":1,"worker":0,"time":1,"configuration":{"x":0.5,"kind":7,"step":0.1}}"#,
      #"{"event":"result","job":0,"trial":0,"bracket":0,"rung":0,"resource":1,"worker":0,"loss":0.25,"seconds":0.5,"time":2}"#,
    ])
    #expect(lead(one) == "Trial 0 has the best score: 0.2500, after 1 epoch.")
    #expect(one.marks("incumbent", with: "data-value").first?["data-value"] == "0.25")
  }

  @Test func aStudyInWhichAllFailsSaysWhy() throws {
    let failed = try page(
      (0..<3).flatMap { trial in
        [
          #"{"event":"dispatch","job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"resource":1,"worker":0,"time":\#(trial),"configuration":{"x":0.5,"kind":7,"step":0.1}}"#,
          #"{"event":"failure","job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"worker":0,"attempt":1,"kind":"failed","final":true,"reason":"no module named torch","time":\#(trial + 1)}"#,
        ]
      })
    #expect(lead(failed) == "No trial has a result yet.")
    #expect(failed.text.contains("3 of 3 jobs failed, most often: no module named torch."))
    #expect(failed.marks("failures", with: "data-count").map { $0["data-count"] } == ["3"])
  }

  /// Sixty trials: thirty keep their order at the second rung, twelve have it reversed at the third, and of three that got to the
  /// top two were better before.
  @Test func findingsSayWhatTheRungsTellAndWhatLongerTrainingCosts() throws {
    var lines: [String] = []
    func train(_ trials: Int, rung: Int, _ loss: (Int) -> Double) {
      for trial in 0..<trials {
        let place =
          #""job":\#(lines.count / 2),"trial":\#(trial),"bracket":0,"rung":\#(rung),"resource":\#(1 << rung),"worker":0,"time":\#(lines.count)"#
        lines.append(#"{"event":"dispatch",\#(place),"configuration":{"x":0.5,"kind":7,"step":0.1}}"#)
        lines.append(#"{"event":"result",\#(place),"loss":\#(loss(trial)),"seconds":0.5}"#)
      }
    }
    train(60, rung: 0) { 2 + Double($0) }
    train(30, rung: 1) { 1 + Double($0) / 100 }
    let agreed = try page(lines)
    #expect(agreed.text.contains("a short training tells much of a longer one"))
    train(12, rung: 2) { 0.5 - Double($0) / 100 }
    let doubtful = try page(lines)
    #expect(
      doubtful.text.contains("Among the 12 that got to rung 2 (4 epochs), the order at rung 0 says little (-1.00)"))
    #expect(!doubtful.text.contains("a short training tells much of a longer one"))
    #expect(!doubtful.text.contains("longer training cost them"))
    train(3, rung: 3) { $0 == 0 ? 0.4 : 0.6 }
    let longer = try page(lines)
    #expect(longer.text.contains("2 of the 3 trials that were trained to 8 epochs were better at 4 epochs"))
    #expect(longer.text.contains("Of the trials that were trained to the end (8 epochs), trial 0 is the best: 0.4000."))
    #expect(lead(longer) == "Trial 11 has the best score: 0.3900, after 4 epochs.")
  }

  @Test func aMaximisedMetricIsShownAsItself() throws {
    let lines = [(0, -0.5), (1, -0.75)].flatMap { trial, loss in
      [
        #"{"event":"dispatch","job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"resource":1,"worker":0,"time":1,"configuration":{"x":0.5,"kind":7,"step":0.1}}"#,
        #"{"event":"result","job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"resource":1,"worker":0,"loss":\#(loss),"seconds":0.5,"time":2}"#,
      ]
    }
    let page = try page(lines, yaml: RandomStudy.yaml(RandomStudy.schedulers[0], mode: "max"))
    #expect(lead(page) == "Trial 1 has the best score: 0.7500, after 1 epoch.")
    #expect(try page.data()["table"]?.elements?.map { $0.elements?[3].number } == [0.75, 0.5])
  }

  @Test func lossesThatAreNoNumbersAreCountedAndNotDrawn() throws {
    let lines = (0..<4).flatMap { trial in
      [
        #"{"event":"dispatch","job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"resource":1,"worker":0,"time":1,"configuration":{"x":0.5,"kind":7,"step":0.1}}"#,
        #"{"event":"result","job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"resource":1,"worker":0,"loss":\#(trial == 2 ? "1" : trial == 1 ? "\"inf\"" : "\"nan\""),"seconds":0.5,"time":2}"#,
      ]
    }
    let page = try page(lines)
    #expect(page.text.contains("3 results of 4 were no finite number"))
    #expect(page.marks("losses", with: "data-trial").map { $0["data-trial"] } == ["2"])
    let first = try self.page(Array(lines.prefix(2)))
    #expect(lead(first) == "None of 1 result is a finite number.")
  }

  /// What only a damaged journal says; each of them in turn, in a study that is sound otherwise.
  @Test func numbersThatCannotBeAreDrawnSomehow() throws {
    let sound = ["\"time\":2", "\"loss\":0.25", "\"seconds\":0.5", "\"resource\":1", "\"worker\":0", "\"rung\":0"]
    let values = ["-5", "1e300", "-1e300", "1e308", "\"nan\"", "\"inf\"", "0", "9007199254740993", "-1", "1e-320"]
    for part in sound {
      for value in values {
        let damaged = "\(part.prefix { $0 != ":" }):\(value)"
        var lines: [String] = []
        for trial in 0..<24 {
          let place = #""job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"resource":1,"worker":0"#
          let ending = #"{"event":"result",\#(place),"loss":0.25,"seconds":0.5,"time":2}"#
          lines.append(
            #"{"event":"dispatch",\#(place),"time":1,"configuration":{"x":0.\#(trial + 1),"kind":7,"step":0.1}}"#)
          lines.append(trial % 3 == 0 ? ending.replacing(part, with: damaged) : ending)
        }
        // Refused, or drawn; and never the end of the program.
        if let page = try? page(lines) { #expect(page.text.hasSuffix("</html>\n")) }
      }
    }
  }

  @Test func theTableHasEachTrialWithItsExactValues() throws {
    let recorded = try RandomStudy(seed: 5, yaml: RandomStudy.yaml(RandomStudy.schedulers[0]))
    let naive = NaiveStudy(recorded.records)
    let rows = try #require(try recorded.page().data()["table"]?.elements)
    #expect(Set(rows.compactMap { $0.elements?[0].integer }) == Set(naive.configurations.keys))
    for row in rows {
      let cells = try #require(row.elements)
      let configuration = try #require(naive.configurations[cells[0].integer ?? -1])
      for (cell, name) in zip(cells.dropFirst(8), ["x", "kind", "depth", "step"]) {
        #expect(configuration[name]?.number == cell.number && (configuration[name] == nil) == (cell == .null))
      }
      let last = naive.results.last { $0.trial == cells[0].integer }
      #expect(
        last.map { $0.loss.isFinite ? $0.loss : nil } == cells[3].number.map { $0.isFinite ? $0 : nil } || last == nil)
    }
  }

  @Test func severalStudiesAreComparedSeedBySeed() throws {
    let studies = try (0..<3).map { seed in
      try RandomStudy(
        seed: seed, yaml: RandomStudy.yaml(RandomStudy.schedulers[0]), chances: .init(isInterrupted: false))
    }
    let page = try ReadPage(studies.map { ($0.study, try $0.journal()) })
    let bests = studies.compactMap { NaiveStudy($0.records).results.map(\.loss).filter(\.isFinite).min() }.sorted()
    let mark = try #require(page.marks("comparison", with: "data-group").first)
    #expect(mark["data-value"] == "\(bests[1])")
    #expect(page.text.matches(of: /<details class="fold" id="s[0-2]">/).count == 3)
    #expect(try page.data(study: 2)["table"]?.elements?.isEmpty == false)
  }
}
