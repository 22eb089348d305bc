internal import Files
internal import Networks
internal import Tables
internal import Text

/// A study's best model, as `best/` holds it.
public struct TrainedModel: Sendable {
  static let fileName = "model.bin"

  private let model: Model

  /// - Parameter folder: a study's `best/`.
  /// - Throws: an error that describes itself, where there is no model or it is damaged.
  public init(folder: String) throws { model = try Model(path: "\(folder)/\(Self.fileName)") }

  /// Whether a study's `best/` holds a model.
  public static func exists(in folder: String) -> Bool { Disk.exists("\(folder)/\(fileName)") }

  /// Predicts the rows of a CSV file.
  ///
  /// - Returns: the predictions as CSV: `prediction`, and for a classification the probability of each class.
  /// - Throws: an error that describes itself with file, row and column.
  public func predictions(forTableAt path: String) throws -> String {
    var text = ""
    try NetworkTrainer.loadLibrary()
    switch try model.predict(Table.read(path: path)) {
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
