import Reporting
import TestSupport
import Testing

@Suite struct RunningQuantileTests {
  @Test(arguments: 0..<40) func itIsTheOneThatSortingGives(seed: Int) {
    var random = testGenerator(seed)
    let divisor = 2 + random.below(5)
    var quantile = RunningQuantile(lowest: divisor)
    var numbers: [Double] = []
    for _ in 0..<300 {
      // Ties and what is infinite come as well.
      let number = random.chance(0.1) ? Double.infinity : Double(random.below(40))
      numbers.append(number)
      quantile.add(number)
      let sorted = numbers.sorted()
      let place = numbers.count / divisor
      #expect(quantile.value == (place > 0 ? sorted[place - 1] : nil))
      #expect(quantile.minimum == sorted[0] && quantile.count == numbers.count)
    }
  }
}

@Suite struct SparklineTests {
  @Test func theLowestAndTheHighestBarAreTheLeastAndTheMost() {
    #expect(Sparkline([0, 1, 2, 3, 4, 5, 6, 7]).text == "▁▂▃▄▅▆▇█")
    #expect(Sparkline([nil, 3, .nan, -1]).text == " █ ▁")
    #expect(Sparkline([5, 5]).text == "▁▁")
    #expect(Sparkline([0, 0.5, 1, 2], range: 0...1).text == "▁▅██")
    #expect(Sparkline([]).text == "" && Sparkline([nil]).text == " ")
  }
}
