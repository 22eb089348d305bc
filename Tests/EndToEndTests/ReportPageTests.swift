import Foundation
import LaunchSupport
import Testing

@Suite struct ReportPageTests {
  @Test func aStudyEndsWithAPageThatTheJournalGivesAgain() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 40))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    #expect(
      outcome.stdout.contains("Pictures of it, for any browser: \(scratch.path("out/report.html"))"), "\(outcome)")
    let page = try scratch.text("out/report.html")
    let again = try await AshMPI.run(["report", "out", "-o", "again.html"], in: scratch)
    #expect(again.isSuccess && again.stdout.hasPrefix("again.html, "), "\(again)")
    #expect(try scratch.text("again.html") == page)
  }

  @Test func aSimulatedStudyHasAPageUnlessItIsNotWanted() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 40, seconds: 60))
    for seed in ["1", "2"] {
      let arguments = ["simulate", "study.yaml", "--workers", "8", "--seed", seed, "-o", "seed-\(seed)"]
      #expect(try await AshMPI.run(arguments + (seed == "2" ? ["--no-report"] : []), in: scratch).isSuccess)
    }
    #expect(try scratch.text("seed-1/report.html").contains("simulated time"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("seed-2/report.html")))
    let both = try await AshMPI.run(["report", "seed-1", "seed-2", "-o", "both.html"], in: scratch)
    #expect(both.isSuccess, "\(both)")
    #expect(try scratch.text("both.html").contains("The best so far, of 2 studies"))
    let nowhere = try await AshMPI.run(["report", "seed-1", "seed-2"], in: scratch)
    #expect(nowhere.exitCode == 64 && nowhere.stderr.contains("-o report.html"), "\(nowhere)")
  }

  @Test func aPageThatCannotBeWrittenIsNoFailure() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 10))
    try FileManager.default.createDirectory(
      at: scratch.url.appending(path: "out/report.html/in-the-way"), withIntermediateDirectories: true)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    #expect(outcome.stderr.contains("the report could not be written"), "\(outcome)")
    #expect(!outcome.stdout.contains("Pictures of it"), "\(outcome)")
  }

  @Test func aStudyThatRunsHasAPage() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 40))
    #expect(try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch).isSuccess)
    let journal = try scratch.text("out/journal.jsonl")
    // As far as a run has got that is still alive: in the middle of a line.
    try scratch.write("out/journal.jsonl", String(journal.prefix(journal.count / 2)))
    let outcome = try await AshMPI.run(["report", "out"], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    #expect(try scratch.text("out/report.html").contains("The journal has no end"))
  }
}
