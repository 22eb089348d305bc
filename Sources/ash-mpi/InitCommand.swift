internal import ArgumentParser
internal import AshMPI
internal import Foundation

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a commented study to start from, and what it trains.",
    discussion: """
      The study works as it is. Without an option it tunes networks on a table of data, digits.csv, which is written beside \
      it. No file is overwritten.
      """)

  @Argument(help: "The file to write.")
  var path: String = "study.yaml"

  @Flag(exclusivity: .exclusive)
  var template: StudyTemplate?

  func run() throws {
    let template = template ?? .mlp
    guard !Disk.exists(path) else { throw FileExists(path: path) }
    let file = try template.companion()
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let beside = path.contains("/") ? "\(folder)/\(file.name)" : file.name
    let isThere = Disk.exists(beside)
    let isOther = try isThere && Disk.read(beside) != file.contents
    // A script that is there is the user's own, and what the study is to run. Of data the study has to know what it says.
    if isOther, !file.isScript { throw FileExists(path: beside) }
    if !isThere { try Disk.writeAtomically(file.contents, to: beside) }
    try Disk.writeAtomically(Array(template.study.utf8), to: path)
    Console.write(message(template, beside, isThere: isThere, isOther: isOther))
  }

  private func message(_ template: StudyTemplate, _ beside: String, isThere: Bool, isOther: Bool) -> String {
    var lines =
      isOther
      ? [
        "\(path) is written; \(beside) is there already and stays as it is.",
        "Edit the study: its hyperparameters, and how they reach \(beside).",
      ] : ["\(path)\(isThere ? " is" : " and \(beside) are") written: a study that works as it is. Edit it."]
    if template == .python {
      lines += [
        "\(beside) needs the client ash_mpi, which comes with ash-mpi:",
        "  python3 -m venv venv && . venv/bin/activate && pip install \(Installation.client)",
      ]
    }
    // Open MPI refuses more ranks than cores.
    let cores = ProcessInfo.processInfo.activeProcessorCount
    lines += [
      "Then", "  ash-mpi validate \(path.shellWord) --try",
      "  mpirun -np \(min(4, cores)) ash-mpi run \(path.shellWord)",
    ]
    return lines.joined(separator: "\n") + "\n"
  }
}
