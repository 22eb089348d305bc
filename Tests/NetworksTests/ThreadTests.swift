import Foundation
import Networks
import Randomness
import Tables
import Testing
import TrainerSupport

/// Networks that are large enough to be divided among threads.
@Suite(.serialized) struct ThreadTests {
  /// A configuration, and steps that an epoch's last batch is among.
  private func draw(_ index: Int) throws -> (NetworkConfiguration, DataSet, steps: Int) {
    var generator = CounterGenerator.forTests(index)
    var configuration = NetworkConfiguration()
    configuration.batchSize = generator.number(in: 150...600)
    let features = generator.number(in: 9...90)
    configuration.hiddenLayers = [[700], [300, 200], [400, 17, 300]][index % 3].map {
      $0 + generator.number(in: 0...100)
    }
    configuration.optimizer = NetworkConfiguration.Optimizer.allCases[index / 3 % 3]
    configuration.activation = NetworkConfiguration.Activation.allCases[index % 4]
    configuration.momentum = configuration.optimizer == .sgd && index % 2 == 0 ? 0.9 : 0
    configuration.nesterov = configuration.momentum > 0 && index % 4 == 0
    configuration.dropout = index % 2 == 0 ? 0.3 : 0
    configuration.weightDecay = index % 5 == 0 ? 0.01 : 0
    let rows = configuration.batchSize * generator.number(in: 1...2) + generator.number(in: 1...140)
    let data = try randomData(rows: rows, features: features, classes: index % 3 == 1 ? nil : 7, seed: index)
    return (configuration, data, generator.number(in: 4...6))
  }

  @Test(arguments: 0..<18) func theNumberOfThreadsDoesNotShow(index: Int) throws {
    let (configuration, data, steps) = try draw(index)
    func fresh(_ threads: Int) throws -> NetworkTrainer {
      let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 5)
      try trainer.useThreads(threads)
      return trainer
    }
    let alone = try fresh(1)
    alone.train(toStep: steps)
    let checkpoint = alone.checkpoint()
    let evaluation = alone.evaluate(data.train)
    #expect(!alone.hasDiverged)
    for threads in [2, 3, 4, 40] {
      let trainer = try fresh(threads)
      trainer.train(toStep: steps)
      #expect(trainer.checkpoint() == checkpoint, "\(threads) threads")
      #expect(trainer.evaluate(data.train) == evaluation)
      #expect(trainer.trainingLoss == alone.trainingLoss)
    }
    // And where it changes on the way.
    var changing = try fresh(3)
    for (step, threads) in [(1, 2), (2, 1), (steps, 4)] {
      changing.train(toStep: step)
      changing = try NetworkTrainer(
        configuration: configuration, data: data, seed: 5, checkpoint: changing.checkpoint())
      try changing.useThreads(threads)
    }
    #expect(changing.checkpoint() == checkpoint)
  }

  /// Along random directions: the reference's loss, in double precision, takes too long for each parameter.
  @Test(arguments: [0, 0.4], [nil, 5])
  func gradientsOfADividedBatchAgreeWithFiniteDifferences(dropout: Double, classes: Int?) throws {
    let data = try randomData(rows: 300, features: 40, classes: classes)
    var configuration = NetworkConfiguration()
    configuration.hiddenLayers = [260, 130]
    configuration.activation = .tanh
    configuration.dropout = dropout
    configuration.batchSize = 270
    configuration.initialization = .xavier
    let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 11)
    try trainer.useThreads(3)
    let (loss, gradients, rows) = trainer.nextStepGradients()
    #expect(rows.count == 270)
    let reference = ReferenceNetwork(trainer)
    let masks = GradientTests.maskFactors(configuration, trainer.shape, seed: 11, step: 0, rows: rows.count)
    #expect(abs(reference.loss(data, rows: rows, masks: masks) - loss) < 1e-5)
    var generator = CounterGenerator.forTests(4)
    for layer in trainer.shape.layers.indices {
      var (above, below) = (reference, reference)
      var expected = 0.0
      for input in 0...trainer.shape.layers[layer].inputs {
        for output in 0..<trainer.shape.layers[layer].outputs {
          let direction = generator.number(in: -1.0...1.0)
          let place = ParameterPlace(trainer.shape, layer: layer, input: input, output: output)
          expected += direction * Double(gradients[place.lane][place.element])
          above.weights[layer][input][output] += 1e-6 * direction
          below.weights[layer][input][output] -= 1e-6 * direction
        }
      }
      let difference = above.loss(data, rows: rows, masks: masks) - below.loss(data, rows: rows, masks: masks)
      #expect(abs(difference / 2e-6 - expected) < 2e-4, "layer \(layer)")
    }
  }

  @Test func divergenceIsNoticedOnAnyNumberOfThreads() throws {
    var (configuration, data, _) = try draw(1)
    configuration.optimizer = .sgd
    configuration.learningRate = 1e30
    let trainers = try [1, 4].map { threads in
      let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 5)
      try trainer.useThreads(threads)
      trainer.train(toEpochs: 100)
      return trainer
    }
    #expect(trainers.map(\.hasDiverged) == [true, true])
    #expect(trainers[0].step == trainers[1].step && trainers[0].step < 100)
  }

  /// The threads of trainers, and how many hundredths of a second each has computed.
  private func threads() throws -> [String: Int] {
    var threads: [String: Int] = [:]
    for task in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task") {
      // A thread may end while its files are read.
      guard let stat = try? String(contentsOfFile: "/proc/self/task/\(task)/stat", encoding: .utf8),
        stat.contains("(training-")
      else { continue }
      let fields = stat.split(separator: " ")
      threads[task] = (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0)
    }
    return threads
  }

  @Test func threadsSleepBetweenJobsAndEndWithTheTrainer() throws {
    let before = Set(try threads().keys)
    let (configuration, data, steps) = try draw(2)
    var trainer: NetworkTrainer? = try NetworkTrainer(configuration: configuration, data: data, seed: 5)
    try trainer?.useThreads(4)
    trainer?.train(toStep: steps)
    usleep(50_000)
    let begin = try threads().filter { !before.contains($0.key) }
    #expect(begin.count >= 3)
    usleep(1_000_000)
    let end = try threads()
    for (task, ticks) in begin {
      // Of other tests' threads, which this one can't tell from its own, some have ended or go on computing.
      #expect((end[task] ?? ticks) - ticks <= 1 || begin.count > 3)
    }
    trainer = nil
    var left = Set(begin.keys)
    for _ in 0..<300 where !left.isEmpty {
      left.formIntersection(try threads().keys)
      if !left.isEmpty { usleep(100_000) }
    }
    #expect(left.isEmpty)
  }

  @Test func aSmallNetworkStaysWithOneThread() throws {
    let data = try randomData(rows: 100, features: 5, classes: 2)
    let before = Set(try threads().keys)
    let trainer = try NetworkTrainer(configuration: NetworkConfiguration(), data: data, seed: 5)
    try trainer.useThreads(4)
    trainer.train(toEpochs: 2)
    let new = try Set(threads().keys).subtracting(before)
    #expect(new.isEmpty)
  }
}
