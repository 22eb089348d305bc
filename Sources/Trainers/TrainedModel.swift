internal import Files
public import Learning
public import Tuning

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
      text = (["prediction"] + names.map { "p_\($0)" }).map(Self.quoted).joined(separator: ",") + "\n"
      for (row, place) in classes.enumerated() {
        text += ([Self.quoted(names[place])] + probabilities[row].map { "\($0)" }).joined(separator: ",") + "\n"
      }
    }
    return text
  }

  /// A cell of a CSV file (RFC 4180).
  private static func quoted(_ text: String) -> String {
    // Not by characters: CR LF is one of its own, and so is a quotation mark with an accent on it.
    guard text.unicodeScalars.contains(where: { ",\"\n\r".unicodeScalars.contains($0) }) else { return text }
    let doubled = text.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined()
    return "\"\(doubled)\""
  }
}

extension DataError: UserError {}
extension CheckpointError: UserError {}
