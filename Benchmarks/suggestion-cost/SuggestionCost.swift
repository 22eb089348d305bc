internal import Foundation
internal import Randomness
internal import SearchSpace
internal import TuningTypes

/// What a suggestion of a sampler with a model costs the driver, after a thousand results and after a million.
///
/// Time is that of the processor, so that what else the machine does counts little; the two are measured by turns, so that what
/// remains falls on both alike. Between suggestions come results, as many as successive halving with η = 4 gives.
///
///     suggestion-cost [ROUNDS]
@main
enum SuggestionCost {
  private static let suggestionsPerRound = 400

  static func main() throws {
    let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 9
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"]
    let continuous = try SearchSpace(names.map { Parameter($0, .float(try FloatDomain(min: 0, max: 1))) })
    let mixed = try SearchSpace([
      Parameter("rate", .float(try FloatDomain(min: 1e-5, max: 1, scale: .log))),
      Parameter("momentum", .float(try FloatDomain(min: 0, max: 1))),
      Parameter("units", .integer(try IntegerDomain(min: 8, max: 1024, scale: .log))),
      Parameter("layers", .integer(try IntegerDomain(min: 1, max: 8))),
      Parameter("dropout", .float(try FloatDomain(min: 0, max: 0.5, step: 0.05))),
      Parameter("optimizer", .categorical(["sgd", "adam", "rmsprop"])),
      Parameter("nesterov", .categorical([true, false]), when: Condition([.init("optimizer", in: ["sgd"])])),
      Parameter("beta", .float(try FloatDomain(min: 0.9, max: 1)), when: Condition([.init("optimizer", in: ["adam"])])),
    ])
    for (name, space) in [("continuous", continuous), ("mixed and conditional", mixed)] {
      let few = try Study(space, results: 1_000)
      var many = try Study(space, results: 1_000_000)
      var (first, second): ([Double], [Double]) = ([], [])
      for _ in 0..<rounds {
        // A study of a thousand results must not become one of many more.
        var fresh = few
        first.append(fresh.microsecondsPerSuggestion(count: suggestionsPerRound))
        second.append(many.microsecondsPerSuggestion(count: suggestionsPerRound))
      }
      let (a, b) = (median(first), median(second))
      print(
        "suggestion, eight \(name) hyperparameters: \(text(a)) µs at 1,000 results, \(text(b)) µs at 1,000,000, ratio \(text(b / a)); "
          + "memory of the model and all else \(PeakMemory.text)")
    }
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
  private static func text(_ value: Double) -> String { String(format: "%.2f", value) }
}

/// A study that has come so far.
private struct Study {
  private var sampler: any Sampler
  private var trials = 0
  private var losses: CounterGenerator

  init(_ space: SearchSpace, results: Int) throws {
    sampler = KernelDensitySampler(space: space, seed: 1, random: RandomSampler(space: space, seed: 1))
    losses = CounterGenerator(seed: 1, purpose: .synthetic, index: 1)
    let random = RandomSampler(space: space, seed: 2)
    var count = 0
    while count < results {
      guard let configuration = random.configuration(at: trials) else { return }
      count += report(configuration)
    }
  }

  /// One trial to the lowest rung, and every fourth of those in a rung to the next.
  private mutating func report(_ configuration: Configuration) -> Int {
    let trial = TrialID(trials)
    trials += 1
    sampler.began(trial, configuration)
    var (resource, number, count) = (1, trials, 0)
    repeat {
      let loss = (configuration.entries.first?.value.number ?? 0) + 0.1 * losses.uniform()
      sampler.reported(trial, configuration, resource: Resource(resource), loss: Loss(loss))
      count += 1
      guard number.isMultiple(of: 4) else { break }
      (resource, number) = (resource * 4, number / 4)
    } while resource <= 256
    return count
  }

  mutating func microsecondsPerSuggestion(count: Int) -> Double {
    var spent = 0.0
    for _ in 0..<count {
      let began = processorTime()
      let configuration = sampler.suggest(trials)
      spent += processorTime() - began
      if let configuration { _ = report(configuration) }
    }
    return spent / Double(count) * 1e6
  }

  private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

private enum PeakMemory {
  static var text: String {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return "\(usage.ru_maxrss / 1024) MiB"
  }
}
