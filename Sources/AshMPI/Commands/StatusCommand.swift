package import ArgumentParser
internal import Foundation

package struct StatusCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show how studies stand, from any node that sees their folders.",
    discussion: """
      Reads the journal; locks nothing and writes nothing. Of several folders it shows a line each. Exit code 75: a study \
      stopped early or died, and can be resumed.
      """)

  @Argument(help: "The folders of studies. Without one: the newest below ash-runs.")
  var folders: [String] = []

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Show all reasons for which jobs failed.")
  var failures = false

  package init() {}

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let folders = folders.isEmpty ? [try newestFolder()] : folders
    let reports = try folders.map { try report(of: $0, program) }
    if json {
      Console.write((reports.count == 1 ? reports[0].json : .array(reports.map(\.json))).formatted())
    } else if reports.count == 1 {
      Console.write(reports[0].text(showsFailures: failures))
    } else {
      Console.write(reports.map(\.line).joined())
    }
    return reports.contains(where: \.canBeResumed) ? .stoppedEarly : .success
  }

  private func report(of path: String, _ program: TuningProgram) throws -> StatusReport {
    let folder = StudyFolder(path: path)
    let study = try StudySource(runIn: folder).study()
    // Only for the name of its unit: the study's data may lie where this node can't read it.
    let unit = (try? program.makePlan(study))?.resourceUnit ?? "units"
    return try StatusReport(study, folder: folder, resourceUnit: unit)
  }

  private func newestFolder() throws -> String {
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
