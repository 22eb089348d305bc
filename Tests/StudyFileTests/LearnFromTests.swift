import Journal
import Search
import SearchSpace
import StudyFile
import TestSupport
import Testing
import Text
import TuningTypes

/// `learn_from`: which folders, and what a study begins with.
@Suite struct LearnFromTests {
  private static let study = smallStudy + "\nlearn_from: [../first, /elsewhere/second/, third]\n"

  private func earlier(_ name: String, start: Configuration?) -> EarlierStudy {
    EarlierStudy(
      name: name, resource: 4, results: 20, start: start, good: [["x": 0.5, "y": 3], ["x": 0.25]], others: [["y": 9]])
  }

  @Test func foldersAreFoundFromTheStudysOwn() throws {
    #expect(try decodedStudy(Self.study).learnFrom == ["/first", "/elsewhere/second", "/data/third"])
    #expect(try decodedStudy(smallStudy + "\nlearn_from: one").learnFrom == ["/data/one"])
    #expect(try decodedStudy(smallStudy).learnFrom.isEmpty)
    let moved = try decodedStudy(Self.study + "directory: runs")
    #expect(moved.learnFrom == ["/data/first", "/elsewhere/second", "/data/runs/third"])
  }

  @Test func theBestOfEachAreBegunWithAfterTheUsersOwnAndOnce() throws {
    let best: Configuration = ["x": 0.5, "y": 3]
    let study = try decodedStudy(Self.study).learning(from: [
      earlier("first", start: best), earlier("second", start: ["x": 0.75, "y": 8]), earlier("third", start: best),
    ])
    #expect(study.plan.startWith == [["x": 0.25, "y": 7], ["x": 0.75, "y": 8], best])
    #expect(study.plan.earlier.map(\.start) == [best, nil, nil])
    // Once more changes nothing.
    #expect(try study.learning(from: study.plan.earlier).plan.startWith == study.plan.startWith)
    #expect(try decodedStudy(smallStudy).learning(from: []).plan.earlier.isEmpty)
  }

  @Test func theJournalsHeaderSaysAllThatWasLearned() throws {
    let study = try decodedStudy(Self.study).learning(from: [
      earlier("first", start: ["x": 0.5, "y": 3]), earlier("second", start: nil), earlier("third", start: nil),
    ])
    let header = study.journalHeader(started: "", workers: 1)
    #expect(header["learn_from"] == ["../first", "/elsewhere/second/", "third"])
    // Written and read again.
    let text = header.formatted()
    let learned = try #require(try JSONValue(parsing: Array(text.utf8))["learned"]?.elements)
    #expect(learned.map { EarlierStudy(json: $0, in: study.plan.space) } == study.plan.earlier)
    #expect(try decodedStudy(smallStudy).journalHeader(started: "", workers: 1)["learned"] == nil)
  }

  @Test(arguments: [
    "{}", "{from: 1}", "{good: []}", "{good: [{x: 2}]}", "{good: [{z: 1}]}", "{good: [1]}", "{others: [{x: a}]}",
    "{others: 3}", "{start_with: {x: 0.5}}", "{start_with: {x: 0.5, y: 3, z: 1}}", "{resource: -1}", "{results: x}",
  ])
  func whatIsNotOfTheSearchSpaceIsNotRead(change: String) throws {
    let study = try decodedStudy(smallStudy)
    var members = earlier("first", start: ["x": 0.5, "y": 3]).json.members ?? []
    let changes = try decodedStudy(smallStudy, set: ["trainer=\(change)"]).trainer
    if changes.keys.isEmpty { members = [] }
    for key in changes.keys {
      let value = try #require(changes.value(key)?.json)
      members = members.map { $0.key == key ? .init(key, value) : $0 }
    }
    #expect(EarlierStudy(json: .object(members), in: study.plan.space) == nil)
  }
}
