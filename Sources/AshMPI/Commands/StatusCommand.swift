package import ArgumentParser
internal import Foundation

package struct StatusCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show how studies stand, from any node that sees their folders.",
    discussion: """
      Reads the journal; locks nothing and writes nothing into the study's folder. Of several folders it shows a line each. \
      Exit code 75: a study stopped early or died, and can be resumed.
      """)

  @Argument(help: "The folders of studies. Without one: the newest below ash-runs.")
  var folders: [String] = []

  @Flag(help: "Print JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Write metrics for Prometheus' textfile collector instead; - is standard output.", valueName: "file"))
  var prometheus: String?

  @Option(help: "Show the best trials, so many.")
  var top = 0

  @Flag(help: "Show all reasons for which jobs failed.")
  var failures = false

  @Option(help: "When to use colours: auto, always or never.")
  var color = TextStyle.Colors.auto

  package init() {}

  package func validate() throws {
    if top < 0 { throw ValidationError("--top is \(top); give a number of trials.") }
    if json, prometheus != nil { throw ValidationError("--json and --prometheus exclude each other.") }
  }

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let folders = folders.isEmpty ? [try WatchedFolder.newest()] : folders
    var reports: [StatusReport] = []
    var unread: ExitStatus?
    for folder in folders {
      do {
        var follower = try WatchedFolder.follower(of: folder, program)
        try follower.poll()
        reports.append(follower.report)
      } catch {
        guard folders.count > 1 else { throw error }
        // What is known of the others is shown all the same.
        Console.complain("\(error)")
        unread = unread ?? ExitStatus(of: error)
      }
    }
    let style = TextStyle.ofOutput(color)
    if let prometheus {
      if prometheus == "-" {
        try Console.deliver(StatusReport.metrics(of: reports))
      } else {
        try StatusReport.write(reports, prometheus: prometheus)
      }
    } else if json {
      try Console.deliver(
        (folders.count == 1 ? reports[0].json(top: top) : .array(reports.map { $0.json(top: top) })).formatted())
    } else if folders.count == 1 {
      reports[0].show(StatusView(showsAllFailures: failures, top: top), in: style)
    } else {
      for report in reports { report.showLine(in: style) }
    }
    return unread ?? (reports.contains(where: \.canBeResumed) ? .stoppedEarly : .success)
  }
}

package struct WatchCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Show how a study stands, again and again, from any node that sees its folder.",
    discussion: """
      What 'status' shows, redrawn in place. Keys: q quit, space pause, s sort, f failures, w workers, ? help. Where the \
      output is no terminal: a line a minute until the study is over.
      """)

  @Argument(help: "The folder of a study. Without one: the newest below ash-runs.")
  var folder: String?

  @Option(help: ArgumentHelp("How often to look: 2s, 30s, 1m.", valueName: "time"))
  var interval = TimeLimit(seconds: 2)

  @Option(
    help: ArgumentHelp("Keep a file of metrics for Prometheus' textfile collector up to date.", valueName: "file"))
  var prometheus: String?

  @Option(help: "When to use colours: auto, always or never.")
  var color = TextStyle.Colors.auto

  package init() {}

  package func validate() throws {
    guard interval.seconds >= 0.1, interval.seconds <= 3600 else {
      throw ValidationError("--interval: give a time from 0.1s to 1h.")
    }
  }

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let follower = try WatchedFolder.follower(of: try folder ?? WatchedFolder.newest(), program)
    var watch = StudyWatch(
      follower, interval: interval.seconds, style: .ofOutput(color), metricsPath: prometheus)
    guard let last = try watch.run() else { return .success }
    return last.canBeResumed ? .stoppedEarly : .success
  }
}

/// Where the commands that look at studies find them.
private enum WatchedFolder {
  static func follower(of path: String, _ program: TuningProgram) throws -> StudyFollower {
    let folder = StudyFolder(path: path)
    let study = try StudySource(runIn: folder).study()
    // Only for the name of its unit: the study's data may lie where this node can't read it.
    let unit = (try? program.makePlan(study))?.resourceUnit ?? "units"
    return try StudyFollower(study, folder: folder, resourceUnit: unit)
  }

  static func newest() throws -> String {
    let files = FileManager.default
    let names = (try? files.contentsOfDirectory(atPath: "ash-runs")) ?? []
    let dated = names.sorted().compactMap { name -> (path: String, date: Date)? in
      let path = "ash-runs/\(name)"
      let date = (try? files.attributesOfItem(atPath: "\(path)/journal.jsonl"))?[.modificationDate] as? Date
      return date.map { (path, $0) }
    }
    guard let newest = dated.max(by: { $0.date < $1.date }) else {
      throw StudyError(
        source: "ash-runs", problem: "no study has been run below this folder", advice: "Name the folder of a study.")
    }
    return newest.path
  }
}
