import Tables
import TrainerSupport
import Trees

/// A configuration, changed in some of its values.
func trees(_ change: (inout TreeConfiguration) -> Void = { _ in }) -> TreeConfiguration {
  var configuration = TreeConfiguration()
  configuration.maxDepth = 3
  change(&configuration)
  return configuration
}

extension TreeTrainer {
  func train(to resource: Int, _ unit: ResourceUnit = .rounds) throws {
    _ = try advance(to: resource, unit) { true }
  }
}

/// Two classes, three classes and a regression, some cells of each missing.
func growingData(_ number: Int) throws -> DataSet {
  let data = try randomTable(rows: 240, classes: [2, 3, nil][number], seed: number)
  return try DataSet(
    table: data, options: DataSetOptions(target: "y", missing: .keep, standardizes: false))
}

private func randomTable(rows: Int, classes: Int?, seed: Int) throws -> Table {
  let data = try randomData(rows: rows, features: 6, classes: classes, seed: seed)
  let features = data.train.features
  let targets = classes == nil ? data.train.targets : data.train.labels.map { Float($0) }
  var text = "a,b,c,d,e,f,colour,y\n"
  for row in 0..<rows {
    let cells = features[row: row].enumerated().map { (row * 7 + $0.offset) % 11 == 0 ? "" : "\($0.element)" }
    let target = classes == nil ? "\(targets[row])" : "k\(Int(targets[row]))"
    text += cells.joined(separator: ",") + ",\(["red", "blue", "", "white"][row % 4]),\(target)\n"
  }
  return try table(text)
}
