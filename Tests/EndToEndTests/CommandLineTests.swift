import Foundation
import LaunchSupport
import Testing
import Text

@Suite struct CommandLineTests {
  @Test(arguments: [nil, 4])
  func helpTellsANewcomerWhatToType(ranks: Int?) async throws {
    let scratch = try Scratch()
    let outcome = try await AshMPI.run(["--help"], ranks: ranks, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    for word in ["mpirun -np 64 ash-mpi", "init", "validate", "run", "predict", "reproduce"] {
      #expect(outcome.stdout.contains(word), "\(word)")
    }
    #expect(outcome.stdout.components(separatedBy: "OVERVIEW").count == 2, "printed once: \(outcome)")
  }

  @Test func theVersionNamesTheMPILibrary() async throws {
    let outcome = try await AshMPI.run(["--version"], in: Scratch())
    #expect(outcome.isSuccess && outcome.stdout.contains(#/^ash-mpi \d+\.\d+\.\d+ \(.*(MPI|MPICH).*\)/#), "\(outcome)")
  }

  @Test func overridesReplaceValuesOfTheStudy() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy())
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--set", "budget.configurations=7", "--set", "name=other", "--seed", "77"],
      in: scratch)
    #expect(outcome.isSuccess && outcome.stdout.contains("other: all 7 configurations tried"), "\(outcome)")
    let summary = try scratch.json("out/summary.json")
    #expect(summary["seed"]?.integer == 77)

    let bad = try await AshMPI.run(["run", "study.yaml", "--set", "budget.configuration=7"], in: scratch)
    #expect(bad.exitCode == 65 && bad.stderr.contains("Did you mean 'configurations'?"), "\(bad)")
  }

  @Test func predictGivesTheErrorThatTheStudyMeasured() async throws {
    let scratch = try Scratch()
    let data = Repository.path("Datasets/iris.csv")
    let run = try await AshMPI.run(
      ["run", Repository.path("Examples/iris/study.yaml"), "-o", "out"], ranks: 2, in: scratch)
    #expect(run.isSuccess, "\(run)")
    let outcome = try await AshMPI.run(["predict", "out", data], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    let predicted = outcome.stdout.split(separator: "\n").dropFirst().map { $0.split(separator: ",")[0] }
    let actual = try String(contentsOfFile: data, encoding: .utf8).split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",").last }
    #expect(predicted.count == 150)
    let wrong = zip(predicted, actual).count { $0 != $1 }
    #expect(wrong < 15, "\(wrong) of 150 are wrong")

    let lacking = try scratch.write("lacking.csv", "sepal_length,sepal_width\n1,2\n")
    let bad = try await AshMPI.run(["predict", "out", lacking], in: scratch)
    #expect(bad.exitCode == 65 && bad.stderr.contains("petal_length"), "\(bad)")
    let nothing = try await AshMPI.run(["predict", "nowhere", data], in: scratch)
    #expect(nothing.exitCode == 65, "\(nothing)")
  }
}
