import Files
import Foundation
import Networks
import Randomness
import Tables
import Testing
import TrainerSupport

@Suite struct CheckpointTests {
  private func trainer(_ change: (inout NetworkConfiguration) -> Void = { _ in }) throws -> NetworkTrainer {
    var configuration = NetworkConfiguration()
    configuration.hiddenLayers = [3]
    change(&configuration)
    let data = try randomData(rows: 20, features: 3, classes: 2)
    let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 8)
    trainer.train(toEpochs: 2)
    return trainer
  }

  private func error(_ body: () throws -> Void) -> CheckpointError? {
    do {
      try body()
      return nil
    } catch {
      return error as? CheckpointError
    }
  }

  @Test func aChangedOrShortenedCheckpointIsRefused() throws {
    let trainer = try trainer()
    let bytes = trainer.checkpoint()
    func restore(_ bytes: [UInt8]) throws {
      _ = try NetworkTrainer(configuration: trainer.configuration, data: trainer.data, seed: 8, checkpoint: bytes)
    }
    try restore(bytes)
    for place in bytes.indices {
      var changed = bytes
      changed[place] ^= UInt8(1 << (place % 8))
      #expect(throws: CheckpointError.self) { try restore(changed) }
      #expect(throws: CheckpointError.self) { try restore(Array(bytes[..<place])) }
    }
    #expect(throws: CheckpointError.self) { try restore(bytes + [0]) }
  }

  @Test func anotherConfigurationDataSetOrSeedIsToldApart() throws {
    let trainer = try trainer()
    let bytes = trainer.checkpoint()
    var configuration = trainer.configuration
    configuration.learningRate = 0.5
    #expect(
      error { _ = try NetworkTrainer(configuration: configuration, data: trainer.data, seed: 8, checkpoint: bytes) }
        == .mismatch("configuration"))
    #expect(
      error {
        _ = try NetworkTrainer(configuration: trainer.configuration, data: trainer.data, seed: 9, checkpoint: bytes)
      }
        == .mismatch("seed"))
    let data = try randomData(rows: 20, features: 3, classes: 2, seed: 77)
    #expect(
      error { _ = try NetworkTrainer(configuration: trainer.configuration, data: data, seed: 8, checkpoint: bytes) }
        == .mismatch("data set"))
  }

  @Test(arguments: [2, nil])
  func aModelPredictsTheSameFromDisk(classes: Int?) throws {
    let data = try randomData(rows: 300, features: 3, classes: classes, held: 0.2)
    let trainer = try NetworkTrainer(configuration: NetworkConfiguration(), data: data, seed: 8)
    trainer.train(toEpochs: 3)
    let model = trainer.model
    try withFile([], suffix: ".model") { path in
      try Disk.writeAtomically(model.serialized(), to: path)
      #expect(try Model(serialized: readFile(path)).predict(data.test.features) == model.predict(data.test.features))
    }
    let evaluation = trainer.evaluate(data.test)
    switch model.predict(data.test.features) {
    case .classes(let found, let probabilities, let names):
      #expect(names == ["c0", "c1"])
      let wrong = zip(found, data.test.labels).count { $0 != Int($1) }
      #expect(Double(wrong) / Double(data.test.count) == evaluation.error)
      #expect(probabilities.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-6 })
    case .values(let values):
      guard case .number(let mean, let deviation) = data.preprocessing.target else { return }
      let squares = zip(values, data.test.targets).map { pow($0 - mean - deviation * Double($1), 2) }
      #expect(abs((squares.reduce(0, +) / Double(squares.count)).squareRoot() - evaluation.error) < 1e-5)
    }
  }

  @Test func aChangedOrShortenedModelIsRefused() throws {
    let bytes = try trainer().model.serialized()
    for place in bytes.indices {
      var changed = bytes
      changed[place] ^= UInt8(1 << (place % 8))
      #expect(throws: CheckpointError.self) { try Model(serialized: changed) }
      #expect(throws: CheckpointError.self) { try Model(serialized: Array(bytes[..<place])) }
    }
  }

  /// A sound checksum says nothing of what a file promises: a category twice, classes of one name, layers that it has no
  /// weights of.
  @Test(arguments: [("\"v\"", "\"u\""), ("\"yes\"", "\"nay\""), ("[3]", "[9]")])
  func aModelThatPromisesWhatItHasNotIsRefused(word: String, other: String) throws {
    let rows = (0..<40).map { "\($0 % 7),\(["u", "v", "w"][$0 % 3]),\($0 % 2 == 0 ? "yes" : "nay")\n" }.joined()
    let data = try DataSet(table: table("a,b,y\n" + rows), options: DataSetOptions(target: "y"))
    var configuration = NetworkConfiguration()
    configuration.hiddenLayers = [3]
    var bytes = try NetworkTrainer(configuration: configuration, data: data, seed: 3).model.serialized()
    #expect(throws: Never.self) { try Model(serialized: bytes) }
    let place = try #require(bytes.firstRange(of: Array(word.utf8)))
    bytes.replaceSubrange(place, with: Array(other.utf8))
    #expect(throws: CheckpointError.self) { try Model(serialized: Self.sealed(bytes)) }
  }

  /// The file with the CRC-32 (ISO 3309) of what it holds now.
  private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var sum = UInt32.max
    for byte in bytes.dropLast(4) {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return bytes.dropLast(4) + withUnsafeBytes(of: (~sum).littleEndian) { [UInt8]($0) }
  }

  @Test func aTableWithoutTheTargetCanBePredicted() throws {
    let data = try DataSet.load(path: dataset("iris.csv"), options: DataSetOptions(target: "target"))
    let trainer = try NetworkTrainer(configuration: NetworkConfiguration(), data: data, seed: 1)
    trainer.train(toEpochs: 60)
    let header = data.preprocessing.columns.map(\.name).joined(separator: ",")
    let flower = try table(header + "\n5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n")
    guard case .classes(let found, _, let names) = try trainer.model.predict(flower) else { return }
    #expect(found.map { names[$0] } == ["0", "2"])
  }
}
