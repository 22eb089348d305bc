import Testing
import TrainerSupport
import Training
import TuningTypes

@Suite struct CurvesTrainerTests {
  /// Three rows: a plain one, one that diverges, one whose loss goes up and down and ends early.
  private static let table = """
    config,rate,sec_per_epoch,v0,v1,v2,v3,v4
    0,0.1,2,9,0.9,0.8,0.7,0.6
    1,0.2,3.5,9,0.5,0.4,,
    2,0.3,1,9,0.5,0.3,0.4,

    """

  private func bench(_ section: String = "", table: String = table, space: String = "row: {type: int, min: 0, max: 2}")
    throws -> Workbench
  {
    try Workbench(
      trainer: "{kind: curves, table: data.csv\(section)}", table: table, space: space, ladder: "{max_resource: 4}")
  }

  private func losses(_ bench: Workbench, row: Int) throws -> [Double] {
    try (1...4).map { try bench.train(bench.job(["row": .integer(row)], to: $0), in: "a").loss }
  }

  @Test func aTrialsLossesAndTimesAreItsRow() throws {
    let bench = try bench()
    #expect(bench.trainer.finishesInstantly)
    #expect(try losses(bench, row: 0) == [0.9, 0.8, 0.7, 0.6])
    let simulated = try #require(try bench.plan.makeSimulatedTrainer(sharedData: bench.data))
    let training = simulated.simulate(bench.job(["row": 1], to: 4, from: 2))
    #expect(training.seconds == 7 && training.report.loss.isNaN)
  }

  @Test func anEmptyCellSaysThatTrainingDiverged() throws {
    let losses = try losses(try bench(), row: 1)
    #expect(Array(losses[..<2]) == [0.5, 0.4] && losses[2].isNaN && losses[3].isNaN)
  }

  @Test func theBestLossSoFarCarriesOnWhereAskedFor() throws {
    #expect(try losses(try bench(", values: best"), row: 2) == [0.5, 0.3, 0.3, 0.3])
  }

  @Test func columnsMayHaveOtherNames() throws {
    let table = "id,cost,p1,p2,p3,p4\n0,5,4,3,2,1\n"
    let bench = try bench(
      ", curve: p, seconds_column: cost", table: table, space: "row: {type: categorical, values: [0]}")
    #expect(try losses(bench, row: 0) == [4, 3, 2, 1])
    let simulated = try #require(try bench.plan.makeSimulatedTrainer(sharedData: bench.data))
    #expect(simulated.simulate(bench.job(["row": 0], to: 3)).seconds == 15)
  }

  @Test func withoutAColumnOfSecondsAllRowsTakeTheSame() throws {
    let bench = try bench(", seconds_per_resource: 0.5")
    let simulated = try #require(try bench.plan.makeSimulatedTrainer(sharedData: bench.data))
    #expect(simulated.simulate(bench.job(["row": 1], to: 4)).seconds == 2)
  }

  /// Rows in a space of two columns: near in rate counts on its scale, another name is as far as the whole range.
  @Test func aConfigurationStandsForTheNearestRow() throws {
    let table = """
      name,rate,v1,v2,v3,v4
      a,0.001,1,1,1,1
      b,0.001,2,2,2,2
      a,0.1,3,3,3,3
      b,9,4,4,4,4
      ,0.1,5,5,5,5

      """
    let bench = try bench(
      ", space: columns", table: table,
      space: "rate: {type: float, min: 0.0001, max: 1, scale: log}, name: {type: categorical, values: [a, b]}")
    func loss(_ rate: Double, _ name: String) throws -> Double {
      let job = bench.job(["rate": .real(rate), "name": .text(name)], to: 2)
      return try bench.train(job, in: "a").loss
    }
    #expect(try [loss(0.001, "a"), loss(0.001, "b"), loss(0.1, "a"), loss(1, "a")] == [1, 2, 3, 3])
    // In the middle of the scale the first row is taken; just above it the other; row 3 is outside of the space.
    #expect(try [loss(0.0099, "a"), loss(0.0101, "a"), loss(1, "b")] == [1, 3, 2])
  }

  /// Of four rows on a line; the weights by hand from ((D − d) / (D·d))².
  @Test func withNeighboursLossesChangeGradually() throws {
    let table = """
      x,sec_per_epoch,v1,v2,v3,v4
      0,1,1,10,1,
      0.2,2,2,20,,1
      0.5,3,3,30,1,1
      1,4,4,40,1,1

      """
    let bench = try bench(
      ", space: columns, neighbours: 2", table: table, space: "x: {type: float, min: 0, max: 1}")
    let simulated = try #require(try bench.plan.makeSimulatedTrainer(sharedData: bench.data))
    func training(_ x: Double, to resource: Int) -> SimulatedTraining {
      simulated.simulate(bench.job(["x": .real(x)], to: resource))
    }
    // Distances 0.05 and 0.15, the next 0.45: weights (1/0.05 − 1/0.45)² and (1/0.15 − 1/0.45)².
    let (first, second) = (1 / 0.05 - 1 / 0.45, 1 / 0.15 - 1 / 0.45)
    let share = second * second / (first * first + second * second)
    let mean = training(0.05, to: 1)
    #expect(abs(mean.report.loss - (1 + share)) < 1e-12 && abs(mean.seconds - (1 + share)) < 1e-12)
    // A configuration that is a row has its losses; what diverged counts only where it is nearest.
    #expect(training(0.5, to: 2).report.loss == 30 && training(0.5, to: 2).seconds == 6)
    #expect(training(0.05, to: 3).report.loss == 1 && training(0.15, to: 3).report.loss.isNaN)
    #expect(training(0.05, to: 4).report.loss.isNaN && training(0.15, to: 4).report.loss == 1)
    // No jump where another row becomes one of the two nearest.
    for middle in [0.25, 0.5, 0.6] {
      let (before, after) = (training(middle - 1e-7, to: 1).report.loss, training(middle + 1e-7, to: 1).report.loss)
      #expect(abs(before - after) < 1e-4, "at \(middle)")
    }
  }

  @Test(arguments: [
    (
      "{kind: curves, neighbours: 3, table: data.csv}", "row: {type: int, min: 0, max: 2}",
      "study.yaml:5: trainer.neighbours: stands without 'space: columns'."
    ),
    (
      "{kind: curves, space: columns, neighbours: 0, table: data.csv}", "rate: {type: float, min: 0, max: 1}",
      "study.yaml:5: trainer.neighbours: is 0. Give a whole number"
    ),
    (
      "{kind: curves, space: columns, table: data.csv}", "rates: {type: float, min: 0, max: 1}",
      "study.yaml:2: search_space.rates: is no column of the table. Did you mean 'rate'? With space: columns each "
        + "hyperparameter is a column of the table."
    ),
    (
      "{kind: curves, space: columns, table: data.csv}", "rate: {type: float, min: 5, max: 6}",
      "study.yaml:2: search_space: has no row of the table within it."
    ),
    (
      "{kind: curves, space: rows, table: data.csv}", "row: {type: int, min: 0, max: 2}",
      "study.yaml:5: trainer.space: is 'rows'. Did you mean 'row'?"
    ),
    ("{kind: curves}", "row: {type: int, min: 0, max: 2}", "study.yaml:5: trainer.table: is missing."),
    (
      "{kind: curves, table: data.csv}", "row: {type: int, min: 0, max: 3}",
      "study.yaml:2: search_space.row: may become 3, which is no row of the table. Use whole numbers: "
        + "{type: int, min: 0, max: 2}."
    ),
    (
      "{kind: curves, table: data.csv}", "row: {type: float, min: 0, max: 2}",
      "study.yaml:2: search_space.row: is not a whole number"
    ),
    (
      "{kind: curves, table: data.csv}", "a: {type: int, min: 0, max: 1}, b: {type: int, min: 0, max: 1}",
      "search_space: has 2 hyperparameters"
    ),
    (
      "{kind: curves, table: data.csv, curve: w}", "row: {type: int, min: 0, max: 2}", "there is no column w1."
    ),
    (
      "{kind: curves, table: data.csv, seconds_column: sec_per_epok}", "row: {type: int, min: 0, max: 2}",
      "study.yaml:5: trainer.seconds_column: is 'sec_per_epok'"
    ),
    ("{kind: curves, table: nowhere.csv}", "row: {type: int, min: 0, max: 2}", "nowhere.csv"),
  ]) func aBadSectionIsAnErrorWithItsPlace(section: String, space: String, message: String) {
    #expect {
      _ = try Workbench(trainer: section, table: Self.table, space: space, ladder: "{max_resource: 4}")
    } throws: {
      "\($0)".contains(message) && $0 is any UserError
    }
  }

  @Test func aCurveThatIsNoNumberIsNamedByRowAndColumn() {
    #expect {
      _ = try bench(table: "v1,v2,v3,v4\n1,2,3,4\n1,2,x,4\n1,2,3,4\n")
    } throws: {
      "\($0)".contains("data.csv, row 3, column \"v3\": 'x' is not a number")
    }
  }

  @Test func aLadderThatGoesFurtherThanTheCurvesIsRefused() {
    for (ladder, message) in [
      ("{max_resource: 5}", "scheduler.max_resource: is 5, and the curves end at 4. Give at most 4."),
      ("{min_resource: 1}", "scheduler.max_resource: is missing, and the curves end at 4."),
    ] {
      #expect {
        _ = try Workbench(
          trainer: "{kind: curves, table: data.csv}", table: Self.table, space: "row: {type: int, min: 0, max: 2}",
          ladder: ladder)
      } throws: {
        "\($0)".contains(message)
      }
    }
  }
}
