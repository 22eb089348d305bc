internal import Files
internal import Networks
internal import Tables
internal import Text
internal import Trees

/// A study's best model, as `best/` holds it.
public struct TrainedModel: Sendable {
  static let fileName = "model.bin"

  private let predict: @Sendable (Table) throws -> Predictions

  /// - Parameter folder: a study's `best/`.
  /// - Throws: an error that describes itself, where there is no model or it is damaged.
  public init(folder: String) throws {
    let bytes = try readFile("\(folder)/\(Self.fileName)")
    predict =
      bytes.starts(with: TreeModel.fileKind.utf8)
      ? try Self.reading(bytes, of: TreeTrainer.self) : try Self.reading(bytes, of: NetworkTrainer.self)
  }

  private static func reading<Family: Learner & SendableMetatype>(
    _ bytes: [UInt8], of family: Family.Type
  ) throws -> @Sendable (Table) throws -> Predictions {
    let model = try Family.Model(serialized: bytes)
    return { table in
      try Family.loadLibrary()
      return try model.predict(table)
    }
  }

  /// Whether a study's `best/` holds a model.
  public static func exists(in folder: String) -> Bool { Disk.exists("\(folder)/\(fileName)") }

  /// Predicts the rows of a CSV file.
  ///
  /// - Returns: the predictions as CSV: `prediction`, and for a classification the probability of each class.
  /// - Throws: an error that describes itself with file, row and column.
  public func predictions(forTableAt path: String) throws -> String {
    var text = ""
    switch try predict(Table.read(path: path)) {
    case .values(let values):
      text = "prediction\n"
      for value in values { text += "\(Float(value))\n" }
    case .classes(let classes, let probabilities, let names):
      text = (["prediction"] + names.map { "p_\($0)" }).map(\.csvCell).joined(separator: ",") + "\n"
      for (row, place) in classes.enumerated() {
        text += ([names[place].csvCell] + probabilities[row].map { "\($0)" }).joined(separator: ",") + "\n"
      }
    }
    return text
  }
}
