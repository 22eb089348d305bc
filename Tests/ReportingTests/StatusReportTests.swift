import Files
import Foundation
import Journal
import Reporting
import StudyFile
import TestSupport
import Testing
import Text
import TuningTypes

@Suite struct StatusReportTests {
  private static let yaml = """
    name: looked-at
    search_space: {x: {type: float, min: 0, max: 1}}
    scheduler: {algorithm: asha, reduction_factor: 2, min_resource: 1, max_resource: 4}
    budget: {configurations: 10}
    trainer: {kind: synthetic}
    """

  private static func dispatch(_ trial: Int, _ rung: Int, at time: Double) -> String {
    let configuration = rung == 0 ? #","configuration":{"x":0.\#(trial + 1)}"# : ""
    return #"{"event":"dispatch",\#(place(trial, rung)),"time":\#(time)\#(configuration)}"#
  }

  private static func result(_ trial: Int, _ rung: Int, _ loss: String, at time: Double) -> String {
    #"{"event":"result",\#(place(trial, rung)),"time":\#(time),"loss":\#(loss),"seconds":1}"#
  }

  private static func place(_ trial: Int, _ rung: Int) -> String {
    #""job":\#(trial * 10 + rung),"trial":\#(trial),"bracket":0,"rung":\#(rung),"resource":\#(1 << rung),"worker":\#(trial % 2)"#
  }

  /// Two workers: four trials in rung 0, of which one diverges; one promoted and running.
  private static let running = [
    #"{"event":"study","version":1,"name":"looked-at","workers":2,"directory":"/study"}"#,
    dispatch(0, 0, at: 0), dispatch(1, 0, at: 0), result(0, 0, "0.5", at: 1), dispatch(2, 0, at: 1),
    result(1, 0, "0.25", at: 1), dispatch(3, 0, at: 1), result(2, 0, "\"nan\"", at: 2), result(3, 0, "0.75", at: 2),
    dispatch(1, 1, at: 2),
  ]

  private func report(_ lines: [String], lock: String? = nil) throws -> (report: StatusReport, folder: TemporaryFolder)
  {
    let folder = try TemporaryFolder()
    let place = StudyFolder(path: folder.path)
    try Disk.writeAtomically(Array((lines.joined(separator: "\n") + "\n").utf8), to: place.journal)
    if let lock { try Disk.writeAtomically(Array(lock.utf8), to: "\(folder.path)/lock") }
    let study = try Study(yaml: Self.yaml, source: "study.yaml", directory: "/study")
    return (try StatusReport(study, folder: place, resourceUnit: "epochs"), folder)
  }

  @Test func aRungSaysWhatRunsWhatIsDoneAndWhatItTakesToBePromoted() throws {
    let json = try report(Self.running).report.json
    let rungs = try #require(json["rungs"]?.elements)
    #expect(rungs[0]["completed"]?.integer == 4)
    #expect(rungs[0]["promoted"]?.integer == 1)
    #expect(rungs[0]["best"]?.number == 0.25)
    #expect(rungs[0]["promotion_threshold"]?.number == 0.5)
    #expect(rungs[1]["running"]?.integer == 1)
    #expect(rungs[1]["best"] == .null)
    #expect(json["best"]?["trial"]?.integer == 1)
    #expect(json["running_jobs"]?.integer == 1)
    #expect(json["utilisation"]?.number == 1)
  }

  @Test func aRunWithALiveLockIsRunning() throws {
    let lock = "\(ProcessInfo.processInfo.hostName) \(ProcessInfo.processInfo.processIdentifier) now 3\n"
    let (report, folder) = try report(Self.running, lock: lock)
    #expect(report.json["state"]?.text == "running")
    #expect(!report.canBeResumed)
    _ = folder
  }

  @Test func aRunWhoseProcessIsGoneHasEndedWithoutAWord() throws {
    // No process has this number: Linux counts to 2²².
    let lock = "\(ProcessInfo.processInfo.hostName) 99999999 then 3\n"
    for lock in [lock, nil] {
      let report = try report(Self.running, lock: lock).report
      #expect(report.json["state"]?.text == "ended")
      #expect(report.canBeResumed)
      #expect(report.text().contains("ash-mpi resume"))
    }
  }

  @Test func aStudyThatWasStoppedSaysWhyAndHowToGoOn() throws {
    let lines = Self.running + [#"{"event":"stop","reason":"walltime","time":3}"#]
    let report = try report(lines).report
    #expect(report.json["state"]?.text == "stopped")
    #expect(report.json["reason"]?.text == "walltime")
    #expect(report.json["running_jobs"]?.integer == 0)
    #expect(report.canBeResumed)
  }

  @Test func utilisationCountsEveryRunWithItsOwnWorkers() throws {
    // 2 workers for 2 seconds, then 8 workers for 1: 4 busy seconds of 12.
    let lines =
      Array(Self.running.dropLast()) + [
        #"{"event":"stop","reason":"signal","time":2}"#, #"{"event":"resume","time":2,"workers":8}"#,
        #"{"event":"stop","reason":"signal","time":3}"#,
      ]
    let utilisation = try #require(try report(lines).report.json["utilisation"]?.number)
    #expect(abs(utilisation - 4.0 / 12) < 1e-12)
  }

  @Test func failuresAreCountedByReasonWithTheirWorkers() throws {
    let failure = { (trial: Int, reason: String) in
      #"{"event":"failure",\#(Self.place(trial, 0)),"attempt":1,"kind":"failed","final":true,"reason":"\#(reason)","time":1}"#
    }
    let lines =
      [Self.running[0]] + (0..<6).map { Self.dispatch($0, 0, at: 0) } + (0..<5).map { failure($0, "out of memory") }
      + [failure(5, "no such file")]
    let report = try report(lines).report
    let failures = try #require(report.json["failures"]?.elements)
    #expect(failures.map { $0["count"]?.integer } == [1, 5])
    #expect(report.text().contains("5 × out of memory (workers 0, 1)"))
  }

  @Test func aTornLastLineIsLeftOut() throws {
    let folder = try TemporaryFolder()
    let place = StudyFolder(path: folder.path)
    let text = Self.running.joined(separator: "\n") + "\n{\"event\":\"res"
    try Disk.writeAtomically(Array(text.utf8), to: place.journal)
    let study = try Study(yaml: Self.yaml, source: "study.yaml", directory: "/study")
    let report = try StatusReport(study, folder: place, resourceUnit: "epochs")
    #expect(report.json["jobs"]?.integer == 4)
  }
}
