import Foundation
import Networks
import Randomness
import Tables
import Testing
import TrainerSupport

@Suite struct TrainingTests {
  private func configuration(_ optimizer: NetworkConfiguration.Optimizer = .adam) -> NetworkConfiguration {
    var configuration = NetworkConfiguration()
    configuration.hiddenLayers = [9, 6]
    configuration.optimizer = optimizer
    configuration.momentum = optimizer == .sgd ? 0.9 : 0
    configuration.learningRate = 0.01
    configuration.dropout = 0.2
    configuration.weightDecay = 0.001
    configuration.batchSize = 16
    configuration.schedule = .cosine(horizon: 5)
    return configuration
  }

  /// Everything that can be seen of a trainer.
  private func state(_ trainer: NetworkTrainer) -> [UInt8] { trainer.checkpoint() }

  @Test(arguments: NetworkConfiguration.Optimizer.allCases, 0..<8)
  func goingOnEqualsNeverHavingStopped(optimizer: NetworkConfiguration.Optimizer, index: Int) throws {
    var generator = CounterGenerator.forTests(index)
    let data = try randomData(rows: 77, features: 5, classes: index % 2 == 0 ? 3 : nil)
    let configuration = configuration(optimizer)
    func fresh() throws -> NetworkTrainer { try NetworkTrainer(configuration: configuration, data: data, seed: 42) }

    for isEpochs in [true, false] {
      let target = isEpochs ? 5 : 380
      let straight = try fresh()
      if isEpochs { straight.train(toEpochs: target) } else { straight.train(toRecords: target) }
      var stopped = try fresh()
      var reached = 0
      while reached < target {
        reached = min(target, reached + generator.number(in: 1...(isEpochs ? 2 : 90)))
        if isEpochs { stopped.train(toEpochs: reached) } else { stopped.train(toRecords: reached) }
        _ = stopped.evaluate(data.train)
        stopped = try NetworkTrainer(
          configuration: configuration, data: data, seed: 42, checkpoint: stopped.checkpoint())
      }
      #expect(state(straight) == state(stopped))
      #expect(straight.trainingLoss == stopped.trainingLoss)
      #expect(straight.evaluate(data.train) == stopped.evaluate(data.train))
    }
  }

  @Test func recordsEndWithTheFirstBatchThatReachesThem() throws {
    let data = try randomData(rows: 50, features: 3, classes: 2)
    var configuration = configuration()
    configuration.batchSize = 20
    for (asked, reached) in [(0, 0), (1, 20), (20, 20), (21, 40), (45, 50), (50, 50), (51, 70), (150, 150), (155, 170)]
    {
      let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 1)
      trainer.train(toRecords: asked)
      #expect(trainer.records == reached)
    }
  }

  @Test func anEpochTakesEachRowOnceInAnOrderOfItsOwn() throws {
    let data = try randomData(rows: 50, features: 3, classes: 2)
    let trainer = try NetworkTrainer(configuration: configuration(), data: data, seed: 1)
    var orders: [[Int]] = []
    for epoch in 0..<3 {
      var order: [Int] = []
      for step in 0..<trainer.stepsPerEpoch {
        order += trainer.nextStepGradients().rows
        trainer.train(toStep: epoch * trainer.stepsPerEpoch + step + 1)
      }
      #expect(order.sorted() == Array(0..<50))
      orders.append(order)
    }
    #expect(Set(orders).count == 3)
  }

  @Test func theSeedDecidesTheResult() throws {
    let data = try randomData(rows: 50, features: 3, classes: 2)
    func trained(_ seed: UInt64) throws -> [Float] {
      let trainer = try NetworkTrainer(configuration: configuration(), data: data, seed: seed)
      trainer.train(toEpochs: 2)
      return trainer.plainParameters
    }
    #expect(try trained(1) == trained(1))
    #expect(try trained(1) != trained(2))
  }

  @Test func severalTrainersAtOnceDisturbNobody() async throws {
    let data = try DataSet.load(path: dataset("digits.csv"), options: DataSetOptions(target: "target"))
    var configuration = configuration()
    configuration.hiddenLayers = [96, 64]
    let settings = configuration
    @Sendable func trained() throws -> [UInt8] {
      let trainer = try NetworkTrainer(configuration: settings, data: data, seed: 9)
      trainer.train(toEpochs: 3)
      return trainer.checkpoint()
    }
    let alone = try trained()
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<6 { group.addTask { try trained() } }
      for try await one in group { #expect(one == alone) }
    }
  }

  @Test(arguments: [nil, 3])
  func divergenceIsNoticedAtOnce(classes: Int?) throws {
    let data = try randomData(rows: 64, features: 4, classes: classes)
    var configuration = configuration(.sgd)
    configuration.learningRate = 1e30
    configuration.schedule = .constant
    let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 1)
    trainer.train(toEpochs: 1000)
    #expect(trainer.hasDiverged)
    #expect(trainer.step < 100)
    let step = trainer.step
    trainer.train(toEpochs: 2000)
    #expect(trainer.step == step)
    let restored = try NetworkTrainer(
      configuration: configuration, data: data, seed: 1, checkpoint: trainer.checkpoint())
    #expect(restored.hasDiverged)
  }

  @Test func anEmptyPartHasNoLoss() throws {
    let data = try randomData(rows: 20, features: 2, classes: 2)
    let trainer = try NetworkTrainer(configuration: configuration(), data: data, seed: 1)
    #expect(trainer.evaluate(data.test).loss.isNaN)
  }

  @Test func digitsReachesThreePercentTestError() throws {
    let data = try DataSet.load(path: dataset("digits.csv"), options: DataSetOptions(target: "target"))
    var configuration = NetworkConfiguration()
    configuration.hiddenLayers = [128]
    configuration.dropout = 0.3
    configuration.learningRate = 0.003
    configuration.schedule = .cosine(horizon: 60)
    let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 1)
    trainer.train(toEpochs: 60)
    #expect(trainer.evaluate(data.test).error < 0.03)
  }

  @Test func housePricesAreMuchBetterThanTheMean() throws {
    let data = try DataSet.load(
      path: dataset("california_housing.csv.gz"), options: DataSetOptions(target: "median_house_value", missing: .mean))
    #expect(!data.isClassification)
    var configuration = NetworkConfiguration()
    configuration.batchSize = 128
    let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 1)
    trainer.train(toEpochs: 8)
    let evaluation = trainer.evaluate(data.test)
    #expect(evaluation.loss < 0.3)
    #expect(evaluation.error < 65_000)
  }
}
