import Reporting
import Testing
import TuningTypes

@Suite struct ProgressTests {
  private func progress(set overrides: [String] = [], jobs: Int = 6, elapsed: Double = 12.4) throws -> ProgressText {
    ProgressText(
      study: "flowers", tuner: try finishedTuner(set: overrides, jobs: jobs), elapsed: elapsed, resourceUnit: "epochs")
  }

  @Test func aLineForTheLogSaysHowFarTheStudyIs() throws {
    #expect(
      try progress(set: ["budget.time=2m"]).line
        == "12 s · 4 of 8 configurations · rungs 4 › 2 › 0 · best validation_loss 0.5000 (trial 1) · 1/1 workers busy"
        + " · 0.5 jobs/s · 1:48 left")
    #expect(
      try progress(jobs: 0, elapsed: 0).line
        == "0.0 s · 1 of 8 configurations · rungs 0 › 0 › 0 · 1/1 workers busy · 0.0 jobs/s")
  }

  @Test func theBlockShowsTheLadderAndTheBest() throws {
    #expect(
      try progress().block(columns: 100) == [
        "flowers · 12 s · 4 of 8 configurations · 1/1 workers busy · 0.5 jobs/s",
        "  rung  epochs  running  completed  promoted",
        "     0       1        0          4         2",
        "     1       2        0          2         1",
        "     2       4        1          0         0",
        "  best validation_loss 0.5000: trial 1, 2 epochs",
        "  learning_rate 0.1250, optimizer adam, units 64",
      ])
  }

  @Test func noLineIsWiderThanTheTerminal() throws {
    for columns in [1, 2, 10, 20, 21, 40, 80, 300] {
      for line in try progress(set: ["budget.time=2m"]).block(columns: columns) {
        #expect(line.count <= columns, "\(columns) columns: \(line)")
      }
    }
  }

  @Test func textsOfConfigurationsDoNotMoveTheCursor() throws {
    var text = try progress()
    text.bestConfiguration = ["kind": "a\nb\u{1B}[2J\u{7}", "x": 0.123456]
    let line = try #require(text.block(columns: 200).last)
    #expect(line == "  kind a\\x0Ab\\x1B[2J\\x07, x 0.1235")
  }
}

@Suite struct WordingTests {
  @Test(arguments: [
    (0, "0.0 s"), (0.04, "0.0 s"), (0.26, "0.3 s"), (9.94, "9.9 s"), (10, "10 s"), (59.4, "59 s"), (59.6, "1:00"),
    (187, "3:07"), (3599.6, "1:00:00"), (7509, "2:05:09"), (100 * 3600, "100:00:00"), (-1, "?"), (.nan, "?"),
    (.infinity, "?"), (1e18, "1.000e18 s"), (1e300, "1.000e300 s"),
  ]) func lengthsOfTime(seconds: Double, text: String) { #expect(Wording.duration(seconds) == text) }

  @Test(arguments: [
    (0, "0"), (-0.0, "0"), (1, "1.000"), (-1.5, "-1.500"), (12.345, "12.35"), (123.45, "123.5"), (1234.5, "1235"),
    (0.12345, "0.1235"), (0.001, "0.0010"), (0.00012346, "1.235e-4"), (0.000999999, "1.000e-3"), (1_234_567, "1.235e6"),
    (-9_999_999, "-1.000e7"), (.leastNonzeroMagnitude, "4.941e-324"), (1.7976931348623157e308, "1.798e308"),
    (.nan, "nan"),
    (.infinity, "inf"), (-.infinity, "-inf"),
  ]) func lossesToFourDigits(value: Double, text: String) { #expect(Wording.short(value) == text) }

  @Test(arguments: [
    (1.25, 1, "1.3"), (-0.04, 1, "0.0"), (-0.06, 1, "-0.1"), (12, 0, "12"), (0.005, 2, "0.01"), (.nan, 1, "nan"),
    (1e20, 1, "1e+20"),
  ]) func decimals(value: Double, decimals: Int, text: String) { #expect(Wording.decimal(value, decimals) == text) }

  @Test func smallThings() {
    #expect(
      Wording.count(1, "job") == "1 job" && Wording.count(0, "job") == "0 jobs" && Wording.count(2, "job") == "2 jobs")
    #expect(Wording.percent(0.987) == "99 %" && Wording.percent(.nan) == "–")
    #expect(Wording.whole(1_234_567) == "1234567" && Wording.whole(1e19) == "1.000e19")
  }

  @Test func tablesAreAlignedToTheRight() {
    var table = TextTable(header: ["rung", "é"])
    table.add(["0", "1000"])
    table.add(["10"])
    #expect(table.lines == ["  rung     é", "     0  1000", "    10"])
  }
}
