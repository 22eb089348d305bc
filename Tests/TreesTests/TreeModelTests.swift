import Foundation
import Tables
import Testing
import Text
import TrainerSupport
import Trees

@Suite struct TreeModelTests {
  static let kinds = [
    trees(), trees { ($0.booster, $0.dropRate) = (.dart, 0.4) }, trees { ($0.isForest, $0.subsample) = (true, 0.6) },
  ]

  /// What the model says of a table agrees with what the trainer found on the same rows.
  @Test(arguments: kinds) func aModelPredictsWhatTheTrainerEvaluated(kind: TreeConfiguration) throws {
    for number in 0..<3 {
      let text = try tableText(number)
      let options = DataSetOptions(target: "y", missing: .keep, testFraction: 0, standardizes: false)
      let data = try DataSet(table: table(text), options: options)
      let trainer = try TreeTrainer(configuration: kind, data: TreeTrainer.material(of: data), seed: 2)
      try trainer.train(to: 12)
      let model = try TreeModel(serialized: try trainer.model.serialized())
      let (train, validation) = try (trainer.evaluate(.train), trainer.evaluate(.validation))
      let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").last.map(String.init) ?? "" }
      switch try model.predict(table(text)) {
      case .classes(let classes, let probabilities, let names):
        let loss = rows.indices.reduce(0.0) { sum, row in
          sum - logarithm(probabilities[row][names.firstIndex(of: rows[row]) ?? 0])
        }
        let expected = train.loss * Double(train.count) + validation.loss * Double(validation.count)
        #expect(abs(loss - expected) < 1e-3 * expected, "data \(number)")
        let wrong = rows.indices.count { names[classes[$0]] != rows[$0] }
        #expect(
          wrong == Int((train.error * Double(train.count) + validation.error * Double(validation.count)).rounded()))
      case .values(let values):
        let squares = zip(values, rows).reduce(0.0) { $0 + ($1.0 - (Double($1.1) ?? 0)) * ($1.0 - (Double($1.1) ?? 0)) }
        let expected =
          train.error * train.error * Double(train.count)
          + validation.error * validation.error * Double(validation.count)
        #expect(abs(squares - expected) < 1e-3 * expected, "data \(number)")
      }
    }
  }

  @Test func theFileForOthersNamesTheColumns() throws {
    let data = try DataSet(
      table: table(
        "a,odd [mm],colour,y\n" + (0..<40).map { "\($0),\($0 % 3),\(["red", "blue"][$0 % 2]),\($0 * 2)\n" }.joined()),
      options: DataSetOptions(target: "y", task: .regression, standardizes: false))
    let trainer = try TreeTrainer(configuration: trees(), data: TreeTrainer.material(of: data), seed: 1)
    try trainer.train(to: 2)
    let files = try trainer.model.exports()
    #expect(files.map(\.name) == ["xgboost.json"])
    let model = try JSONValue(parsing: files[0].bytes)
    let names = model["learner"]?["feature_names"]?.elements?.compactMap(\.text)
    #expect(names == ["a", "odd _mm_", "colour=blue", "colour=red"])
  }

  @Test func damageIsTold() throws {
    let trainer = try TreeTrainer(
      configuration: trees(), data: TreeTrainer.material(of: try growingData(0)), seed: 1)
    try trainer.train(to: 1)
    var bytes = try trainer.model.serialized()
    bytes[bytes.count / 2] ^= 1
    #expect(throws: CheckpointError.self) { try TreeModel(serialized: bytes) }
    #expect(throws: CheckpointError.self) { try TreeModel(serialized: Array(bytes.prefix(9))) }
  }

  @Test func aMissingColumnIsNamed() throws {
    let trainer = try TreeTrainer(
      configuration: trees(), data: TreeTrainer.material(of: try growingData(0)), seed: 1)
    try trainer.train(to: 1)
    let model = try trainer.model
    #expect(message { _ = try model.predict(try table("a,b\n1,2\n")) }.contains("column \"c\": the column is missing"))
  }
}

private func tableText(_ number: Int) throws -> String {
  let data = try randomData(rows: 200, features: 3, classes: [2, 3, nil][number], seed: number + 5)
  var text = "a,b,c,y\n"
  for row in 0..<200 {
    let cells = data.train.features[row: row].enumerated().map { (row + $0.offset) % 9 == 0 ? "" : "\($0.element)" }
    let target = number == 2 ? "\(data.train.targets[row])" : "k\(data.train.labels[row])"
    text += cells.joined(separator: ",") + ",\(target)\n"
  }
  return text
}

private func logarithm(_ share: Float) -> Double { Foundation.log(Double(share)) }
