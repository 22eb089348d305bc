import Tables
import Testing
import TrainerSupport
import Trees

@Suite struct TreeTrainerTests {
  /// Every method, booster and way of sampling.
  static let kinds: [TreeConfiguration] = {
    var kinds: [TreeConfiguration] = []
    for method in TreeConfiguration.TreeMethod.allCases {
      for booster in TreeConfiguration.Booster.allCases {
        for sampling in 0..<6 {
          kinds.append(
            trees {
              $0.treeMethod = method
              $0.booster = booster
              $0.dropRate = 0.3
              if sampling == 1 || sampling == 5 { $0.subsample = 0.6 }
              if sampling == 2 || sampling == 5 { $0.columnsByTree = 0.6 }
              if sampling == 3 || sampling == 5 { $0.columnsByLevel = 0.6 }
              if sampling == 4 || sampling == 5, method != .exact { $0.columnsByNode = 0.6 }
            })
        }
      }
    }
    return kinds + [
      trees {
        $0.parallelTrees = 4
        $0.subsample = 0.7
        $0.columnsByNode = 0.5
      },
      trees {
        $0.growPolicy = .lossguide
        $0.maxLeaves = 6
        $0.subsample = 0.8
      },
      trees {
        $0.booster = .dart
        (($0.dropRate, $0.skipRate), $0.dropsOne) = ((0.2, 0.3), true)
        ($0.sampleType, $0.normalizeType) = (.weighted, .forest)
      },
      trees {
        $0.isForest = true
        ($0.subsample, $0.columnsByNode) = (0.632, 0.5)
      },
      trees {
        $0.isForest = true
        ($0.subsample, $0.treeMethod) = (0.632, .exact)
      },
    ]
  }()

  @Test(arguments: kinds) func goingOnGivesTheSameBytesAsNeverStopping(kind: TreeConfiguration) throws {
    for number in 0..<3 {
      let data = TreeTrainer.material(of: try growingData(number))
      let whole = try TreeTrainer(configuration: kind, data: data, seed: 5)
      var stopped = try TreeTrainer(configuration: kind, data: data, seed: 5)
      for stop in [1, 2, 5, 9] {
        try whole.train(to: stop)
        try stopped.train(to: stop)
        let checkpoint = try stopped.checkpoint()
        #expect(try Bytes(whole.checkpoint()) == Bytes(checkpoint), "data \(number), round \(stop)")
        #expect(try whole.evaluate(.validation) == stopped.evaluate(.validation), "data \(number), round \(stop)")
        #expect(try whole.trainingLoss == stopped.trainingLoss)
        // Another worker, which has the data anew.
        let elsewhere = TreeTrainer.material(of: try growingData(number))
        stopped = try TreeTrainer(configuration: kind, data: elsewhere, seed: 5, checkpoint: checkpoint)
      }
      #expect(try Bytes(whole.model.serialized()) == Bytes(stopped.model.serialized()), "data \(number)")
    }
  }

  @Test func whatWasTrainedBeforeOnAWorkerChangesNothing() throws {
    for number in 0..<3 {
      let used = TreeTrainer.material(of: try growingData(number))
      for kind in Self.kinds {
        let fresh = TreeTrainer.material(of: try growingData(number))
        let checkpoints = try [used, fresh].map { data in
          let trainer = try TreeTrainer(configuration: kind, data: data, seed: 8)
          try trainer.train(to: 4)
          return try trainer.checkpoint()
        }
        #expect(Bytes(checkpoints[0]) == Bytes(checkpoints[1]), "data \(number), \(kind)")
      }
    }
  }

  @Test func theSeedDecidesWhatIsSampled() throws {
    let data = TreeTrainer.material(of: try growingData(0))
    let models = try (0..<2).map { seed in
      let trainer = try TreeTrainer(configuration: trees { $0.subsample = 0.5 }, data: data, seed: UInt64(seed))
      try trainer.train(to: 3)
      return try trainer.model.serialized()
    }
    #expect(Bytes(models[0]) != Bytes(models[1]))
  }

  @Test func samplingIsOnInEveryRound() throws {
    let data = TreeTrainer.material(of: try growingData(2))
    let losses = try [1.0, 0.3].map { share in
      let trainer = try TreeTrainer(
        configuration: trees { ($0.subsample, $0.learningRate) = (share, 1) }, data: data, seed: 1)
      var losses: [Double] = []
      for round in 1...4 {
        try trainer.train(to: round)
        losses.append(try trainer.trainingLoss ?? .nan)
      }
      return losses
    }
    #expect(zip(losses[0], losses[1]).allSatisfy { $0 != $1 }, "\(losses)")
  }

  @Test func boostingLearns() throws {
    for number in 0..<3 {
      let trainer = try TreeTrainer(
        configuration: trees(), data: TreeTrainer.material(of: try growingData(number)), seed: 1)
      #expect(try trainer.trainingLoss == nil)
      try trainer.train(to: 1)
      let first = try #require(try trainer.trainingLoss)
      try trainer.train(to: 40)
      #expect(try #require(try trainer.trainingLoss) < first / 2, "data \(number)")
    }
  }

  @Test func aRegressionWithoutATreeHasTheLossOfItsMean() throws {
    let trainer = try TreeTrainer(
      configuration: trees(), data: TreeTrainer.material(of: try growingData(2)), seed: 1)
    #expect(abs(try trainer.evaluate(.train).loss - 1) < 1e-5)
  }

  @Test func aForestIsTheMeanOfItsTrees() throws {
    let data = try growingData(2)
    let kind = trees { ($0.isForest, $0.subsample) = (true, 0.5) }
    let material = TreeTrainer.material(of: data)
    let forest = try TreeTrainer(configuration: kind, data: material, seed: 3)
    var losses: [Double] = []
    for count in [1, 4, 64] {
      try forest.train(to: count, .trees)
      losses.append(try forest.evaluate(.validation).loss)
    }
    // A sum of 64 trees would be far off; a mean varies less than one tree.
    #expect(losses[2] < losses[0] && losses.allSatisfy { $0 < 1 }, "\(losses)")
  }

  @Test func aTreeMayBeTrainedOnPartOfTheRecords() throws {
    let data = TreeTrainer.material(of: try growingData(1))
    let kind = trees { ($0.rounds, $0.learningRate) = (1, 1) }
    let trainer = try TreeTrainer(configuration: kind, data: data, seed: 3)
    var models: [[UInt8]] = []
    for records in [20, 60, 1000] {
      try trainer.train(to: records, .records)
      #expect(trainer.rounds == 1)
      models.append(try trainer.checkpoint())
      let fresh = try TreeTrainer(configuration: kind, data: data, seed: 3)
      try fresh.train(to: records, .records)
      #expect(
        try Bytes(fresh.checkpoint()) == Bytes(trainer.checkpoint()),
        "what was trained on fewer records leaves no trace")
    }
    #expect(Set(models).count == 3)
    let again = try TreeTrainer(configuration: kind, data: data, seed: 3, checkpoint: models[0])
    #expect(again.isBeyond(10, .records) && !again.isBeyond(20, .records))
    try again.train(to: 60, .records)
    #expect(try Bytes(again.checkpoint()) == Bytes(models[1]))
  }

  @Test func trainingStopsBetweenRoundsWhenItIsNotWanted() throws {
    let trainer = try TreeTrainer(
      configuration: trees(), data: TreeTrainer.material(of: try growingData(0)), seed: 3)
    var asked = 0
    let isDone = try trainer.advance(to: 10, .rounds) {
      asked += 1
      return asked < 4
    }
    #expect(!isDone && trainer.rounds == 3)
  }

  @Test func aCheckpointOfSomethingElseIsRefused() throws {
    let data = TreeTrainer.material(of: try growingData(0))
    let trainer = try TreeTrainer(configuration: trees(), data: data, seed: 3)
    try trainer.train(to: 2)
    let bytes = try trainer.checkpoint()
    func mismatch(_ configuration: TreeConfiguration, _ data: TreeMaterial, _ seed: UInt64) -> CheckpointError? {
      do {
        _ = try TreeTrainer(configuration: configuration, data: data, seed: seed, checkpoint: bytes)
        return nil
      } catch {
        return error as? CheckpointError
      }
    }
    #expect(mismatch(trees(), data, 3) == nil)
    #expect(mismatch(trees { $0.gamma = 1 }, data, 3) == .mismatch("configuration"))
    #expect(mismatch(trees(), TreeTrainer.material(of: try growingData(1)), 3) == .mismatch("data set"))
    #expect(mismatch(trees(), data, 4) == .mismatch("seed"))
    for length in [0, 3, 20, bytes.count - 1] {
      #expect(throws: CheckpointError.self) {
        try TreeTrainer(configuration: trees(), data: data, seed: 3, checkpoint: Array(bytes.prefix(length)))
      }
    }
  }

  @Test func valuesOutOfRangeAreNamed() throws {
    let cases: [(TreeConfiguration, String)] = [
      (trees { $0.learningRate = 0 }, "learning_rate"), (trees { $0.maxDepth = 30 }, "max_depth"),
      (trees { $0.maxDepth = 0 }, "max_depth"), (trees { $0.subsample = 0 }, "subsample"),
      (trees { $0.columnsByNode = 1.1 }, "colsample_bynode"), (trees { $0.l1 = -1 }, "reg_alpha"),
      (trees { $0.maxBins = 1 }, "max_bin"), (trees { ($0.treeMethod, $0.maxLeaves) = (.exact, 4) }, "max_leaves"),
      (trees { ($0.treeMethod, $0.growPolicy) = (.exact, .lossguide) }, "grow_policy"),
      (trees { ($0.treeMethod, $0.columnsByNode) = (.exact, 0.5) }, "colsample_bynode"),
      (trees { $0.dropRate = .nan }, "rate_drop"), (trees { ($0.isForest, $0.booster) = (true, .dart) }, "booster"),
      (trees { $0.parallelTrees = 0 }, "num_parallel_tree"), (trees { $0.rounds = 0 }, "rounds"),
      (trees { $0.positiveWeight = 2 }, "scale_pos_weight"),
    ]
    let data = TreeTrainer.material(of: try growingData(1))
    for (configuration, key) in cases {
      #expect {
        try TreeTrainer(configuration: configuration, data: data, seed: 1)
      } throws: {
        ($0 as? ConfigurationError)?.key == key
      }
    }
  }
}

/// Some bytes of which a failed expectation shows no more than how many they are.
private struct Bytes: Equatable, CustomTestStringConvertible {
  private let bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }
  var testDescription: String { "\(bytes.count) bytes" }
}
