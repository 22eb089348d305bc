package import ArgumentParser
internal import HTMLReport

package struct ReportCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write a page of pictures of a study, or of several side by side.",
    discussion: """
      Reads the journal of a study, which may still be running, and writes one HTML file that needs no network. Of several \
      folders it compares how fast they found what they found: the seeds of one study as one band.

        ash-mpi report DIR                    DIR/report.html
        ash-mpi report DIR1 DIR2 -o all.html  several studies in one file
      """)

  @Argument(help: "The folders of studies.")
  var folders: [String]

  @Option(name: .shortAndLong, help: "The file to write. Without one: report.html in the study's folder.")
  var output: String?

  package init() {}

  package func validate() throws {
    guard !folders.isEmpty else { throw ValidationError("Name the folder of a study.") }
    if folders.count > 1, output == nil {
      throw ValidationError(
        "Of several studies a report belongs to none of their folders: name its file, -o report.html.")
    }
  }

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let studies = try folders.map { path in
      let folder = StudyFolder(path: try Paths.absolute(path))
      let study = try StudySource(runIn: folder).study()
      // Only for the name of its unit: the study's data may lie where this node can't read it.
      let unit = (try? program.makePlan(study))?.resourceUnit ?? "units"
      return try folder.reported(study, resourceUnit: unit)
    }
    let path = output ?? StudyFolder(path: folders[0]).report
    let bytes = ReportPage(studies).bytes
    try Disk.writeNamed(bytes, to: path)
    Console.write("\(path), \(Wording.bytes(bytes.count))\n")
    return .success
  }
}

extension StudyFolder {
  /// The study that has been run here, read for a report.
  func reported(_ study: Study, resourceUnit: String) throws -> ReportedStudy {
    try ReportedStudy(
      study, journal: JournalReader(path: journal), label: path.split(separator: "/").last.map(String.init) ?? path,
      resourceUnit: resourceUnit)
  }

  /// Writes the report of a study that has ended, which never fails the study.
  ///
  /// - Returns: why it could not be written; nil where it was.
  func writeReport(_ study: ReportedStudy) -> String? {
    do {
      try Disk.writeAtomically(ReportPage([study]).bytes, to: report, below: path)
      return nil
    } catch {
      return "the report could not be written: \(error)"
    }
  }
}
