package import ArgumentParser
internal import Exports

package struct ExportCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a study's trials for other tools: CSV tables, Optuna, TensorBoard.",
    discussion: """
      Reads the journal of a study, which may still be running.

        ash-mpi export DIR --to csv          trials.csv, jobs.csv, curves.csv
        ash-mpi export DIR --to optuna       optuna.log, for optuna.load_study and optuna-dashboard
        ash-mpi export DIR --to tensorboard  a run a trial, with the table of hyperparameters
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case csv, optuna, tensorboard }

  @Argument(help: "The folder of a study.")
  var folder: String

  @Option(name: .customLong("to"), help: "csv, optuna or tensorboard.")
  var format: Format

  @Option(name: .shortAndLong, help: "The folder to write to. Without one: FORMAT in the study's folder.")
  var output: String?

  @Option(help: "How many trials at most, those that went furthest: 10000 for optuna, 500 for tensorboard.")
  var limit: Int?

  package init() {}

  package func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit is \(limit); give a number above 0.") }
    if limit != nil, format == .csv { throw ValidationError("--limit: tables hold all trials.") }
  }

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let place = StudyFolder(path: folder)
    let study = try StudySource(runIn: place).study()
    let record = try StudyRecord(study, journal: JournalReader(path: place.journal))
    let (files, count) = files(of: record)
    let target = output ?? "\(folder)/\(format.rawValue)"
    for file in files {
      let path = "\(target)/\(file.path)"
      try Disk.makeFolder(Paths.folder(of: path))
      try Disk.writeNamed(file.bytes, to: path)
    }
    let all = record.trialCount
    let share = count < all ? "\(count) of \(all) trials, those that went furthest" : Wording.count(all, "trial")
    Console.write("\(share) written to \(target)\n")
    return .success
  }

  private func files(of record: StudyRecord) -> (files: [ExportedFile], trials: Int) {
    switch format {
    case .csv: return (CSVExport(record).files, record.trialCount)
    case .optuna:
      let export = OptunaExport(record, limit: limit ?? 10_000)
      return (export.files, export.trialCount)
    case .tensorboard:
      let export = TensorBoardExport(record, limit: limit ?? 500)
      return (export.files, export.trialCount)
    }
  }
}
