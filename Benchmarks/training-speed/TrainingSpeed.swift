internal import Foundation
internal import Networks
internal import Tables

/// How fast networks train: samples a second, on one thread and on several, by turns in one process.
///
///     training-speed [THREADS [ROUNDS [SHAPE]]]
///
/// Where the machine does other things as well, many rounds find moments in which it does not: then the best of each count.
@main
enum TrainingSpeed {
  private struct Shape {
    let name: String
    let inputs: Int
    let hidden: [Int]
    let classes: Int
    let batch: Int
    let rows: Int
  }

  private static let shapes = [
    Shape(name: "4-16-3 batch 16", inputs: 4, hidden: [16], classes: 3, batch: 16, rows: 128),
    Shape(name: "64-64-10 batch 32", inputs: 64, hidden: [64], classes: 10, batch: 32, rows: 1024),
    Shape(name: "784-128-10 batch 64", inputs: 784, hidden: [128], classes: 10, batch: 64, rows: 2048),
    Shape(name: "784-512-512-10 batch 256", inputs: 784, hidden: [512, 512], classes: 10, batch: 256, rows: 2048),
  ]

  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let name = arguments.count > 2 ? arguments[2] : ""
    guard arguments.count <= 3, let threads = Int(arguments.first ?? "2"), threads > 0,
      let rounds = Int(arguments.count > 1 ? arguments[1] : "9"), rounds > 0
    else {
      FileHandle.standardError.write(Data("usage: training-speed [THREADS [ROUNDS [SHAPE]]]\n".utf8))
      exit(64)
    }
    try NetworkTrainer.loadLibrary(forThreads: threads)
    for shape in shapes where shape.name.hasPrefix(name) {
      let data = try data(shape)
      for optimizer in [NetworkConfiguration.Optimizer.adam, .sgd] {
        try measure(shape, optimizer, data, threads: threads == 1 ? [1] : [1, threads], rounds: rounds)
      }
    }
  }

  private static func measure(
    _ shape: Shape, _ optimizer: NetworkConfiguration.Optimizer, _ data: DataSet, threads: [Int], rounds: Int
  ) throws {
    var configuration = NetworkConfiguration()
    configuration.hiddenLayers = shape.hidden
    configuration.batchSize = shape.batch
    configuration.optimizer = optimizer
    configuration.momentum = optimizer == .sgd ? 0.9 : 0
    let trainers = try threads.map { count in
      let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 1)
      try trainer.useThreads(count)
      return trainer
    }
    // A round is as many steps as take about 30 ms.
    let steps = trainers[0].stepsPerEpoch
    let first = seconds(isAlone: threads.count == 1) { trainers[0].train(toStep: steps) } / Double(steps)
    let round = max(1, Int(0.03 / max(first, 1e-9)))
    for trainer in trainers { trainer.train(toStep: steps + round) }
    var speeds = threads.map { _ in [Double]() }
    for number in 0..<rounds {
      // Whatever goes on for several rounds falls on all alike.
      for place in threads.indices {
        let place = number.isMultiple(of: 2) ? place : threads.count - 1 - place
        let target = trainers[place].step + round
        let time = seconds(isAlone: threads.count == 1) { trainers[place].train(toStep: target) }
        // All batches of these data sets are full.
        speeds[place].append(Double(round * configuration.batchSize) / time)
      }
    }
    for trainer in trainers.dropFirst() where trainer.checkpoint() != trainers[0].checkpoint() {
      print("\(shape.name): the bits depend on the number of threads")
      exit(70)
    }
    var line = "\(shape.name), \(optimizer.rawValue):"
    for place in threads.indices {
      line += " \(Int(median(speeds[place]))) samples/s on \(threads[place]) (best \(Int(speeds[place].max() ?? 0)));"
    }
    if threads.count == 2 {
      let ratios = zip(speeds[1], speeds[0]).map { $0 / $1 }
      let best = (speeds[1].max() ?? 0) / (speeds[0].max() ?? 1)
      line += String(format: " ratio %.2f, of the best %.2f", median(ratios), best)
    }
    print(line)
  }

  /// - Parameter isAlone: counts what this process got of a core: what else the machine does then shows less.
  private static func seconds(isAlone: Bool, _ body: () -> Void) -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(isAlone ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let began = now()
    body()
    return now() - began
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private static func data(_ shape: Shape) throws -> DataSet {
    var state: UInt64 = 1
    var text = (0..<shape.inputs).map { "x\($0)," }.joined() + "y\n"
    for row in 0..<shape.rows {
      for _ in 0..<shape.inputs {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += "\(state >> 54),"
      }
      text += "c\(row % shape.classes)\n"
    }
    return try DataSet(
      table: Table(csv: Array(text.utf8), file: "random"),
      options: DataSetOptions(target: "y", validationFraction: 0, testFraction: 0))
  }
}
