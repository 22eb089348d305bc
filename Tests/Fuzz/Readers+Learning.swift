import Files
internal import Foundation
import Networks
internal import StudyFile
import Tables
internal import Trainers
import Training

extension Reader {
  /// A table of data: as `kind: mlp` reads it, with the target and options that its first line asks for.
  static let table = Reader(
    name: "table",
    words: [
      "na", "nan", "null", "inf", "infinity", "\"\"", "\"na\"", "sep=;", "\u{FEFF}", "1,5", "001", "1e400", "?", "\r",
    ]
  ) { _ in
    { bytes in
      let table = try Table(csv: bytes, file: "data.csv")
      guard let target = table.columns.last else { return }
      for missing in DataSetOptions.Missing.allCases {
        do {
          let data = try DataSet(table: table, options: DataSetOptions(target: target, missing: missing))
          _ = try DataSet(memory: SharedBytes(data.serialized()))
        } catch {
          // The next may get further.
          if missing == DataSetOptions.Missing.allCases.last { throw error }
        }
      }
    }
  }

  /// A table of learning curves: as `kind: curves` reads it.
  static let curves = Reader(name: "curves", words: ["v1", "v2", "v3", "sec_per_epoch", "nan", "inf", "\"\""]) {
    folder in
    let path = "\(folder)/curves.csv"
    let study = try Study(yaml: curvesStudy, source: "study.yaml", directory: folder)
    return { bytes in
      try Data(bytes).write(to: URL(filePath: path))
      let plan = try TrainerCatalog.standard.plan(for: study)
      _ = try plan.makeTrainer(sharedData: SharedBytes(try plan.loadSharedData()))
    }
  }

  private static let curvesStudy = """
    name: fuzz
    search_space: {row: {type: int, min: 0, max: 2}}
    scheduler: {algorithm: asha, reduction_factor: 2, min_resource: 1, max_resource: 4}
    budget: {configurations: 3}
    trainer: {kind: curves, table: curves.csv}

    """

  /// A checkpoint of a network.
  static let checkpoint = Reader(
    name: "checkpoint",
    examples: { (try? [trainer(), trained()].map { $0.checkpoint() }) ?? [] }, sealed: sealing
  ) { _ in
    let (configuration, data) = (configuration, try data())
    return { bytes in
      let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 3, checkpoint: bytes)
      _ = trainer.evaluate(data.validation)
    }
  }

  /// A model, and a prediction with it.
  static let model = Reader(
    name: "model", examples: { (try? [trainer(), trained()].map { $0.model.serialized() }) ?? [] },
    words: [
      "hiddenLayers", "preprocessing", "columns", "target", "classes", "number", "category", "mean",
      "standardDeviation",
      "encoding", "name", "activation", "missing", "65536", "[]", "[\"a\"]", "{}", "null",
    ], sealed: sealing
  ) { _ in
    let table = try Table(csv: Array(rows.utf8))
    return { bytes in _ = try Model(serialized: bytes).predict(table) }
  }

  private static let rows =
    "a,b,c,y\n"
    + (0..<40).map { "\($0 % 7).5,\($0 % 3),\(["u", "v", "w"][$0 % 3]),\($0 % 2 == 0 ? "yes" : "no")\n" }.joined()

  private static var configuration: NetworkConfiguration {
    var configuration = NetworkConfiguration()
    configuration.hiddenLayers = [3]
    return configuration
  }

  private static func data() throws -> DataSet {
    try DataSet(table: Table(csv: Array(rows.utf8)), options: DataSetOptions(target: "y"))
  }

  private static func trainer() throws -> NetworkTrainer {
    try NetworkTrainer(configuration: configuration, data: data(), seed: 3)
  }

  private static func trained() throws -> NetworkTrainer {
    let trainer = try trainer()
    trainer.train(toEpochs: 2)
    return trainer
  }

  /// Replaces the last four bytes by the CRC-32 (ISO 3309) of those before.
  private static let sealing: @Sendable ([UInt8]) -> [UInt8] = { bytes in
    guard bytes.count > 4 else { return bytes }
    var sum = UInt32.max
    for byte in bytes.dropLast(4) {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return bytes.dropLast(4) + withUnsafeBytes(of: (~sum).littleEndian) { [UInt8]($0) }
  }
}
