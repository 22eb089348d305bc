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
      [Self.running[0]] + (0..<6).map { Self.dispatch($0, 0, at: 0) }
      + (0..<5).map { failure($0, "out of memory in trial-\($0).log") }
      + [failure(5, "no such file")]
    let report = try report(lines).report
    let failures = try #require(report.json["failures"]?.elements)
    #expect(failures.map { $0["count"]?.integer } == [5, 1])
    #expect(failures.allSatisfy { $0["invalid"]?.flag == false })
    // Reasons that differ in a number alone are one, as in the closing report and on the page.
    #expect(report.text().contains("5 × out of memory in trial-0.log (workers 0, 1)"))
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

  // MARK: How it looks

  /// A study with brackets, long names and failures, of many workers on many hosts.
  private static func crowded() -> [String] {
    let hosts = (0..<40).map { "\"node-of-the-cluster-\($0)\"" }.joined(separator: ",")
    let header =
      #"{"event":"study","version":1,"name":"looked-at","workers":40,"hosts":[\#(hosts)],"batch_job":"4711"}"#
    let failed = (0..<30).map { number in
      #"{"event":"failure",\#(place(number, 0)),"attempt":1,"kind":"failed","final":true,"reason":"reason \#(String(repeating: "x", count: 60 + number))","time":9}"#
    }
    return [header] + (0..<40).map { dispatch($0, 0, at: 0) } + failed
      + (30..<36).map { result($0, 0, "0.\($0)", at: 10) }
  }

  private static var ownLock: String {
    "\(ProcessInfo.processInfo.hostName) \(ProcessInfo.processInfo.processIdentifier) \(Date().ISO8601Format()) 3\n"
  }

  @Test(arguments: [40, 80, 132]) func noLineIsWiderThanTheTerminal(columns: Int) throws {
    for (lines, lock) in [(Self.crowded(), Self.ownLock), (Self.running, Self.ownLock), (Self.crowded(), "")] {
      let report = try report(lines, lock: lock).report
      for isUnicode in [true, false] {
        var view = StatusView(showsAllFailures: true, top: 3)
        view.showsWorkers = true
        let text = report.text(view, in: TextStyle(columns: columns, isUnicode: isUnicode))
        #expect(text.split(separator: "\n").allSatisfy { $0.count < columns }, "\(text)")
      }
    }
  }

  @Test func withoutUnicodeOnlyWhatComesFromOutsideIsBeyondASCII() throws {
    let report = try report(Self.crowded(), lock: Self.ownLock).report
    let text = report.text(in: TextStyle(isUnicode: false))
    #expect(text.utf8.allSatisfy { $0 < 0x80 }, "\(text)")
    #expect(text.contains("1 x reason") && text.contains("workers busy  "))
    #expect(report.line(in: TextStyle(isUnicode: false)).utf8.allSatisfy { $0 < 0x80 })
  }

  @Test func coloursAreThereOnlyWhereTheyAreAskedFor() throws {
    let report = try report(Self.running + [#"{"event":"stop","reason":"walltime","time":3}"#]).report
    let plain = report.text(in: TextStyle())
    #expect(!plain.contains("\u{1B}"))
    let colored = report.text(in: TextStyle(isColored: true))
    #expect(colored.hasPrefix("\u{1B}[1;33mlooked-at: stopped (walltime)"))
    #expect(colored.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }

  @Test func whatComesFromOutsideMovesNoCursor() throws {
    let reason = #"\u001b[2Jgone\u0007"#
    let lines =
      Self.running + [
        #"{"event":"failure",\#(Self.place(1, 1)),"attempt":1,"kind":"failed","final":true,"reason":"\#(reason)","time":3}"#
      ]
    let text = try report(lines).report.text(in: TextStyle(isColored: false))
    #expect(!text.contains("\u{1B}") && text.contains("\\x1B[2Jgone\\x07"))
  }

  // MARK: What is known beside the journal

  @Test func aJobThatRunsShowsItsLastReportAndItsHost() throws {
    let lines =
      [
        #"{"event":"study","version":1,"name":"looked-at","workers":2,"hosts":["node1","node2"],"batch_job":"4711"}"#
      ] + Self.running.dropFirst()
    let folder = try TemporaryFolder()
    let place = StudyFolder(path: folder.path)
    try Disk.writeAtomically(Array((lines.joined(separator: "\n") + "\n").utf8), to: place.journal)
    try Disk.writeAtomically(Array(Self.ownLock.utf8), to: "\(folder.path)/lock")
    let status = { (process: Int32) in
      """
      {"version":1,"host":"\(ProcessInfo.processInfo.hostName)","process":\(process),"time":2.5,"deadline":100,"workers":2,
      "workers_in_service":1,"running":[{"job":11,"trial":1,"bracket":0,"rung":1,"resource":2,"worker":1,"attempt":1,
      "since":2,"report":{"resource":1.5,"loss":0.125,"time":2.25}}]}
      """
    }
    let study = try Study(yaml: Self.yaml, source: "study.yaml", directory: "/study")
    try Disk.writeAtomically(Array(status(ProcessInfo.processInfo.processIdentifier).utf8), to: place.status)
    let json = try StatusReport(study, folder: place, resourceUnit: "epochs").json
    let job = try #require(json["longest_running"]?.elements?.first)
    #expect(job["host"]?.text == "node2" && job["report"]?["value"]?.number == 0.125)
    #expect(job["report"]?["resource"]?.number == 1.5)
    #expect(json["workers_in_service"]?.integer == 1 && json["batch_job"]?.text == "4711")
    let left = try #require(json["time_limit_seconds_left"]?.number)
    #expect(left > 0 && left <= 97.5)
    // What another run has left is none of this one's.
    try Disk.writeAtomically(Array(status(1).utf8), to: place.status)
    let other = try StatusReport(study, folder: place, resourceUnit: "epochs").json
    #expect(other["longest_running"]?.elements?.first?["report"] == .null)
  }

  @Test func aProcessThatBeganAfterTheRunIsNotTheRun() throws {
    let process = ProcessInfo.processInfo.processIdentifier
    let lock = "\(ProcessInfo.processInfo.hostName) \(process) 2001-01-01T00:00:00Z 3\n"
    #expect(try report(Self.running, lock: lock).report.json["state"]?.text == "ended")
  }

  @Test func theTimeLeftComesFromUnitsAndNotFromJobs() throws {
    // 10 configurations in rungs of 10, 5 and 2 take 10 + 5 + 4 units: of those half are done after 5 of them.
    let lines =
      [Self.running[0]]
      + (0..<5).flatMap {
        [Self.dispatch($0, 0, at: Double($0)), Self.result($0, 0, "0.5", at: Double($0) + 1)]
      }
    let json = try report(lines, lock: Self.ownLock).report.json
    let (units, expected) = (try #require(json["units"]?.number), try #require(json["units_expected"]?.number))
    #expect(units == 5 && expected == 19)
    let rate = try #require(json["units_per_second"]?.number)
    let left = try #require(json["seconds_left"]?.number)
    #expect(abs(left - 14 / rate) < 1e-9 * left)
  }

  /// A forecast is one: fast promotions take more.
  @Test(arguments: [true, false]) func noForecastIsBelowWhatIsDone(isFinished: Bool) throws {
    let rungs = [(0, 10), (1, 6), (2, 3)]
    var lines = [Self.running[0]]
    for (rung, count) in rungs {
      for trial in 0..<count { lines += [Self.dispatch(trial, rung, at: 1), Self.result(trial, rung, "0.5", at: 1)] }
    }
    if isFinished { lines.append(#"{"event":"stop","reason":"configurations","time":2}"#) }
    let report = try report(lines, lock: Self.ownLock).report
    #expect(report.json["units"]?.number == 22 && report.json["units_expected"]?.number == 22)
    let text = report.text()
    #expect(text.contains(isFinished ? ", 22 epochs\n" : ", 22 of about 22 epochs (100 %)\n"), "\(text)")
  }

  @Test func theBestTrialsAreListedEachOnceTheBestFirst() throws {
    let lines = Self.running + [Self.result(1, 1, "0.125", at: 3)]
    let top = try #require(try report(lines).report.json(top: 2)["top"]?.elements)
    #expect(top.map { $0["trial"]?.integer } == [1, 0])
    #expect(top.map { $0["value"]?.number } == [0.125, 0.5])
    #expect(top.map { $0["resource"]?.integer } == [2, 1])
  }

  // MARK: Metrics

  @Test func metricsHaveEachNameOnceAndEscapeWhatIsInLabels() throws {
    let (first, folder) = try report(Self.crowded(), lock: Self.ownLock)
    let (second, other) = try report(Self.running)
    let text = StatusReport.metrics(of: [first, second])
    var seen: [Substring] = []
    var name = Substring()
    for line in text.split(separator: "\n") {
      if line.hasPrefix("# HELP ") {
        name = line.split(separator: " ")[2]
        #expect(!seen.contains(name))
        seen.append(name)
      } else if !line.hasPrefix("# TYPE ") {
        #expect(line.hasPrefix("\(name){study=\"looked-at\","))
      }
    }
    #expect(text.hasSuffix("\n") && seen.count > 12)
    #expect(text.contains("ash_mpi_jobs_total{study=\"looked-at\",folder=\"\(folder.path)\",status=\"failed\"} 30\n"))
    #expect(text.contains("state=\"ended\"} 1\n") && text.contains("folder=\"\(other.path)\""))
  }
}
