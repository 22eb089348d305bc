package import ArgumentParser

package struct ImportanceCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "importance", abstract: "Show which hyperparameters decide, rung by rung.",
    discussion: """
      Reads the journal of a study, which may still be running. The importance is PED-ANOVA's (Watanabe, Bansal, Hutter, \
      IJCAI 2023): how far the values of the best tenth of the trials differ from those of all. It sees each hyperparameter \
      by itself, not what two do together.
      """)

  @Argument(help: "The folder of a study.")
  var folder: String

  @Option(help: "Only this rung, counted from 0.")
  var rung: Int?

  @Flag(help: "Print JSON.")
  var json = false

  package init() {}

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let place = StudyFolder(path: folder)
    let study = try StudySource(runIn: place).study()
    let report = try ImportanceReport(journal: JournalReader(path: place.journal), space: study.plan.space)
    if let rung, !(0..<max(1, report.rungCount)).contains(rung) {
      throw ValidationError("--rung is \(rung); this study has results at \(report.rungCount) rungs, counted from 0.")
    }
    let unit = (try? program.makePlan(study))?.resourceUnit ?? "units"
    if json {
      try Console.deliver(report.json(rung: rung).formatted())
    } else {
      Console.write(report.text(rung: rung, resourceUnit: unit))
    }
    return .success
  }
}
