import Foundation
import LaunchSupport
import Testing
import Text

/// Studies that are driven by `ash-mpi ask` and `ash-mpi tell`, a process a call.
@Suite struct AskTellTests {
  /// The journal's lines that are whole, without what only says who did it when.
  private func decisions(_ journal: String) throws -> [JSONValue] {
    try lines(of: journal).dropFirst().map { line in
      .object((line.members ?? []).filter { !["worker", "time", "seconds", "sum"].contains($0.key) })
    }
  }

  private func lines(of journal: String) throws -> [JSONValue] {
    guard let end = journal.lastIndex(of: "\n") else { return [] }
    let whole = journal[..<end]
    return try whole.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
  }

  /// The jobs that are out, lowest number first.
  private func jobsOut(_ scratch: Scratch) throws -> [(job: Int, trial: Int, resource: Int)] {
    var out: [Int: (job: Int, trial: Int, resource: Int)] = [:]
    for line in try lines(of: (try? scratch.text("out/journal.jsonl")) ?? "") {
      guard let job = line["job"]?.integer else { continue }
      if line["event"]?.text == "dispatch", let trial = line["trial"]?.integer, let to = line["resource"]?.integer {
        out[job] = (job, trial, to)
      } else {
        out[job] = nil
      }
    }
    return out.values.sorted { $0.job < $1.job }
  }

  private func ask(_ scratch: Scratch, _ extra: [String] = []) async throws -> Outcome {
    try await AshMPI.run(["ask", "study.yaml", "-o", "out"] + extra, in: scratch)
  }

  private func job(_ outcome: Outcome) throws -> JSONValue {
    #expect(outcome.isSuccess, "\(outcome)")
    return try JSONValue(parsing: Array(outcome.stdout.utf8))
  }

  private func tell(_ scratch: Scratch, _ job: Int, _ arguments: [String]) async throws -> Outcome {
    try await AshMPI.run(["tell", "out", "--job", "\(job)"] + arguments, in: scratch)
  }

  @Test(arguments: [
    ("{max_resource: 16}", "", 16), ("{algorithm: hyperband, max_resource: 16}", "", 16),
    ("{algorithm: stopping, max_resource: 16}", "", 16), ("{algorithm: sha, max_resource: 16}", "", 16),
    ("{max_resource: 16}", "sampler: {kind: kde}", 40), ("{max_resource: 16}", "sampler: {kind: gp}", 30),
  ])
  func askingAndTellingDecidesAsOneRankDoes(scheduler: String, extra: String, configurations: Int) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml", syntheticStudy(configurations: configurations, scheduler: scheduler, extra: extra))
    #expect(try await AshMPI.run(["run", "study.yaml", "-o", "run"], in: scratch).isSuccess)
    let reference = try scratch.text("run/journal.jsonl")
    var losses: [String: Double] = [:]
    for line in try lines(of: reference) where line["event"]?.text == "result" {
      losses["\(line["trial"]?.integer ?? -1) \(line["resource"]?.integer ?? -1)"] = line["loss"]?.number
    }
    var next = try job(try await ask(scratch))
    var last: Outcome?
    while let number = next["job"]?.integer {
      let loss = try #require(losses["\(next["trial"]?.integer ?? -1) \(next["resource"]?.integer ?? -1)"])
      let checkpoint = try #require(next["checkpoint"]?.text)
      #expect(FileManager.default.isWritableFile(atPath: checkpoint))
      let told = try await tell(scratch, number, ["--loss", "\(loss)"])
      #expect(told.isSuccess, "\(told)")
      last = told
      // A trial that runs on has its next job at once.
      next = try job(told.stdout.hasPrefix("{") ? told : try await ask(scratch))
    }
    #expect(next["finished"]?.flag == true)
    #expect(last?.stdout.contains("all \(configurations) configurations tried") == true, "\(String(describing: last))")
    #expect(try decisions(scratch.text("out/journal.jsonl")) == decisions(reference))
    #expect(try scratch.text("out/results.csv").isEmpty == false)
    // A trainer of this program is given all of the seed, and one that asks 31 bits of it.
    let (asked, run) = try (scratch.json("out/best/configuration.json"), scratch.json("run/best/configuration.json"))
    #expect(asked["seed"]?.integer == run["seed"]?.text.flatMap { UInt64($0) }.map { Int($0 >> 33) })
    func withoutSeed(_ value: JSONValue?) -> [JSONValue.Member]? { value?.members?.filter { $0.key != "seed" } }
    #expect(withoutSeed(asked) == withoutSeed(run))
    #expect(
      try withoutSeed(scratch.json("out/summary.json")["best"]) == withoutSeed(scratch.json("run/summary.json")["best"])
    )
    try await expectLegal(scratch.path("out/journal.jsonl"), scheduler)
  }

  @Test func callsThatAreKilledLoseNothingThatTheJournalHolds() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 12, scheduler: "{max_resource: 16}"))
    var generator = SystemRandomNumberGenerator()
    var (isFinished, mustTell, kills) = (false, false, 0)
    while !isFinished {
      let out = try jobsOut(scratch)
      let arguments: [String]
      if out.count < 4, !mustTell {
        arguments = ["ask", "study.yaml", "-o", "out"]
      } else if let told = out.randomElement(using: &generator) {
        mustTell = false
        let loss = Double((told.trial * 7919) % 101) / 101 + 1 / Double(told.resource)
        arguments = ["tell", "out", "--job", "\(told.job)", "--loss", "\(loss)"]
      } else {
        mustTell = false
        continue
      }
      let run = try await Launch.start("ash-mpi", arguments: arguments, directory: scratch.url)
      let isKilled = Int.random(in: 0..<3, using: &generator) == 0
      if isKilled {
        kills += 1
        try await Task.sleep(for: .milliseconds(Int.random(in: 0..<25, using: &generator)))
        run.killEverything()
      }
      let outcome = await run.outcome()
      #expect(isKilled || outcome.exitCode == 0 || outcome.exitCode == 75 && arguments[0] == "ask", "\(outcome)")
      if outcome.exitCode == 75 { mustTell = true }
      isFinished = outcome.stdout.contains("finished")
    }
    #expect(kills > 0)
    let summary = try scratch.json("out/summary.json")
    #expect(summary["status"]?.text == "finished" && summary["configurations"]?.integer == 12)
    try await expectLegal(scratch.path("out/journal.jsonl"), "\(kills) calls killed")
  }

  @Test func manyAskAtOnceAndEachGetsAJobOfItsOwn() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 6, scheduler: "{algorithm: sha, max_resource: 4}"))
    let numbers = try await withThrowingTaskGroup(of: Int?.self) { group in
      for _ in 0..<6 {
        group.addTask { try job(try await ask(scratch))["job"]?.integer }
      }
      return try await group.reduce(into: [Int]()) { if let number = $1 { $0.append(number) } }
    }
    #expect(numbers.sorted() == Array(0..<6))
    let none = try await ask(scratch)
    #expect(none.exitCode == 75 && none.stdout.isEmpty && none.stderr.contains("6 out"), "\(none)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "six at once")
  }

  @Test func failedJobsGoOutAgainAndInvalidConfigurationsAreReplaced() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml", syntheticStudy(configurations: 2, scheduler: "{max_resource: 4}", extra: "retries: 1"))
    #expect(try job(await ask(scratch))["job"]?.integer == 0)
    #expect(try await tell(scratch, 0, ["--failed", "out of memory"]).isSuccess)
    #expect(try job(await ask(scratch))["job"]?.integer == 0)
    #expect(try await tell(scratch, 0, ["--failed", "out of memory"]).isSuccess)
    // No try is left: the next is another trial.
    #expect(try job(await ask(scratch))["trial"]?.integer == 1)
    #expect(try await tell(scratch, 1, ["--invalid", "makes no sense"]).isSuccess)
    #expect(try job(await ask(scratch))["trial"]?.integer == 2)
    // Nobody tells of it: it is taken back, and goes out again.
    #expect(try job(await ask(scratch, ["--retry-after", "0s"]))["job"]?.integer == 2)
    let text = try scratch.text("out/journal.jsonl")
    #expect(text.contains("nothing was told of it") && text.contains("makes no sense"))
    try await expectLegal(scratch.path("out/journal.jsonl"), "failures")
  }

  @Test func aStudyThatReachesItsTargetIsOverAtOnceAndLaterTellsDoNotCount() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      syntheticStudy(configurations: 8, scheduler: "{max_resource: 4}").replacing(
        "budget: {configurations: 8}", with: "budget: {configurations: 8, target: 0.5}"))
    _ = try job(await ask(scratch))
    _ = try job(await ask(scratch))
    let told = try await tell(scratch, 1, ["--loss", "0.4", "--metric", "accuracy=0.9"])
    #expect(told.isSuccess && told.stdout.contains("the target is reached"), "\(told)")
    #expect(try job(await ask(scratch))["finished"]?.flag == true)
    let late = try await tell(scratch, 0, ["--loss", "0.3"])
    #expect(late.isSuccess && late.stderr.contains("the study is over"), "\(late)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "target")
  }

  @Test func aStudyThatIsOverGoesOnOnceItsBudgetIsLarger() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml", syntheticStudy(configurations: 2, scheduler: "{algorithm: random, max_resource: 4}"))
    for number in 0..<2 {
      #expect(try job(await ask(scratch))["job"]?.integer == number)
      #expect(try await tell(scratch, number, ["--loss", "0.\(number)"]).isSuccess)
    }
    #expect(try job(await ask(scratch))["finished"]?.flag == true)
    try scratch.write(
      "out/study.yaml", try scratch.text("out/study.yaml").replacing("configurations: 2", with: "configurations: 4"))
    // What is told of an old job does not wake the study.
    #expect(try await tell(scratch, 1, ["--loss", "1"]).stderr.contains("the study is over"))
    for number in 2..<4 { #expect(try job(await AshMPI.run(["ask", "out"], in: scratch))["job"]?.integer == number) }
    for number in 2..<4 { #expect(try await tell(scratch, number, ["--loss", "0.\(number)"]).isSuccess) }
    #expect(try job(await AshMPI.run(["ask", "out"], in: scratch))["finished"]?.flag == true)
    #expect(try lines(of: scratch.text("out/journal.jsonl")).count { $0["event"]?.text == "resume" } == 1)
    try await expectLegal(scratch.path("out/journal.jsonl"), "a larger budget")
  }

  @Test func anAttemptThatWasGivenUpCannotSpeakForTheNext() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 4, scheduler: "{max_resource: 4}"))
    #expect(try job(await ask(scratch))["attempt"]?.integer == 1)
    #expect(try job(await ask(scratch, ["--retry-after", "0s"]))["attempt"]?.integer == 2)
    let late = try await tell(scratch, 0, ["--attempt", "1", "--failed", "late"])
    #expect(late.exitCode == 65 && late.stderr.contains("is out as attempt 2, and not as attempt 1"), "\(late)")
    #expect(try await tell(scratch, 0, ["--attempt", "2", "--loss", "0.5"]).isSuccess)
  }

  /// A job goes by the last word of it, not by when it went out.
  @Test func aJobThatReportsIsNotTakenBack() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml", syntheticStudy(configurations: 4, scheduler: "{algorithm: stopping, max_resource: 16}"))
    _ = try job(await ask(scratch))
    #expect(try await tell(scratch, 0, ["--loss", "0.5", "--progress", "1"]).stdout == "{\"stop\":false}\n")
    _ = try job(await ask(scratch))
    let journal = try lines(of: scratch.text("out/journal.jsonl"))
    let times = journal.compactMap { $0["job"]?.integer == 0 ? $0["time"]?.number : nil }
    #expect(journal.count == 4 && times.count == 2)
    // As if the job had gone out 1000 s ago, and had reported 10 s ago.
    let old = try scratch.text("out/journal.jsonl").split(separator: "\n").prefix(3).map { line in
      line.replacing(/,"sums":"crc32"|,"sum":"[0-9a-f]+"/, with: "")
    }
    let started = Date(timeIntervalSinceNow: -1000).ISO8601Format()
    let header = old[0].replacing(/"started":"[^"]+"/, with: "\"started\":\"\(started)\"")
    let report = old[2].replacing(/"time":[0-9.]+/, with: "\"time\":990")
    try scratch.write("out/journal.jsonl", "\(header)\n\(old[1])\n\(report)\n")
    #expect(try job(await ask(scratch, ["--retry-after", "500s"]))["job"]?.integer == 1)
    #expect(!(try scratch.text("out/journal.jsonl").contains("nothing was told of it")))
    #expect(try job(await ask(scratch, ["--retry-after", "5s"]))["attempt"]?.integer == 2)
  }

  @Test func whoTellsOfProgressLearnsThatTheStudyIsOver() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      syntheticStudy(configurations: 8, scheduler: "{algorithm: stopping, max_resource: 16}").replacing(
        "budget: {configurations: 8}", with: "budget: {configurations: 8, target: 0.1}"))
    _ = try job(await ask(scratch))
    #expect(try await tell(scratch, 0, ["--loss", "0.5", "--progress", "1"]).stdout == "{\"stop\":false}\n")
    _ = try job(await ask(scratch))
    _ = try job(await ask(scratch))
    let last = try await tell(scratch, 1, ["--loss", "0.05", "--progress", "2"])
    #expect(last.isSuccess && last.stdout == "{\"stop\":true}\n", "\(last)")
    #expect(last.stderr.contains("the target is reached"), "\(last)")
    let late = try await tell(scratch, 2, ["--loss", "0.4", "--progress", "1"])
    #expect(late.isSuccess && late.stdout == "{\"stop\":true}\n", "\(late)")
  }

  @Test func aLoopIsToldThatTheStudyIsOverWhereNothingIsValid() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 100_000))
    _ = try job(await ask(scratch))
    for number in 0..<200 {
      #expect(try await tell(scratch, number, ["--invalid", "no"]).isSuccess)
      let next = try job(await ask(scratch))
      if number < 199 {
        #expect(next["job"]?.integer == number + 1)
      } else {
        #expect(next["finished"]?.flag == true)
      }
    }
    #expect(try job(await ask(scratch))["finished"]?.flag == true)
  }

  /// The line is all that says which job went out.
  @Test func aJobThatCannotBePrintedIsNamed() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 4))
    let ask = try await AshMPI.shell("\"$ASH\" ask study.yaml -o out > /dev/full", in: scratch)
    #expect(ask.exitCode == 73 && ask.stderr.contains("tell out --job 0 --failed"), "\(ask)")
  }

  @Test func whatMakesNoSenseIsRefusedWithAMessage() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 4))
    let early = try await AshMPI.run(["tell", "out", "--job", "0", "--loss", "1"], in: scratch)
    #expect(early.exitCode == 65 && early.stderr.contains("no study has been run here"), "\(early)")
    _ = try job(await ask(scratch))
    for (arguments, code, message) in [
      (["tell", "out", "--job", "7", "--loss", "1"], 65, "job 7 is not out"),
      (["tell", "out", "--job", "0"], 64, "Tell one of"),
      (["tell", "out", "--job", "0", "--loss", "1", "--failed", "why"], 64, "Tell one of"),
      (["tell", "out", "--job", "0", "--metric", "accuracy"], 64, "accuracy"),
      // Neither may cost the job a try, or count as training that has diverged.
      (["tell", "out", "--job", "0", "--metric", "accuracy=1"], 64, "only accuracy was told: give --loss X"),
      (["run", "study.yaml", "-o", "out"], 73, "ash-mpi ask "),
      (["reproduce", "out"], 65, "trained by others"),
      (["predict", "out", "study.yaml"], 65, "of kind mlp"),
      (["ask", "study.yaml"], 65, "a file, where the folder of a study is wanted"),
      (["validate", "out"], 65, "a folder, where a study file is wanted"),
      (["resume", "out"], 65, "'ash-mpi ask'"),
      (["ask", "nowhere"], 65, "no study has been run here"),
      (["ask", "nothing.yaml", "-o", "new"], 65, "no such study file"),
      (["ask", "study.yaml", "-o", "out", "--workers", "0"], 64, "--workers"),
    ] {
      let outcome = try await AshMPI.run(arguments, in: scratch)
      #expect(outcome.exitCode == code && outcome.stderr.contains(message), "\(arguments): \(outcome)")
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("new")))
    #expect(try await AshMPI.run(["tell", "out", "--job", "0", "--loss", "-0.5"], in: scratch).isSuccess)
    #expect(try await AshMPI.run(["run", "study.yaml", "-o", "run"], in: scratch).isSuccess)
    let ran = try await AshMPI.run(["ask", "run"], in: scratch)
    #expect(ran.exitCode == 65 && ran.stderr.contains("'ash-mpi run'"), "\(ran)")
  }
}
