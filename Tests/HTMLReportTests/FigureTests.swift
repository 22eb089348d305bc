import Search
import SuccessiveHalving
import HTMLReport
import Importance
import StudyFile
import TestSupport
import Testing
import Text
import TuningTypes

/// Each picture's numbers, read back out of the page, against the plainest reading of the records.
@Suite struct FigureTests {
  /// Every scheduler, minimising and maximising, and pages that other tests share.
  private static func studies() throws -> [RandomStudy] {
    try RandomStudy.schedulers.enumerated().map { number, scheduler in
      try RandomStudy(seed: number, yaml: RandomStudy.yaml(scheduler, mode: number % 2 == 0 ? "min" : "max"))
    }
  }

  private func number(_ mark: [String: String], _ name: String) throws -> Double {
    try #require(mark[name].flatMap(Double.init))
  }

  @Test func theLadderCountsWhatReachedEachRung() throws {
    for recorded in try Self.studies() {
      let (page, naive) = (try recorded.page(), NaiveStudy(recorded.records))
      let marks = page.marks("ladder", with: "data-count")
      for (level, resource) in naive.resources.enumerated() {
        let shown = marks.filter {
          $0["data-level"] == "\(level)" && ["promoted", "stopped"].contains($0["data-kind"])
        }
        let sum = try shown.reduce(0) { try $0 + number($1, "data-count") }
        #expect(Int(sum) == naive.losses(at: resource).count)
      }
      let failed = marks.filter { $0["data-kind"] == "failed" }
      #expect(try failed.reduce(0) { try $0 + Int(number($1, "data-count")) } == naive.givenUp)
    }
  }

  @Test func theIncumbentsAreThePrefixMinimaOfTheResults() throws {
    for recorded in try Self.studies() {
      let naive = NaiveStudy(recorded.records)
      var best: [NaiveStudy.Result] = []
      for result in naive.results where result.loss.isFinite && result.loss < best.last?.loss ?? .infinity {
        best.append(result)
      }
      let marks = try recorded.page().marks("incumbent", with: "data-trial")
      // Once over each of the three axes.
      #expect(marks.count == 3 * best.count)
      for (mark, result) in zip(marks, best) {
        #expect(mark["data-trial"] == "\(result.trial)")
        #expect(try number(mark, "data-value") == recorded.study.plan.objective.value(of: Loss(result.loss)))
      }
    }
  }

  @Test func anIncumbentIsDrawnWhereItsAxesSay() throws {
    let recorded = try RandomStudy(seed: 2, yaml: RandomStudy.yaml(RandomStudy.schedulers[0]))
    let page = try recorded.page()
    let naive = NaiveStudy(recorded.records)
    let axes = try #require(page.marks("incumbent", with: "data-plot").first)
    let plot = try #require(axes["data-plot"]).split(separator: " ").compactMap { Double($0) }
    let across = Axis(try number(axes, "data-x-low"), try number(axes, "data-x-high"), label: "")
    let up = Axis(
      try number(axes, "data-y-low"), try number(axes, "data-y-high"),
      scale: try #require(Axis.Scale(rawValue: axes["data-y-scale"] ?? "")), label: "")
    let marks = page.marks("incumbent", with: "data-trial")
    for mark in marks.prefix(marks.count / 3) {
      let value = try number(mark, "data-value")
      let result = try #require(naive.results.first { $0.loss == value && "\($0.trial)" == mark["data-trial"] })
      let x = plot[0] + across.position(of: result.time) * (plot[2] - plot[0])
      #expect(abs(try number(mark, "cx") - x) < 0.1, "\(mark) at \(x), \(result)")
      #expect(abs(try number(mark, "cy") - (plot[3] - up.position(of: value) * (plot[3] - plot[1]))) < 0.1)
    }
  }

  @Test func theBarIsTheLossOfTheBestShareOfARung() throws {
    for recorded in try Self.studies() {
      let naive = NaiveStudy(recorded.records)
      let share = recorded.study.plan.scheduler.ladder.reductionFactor
      for mark in try recorded.page().marks("bar", with: "data-level") {
        let level = Int(try number(mark, "data-level"))
        let losses = naive.losses(at: naive.resources[level]).map { $0.loss.isFinite ? $0.loss : .infinity }.sorted()
        let bar = losses[losses.count / share - 1]
        // Where the bar itself is no number, the last that was one stays.
        guard bar.isFinite else { continue }
        #expect(try number(mark, "data-value") == recorded.study.plan.objective.value(of: Loss(bar)))
      }
    }
  }

  @Test func boxesHoldTheQuartilesOfTheirRung() throws {
    for recorded in try Self.studies() {
      let naive = NaiveStudy(recorded.records)
      let marks = try recorded.page().marks("losses", with: "data-median")
      #expect(!marks.isEmpty)
      for mark in marks {
        let results = naive.losses(at: naive.resources[Int(try number(mark, "data-level"))])
        let values = results.map { recorded.study.plan.objective.value(of: Loss($0.loss)) }.filter(\.isFinite).sorted()
        for (name, share) in [("data-low", 0.25), ("data-median", 0.5), ("data-high", 0.75)] {
          let place = share * Double(values.count - 1)
          let (low, high) = (values[Int(place.rounded(.down))], values[Int(place.rounded(.up))])
          let expected = low + (high - low) * (place - place.rounded(.down))
          #expect(abs(try number(mark, name) - expected) <= 1e-12 * max(1, abs(expected)))
        }
      }
    }
  }

  @Test func agreementIsSpearmansOverTheTrialsOfBothRungs() throws {
    for recorded in try Self.studies() {
      let naive = NaiveStudy(recorded.records)
      for mark in try recorded.page().marks("agreement", with: "data-low") {
        let low = naive.losses(at: naive.resources[Int(try number(mark, "data-low"))])
        let high = naive.losses(at: naive.resources[Int(try number(mark, "data-high"))])
        let pairs = low.compactMap { a in high.first { $0.trial == a.trial }.map { (a.loss, $0.loss) } }
        #expect(Int(try number(mark, "data-count")) == pairs.count)
        let value = try number(mark, "data-value")
        guard let expected = naiveSpearman(pairs) else {
          #expect(value.isNaN)
          continue
        }
        #expect(abs(value - expected) < 1e-12)
      }
    }
  }

  @Test func importanceIsThatOfTheEvaluatorAtEachRung() throws {
    for recorded in try Self.studies() {
      let naive = NaiveStudy(recorded.records)
      let importance = HyperparameterImportance(space: recorded.study.plan.space)
      for mark in try recorded.page().marks("importance", with: "data-parameter") {
        let results = naive.losses(at: naive.resources[Int(try number(mark, "data-level"))])
        let trials = results.compactMap { result in
          naive.configurations[result.trial].map { (configuration: $0, loss: Loss(result.loss)) }
        }
        let entry = importance.entries(of: trials).first { $0.name == mark["data-parameter"] }
        #expect(abs(try number(mark, "data-value") - (entry?.share ?? -1)) < 1e-12)
        #expect(mark["data-count"] == "\(results.count)")
        #expect((mark["class"] == "heat unknown") == (results.count < 50))
      }
    }
  }

  @Test func timeIsTrainingOverheadLossesAndTheRest() throws {
    for recorded in try Self.studies() {
      let naive = NaiveStudy(recorded.records)
      let total = naive.time * Double(recorded.workers)
      let shown = Dictionary(
        uniqueKeysWithValues: try recorded.page().marks("utilisation", with: "data-kind").map {
          ($0["data-kind"] ?? "", try number($0, "data-value"))
        })
      let expected = [
        "training": naive.training, "overhead": naive.overhead, "failed": naive.lost, "open": naive.open,
        "idle": total - naive.training - naive.overhead - naive.lost - naive.open,
      ]
      // Training is kept in fewer digits.
      for (kind, value) in shown { #expect(abs(value - (expected[kind] ?? -1) / total) < 1e-5) }
      #expect(shown["training"] != nil && shown["idle"] != nil)
    }
  }

  @Test func everyResultAndEveryFailureIsCounted() throws {
    for recorded in try Self.studies() {
      let (page, naive) = (try recorded.page(), NaiveStudy(recorded.records))
      let results = try page.marks("throughput", with: "data-count").reduce(0) { try $0 + number($1, "data-count") }
      #expect(Int(results) == naive.results.count)
      let failures = page.marks("failures", with: "data-count")
      // Reasons that differ in a number alone are one.
      #expect(failures.count == (naive.failed > 0 ? 1 : 0) + (naive.invalid > 0 ? 1 : 0))
      #expect(try failures.reduce(0) { try $0 + Int(number($1, "data-count")) } == naive.failed + naive.invalid)
    }
  }

  @Test func jobsAreCountedForTheHostThatTheirWorkerHadThen() throws {
    // In the second run worker 1 is on another host, and of worker 3 none is known.
    let hosts = [["a", "<b>", "a", "<b>"], ["a", "c", "a"]]
    let recorded = try RandomStudy(seed: 5, yaml: RandomStudy.yaml(RandomStudy.schedulers[0]), hosts: hosts)
    let (page, naive) = (try recorded.page(), NaiveStudy(recorded.records))
    try #require(naive.byWorker.count == 2)
    let host = { (run: Int, worker: WorkerID) in
      hosts[run].indices.contains(worker.rawValue) ? hosts[run][worker.rawValue] : "unknown host"
    }
    let rows = page.marks("workers", with: "data-host")
    #expect(rows.map { $0["data-host"] } == ["a", "&lt;b&gt;", "c", "unknown host"])
    #expect(rows.map { $0["data-workers"] } == ["2", "2", "1", "1"])
    for (row, name) in zip(rows, ["a", "<b>", "c", "unknown host"]) {
      var (results, failed, training) = (0, 0, 0.0)
      for (run, workers) in naive.byWorker.enumerated() {
        for (worker, counts) in workers where host(run, worker) == name {
          (results, failed, training) = (results + counts.results, failed + counts.failed, training + counts.training)
        }
      }
      #expect(Int(try number(row, "data-results")) == results)
      #expect(Int(try number(row, "data-failed")) == failed)
      #expect(abs(try number(row, "data-training") - training) < 1e-4 * max(1, training))
    }
    let chart = try #require(try page.data()["workers"])
    #expect(chart["hosts"]?.elements?.map { $0.elements?.last?.integer } == [0, 2, 4, 5])
    #expect(
      chart["names"]?.elements?.map(\.text) == [
        "worker 0 on a", "worker 2 on a", "worker 1 on <b>", "worker 3 on <b>", "worker 1 on c",
        "worker 3 on unknown host",
      ])
    #expect(try #require(page.figure("failures")).contains("Failed jobs by host: "))
  }

  @Test func workersOfOneHostHaveARowEachAndNoHost() throws {
    let one = ["a", "a", "a", "a"]
    let recorded = try RandomStudy(seed: 5, yaml: RandomStudy.yaml(RandomStudy.schedulers[0]), hosts: [one, one])
    let page = try recorded.page()
    #expect(page.marks("workers", with: "data-host").isEmpty)
    let chart = try #require(try page.data()["workers"])
    #expect(chart["names"]?.elements?.map(\.text) == (0..<4).map { "worker \($0)" })
    #expect(chart["hosts"]?.elements?.isEmpty == true)
  }

  /// Too many workers for a row each: rows of several, and no row with workers of two hosts.
  @Test func ofManyWorkersARowHasSomeOfOneHost() throws {
    let hosts = (0..<500).map { "node-\($0 / 200)" }
    let recorded = try RandomStudy(
      seed: 1, yaml: RandomStudy.yaml(RandomStudy.schedulers[0], configurations: 1000), workers: 500,
      hosts: [hosts, hosts],
      chances: RandomStudy.Chances(isInterrupted: false))
    let chart = try #require(try recorded.page().data()["workers"])
    let names = try #require(chart["names"]?.elements).compactMap(\.text)
    #expect((96...99).contains(names.count))
    #expect(names.allSatisfy { $0.contains(/^workers [0-9]+ to [0-9]+ on node-[012]$/) })
    #expect(names.first == "workers 0 to 4 on node-0" && names.last?.hasSuffix("to 499 on node-2") == true)
  }

  @Test func mapsOfPairsAndHistogramsHoldEachTrialOnce() throws {
    let recorded = try RandomStudy(
      seed: 9, yaml: RandomStudy.yaml(RandomStudy.schedulers[0], configurations: 150))
    let (page, naive) = (try recorded.page(), NaiveStudy(recorded.records))
    let lowest = naive.losses(at: 1)
    let both = lowest.count { naive.configurations[$0.trial]?["depth"] != nil }
    // Six maps of four hyperparameters; half of them with the one that is only there sometimes.
    let counted = try page.marks("pairs", with: "data-row").reduce(0) { try $0 + Int(number($1, "data-count")) }
    #expect(counted == 3 * lowest.count + 3 * both)
    let best = page.marks("best-values", with: "data-all")
    for name in ["x", "kind", "step"] {
      let shown = try best.filter { $0["data-parameter"] == name }.reduce(0) { try $0 + Int(number($1, "data-count")) }
      #expect(shown == (lowest.count + 9) / 10)
    }
  }

  /// Rank by counting, correlation by its definition.
  private func naiveSpearman(_ pairs: [(Double, Double)]) -> Double? {
    guard pairs.count > 2 else { return nil }
    let ranks = { (values: [Double]) in
      let keys = values.map { $0.isFinite ? $0 : Double.infinity }
      return keys.map { key in Double(keys.count { $0 < key }) + Double(keys.count { $0 == key } + 1) / 2 }
    }
    let (a, b) = (ranks(pairs.map(\.0)), ranks(pairs.map(\.1)))
    let (meanA, meanB) = (a.reduce(0, +) / Double(a.count), b.reduce(0, +) / Double(b.count))
    let covariance = zip(a, b).reduce(0) { $0 + ($1.0 - meanA) * ($1.1 - meanB) }
    let spread = { (values: [Double], mean: Double) in values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } }
    let product = spread(a, meanA) * spread(b, meanB)
    return product > 0 ? covariance / product.squareRoot() : nil
  }
}
