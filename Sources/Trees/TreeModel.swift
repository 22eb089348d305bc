internal import FoundationEssentials
public import Tables
internal import Text

/// Trained trees, ready to predict.
public struct TreeModel: TableModel {
  public static let fileKind = "ASHT"

  public let preprocessing: Preprocessing
  /// XGBoost's own format, UBJSON.
  private let trees: [UInt8]

  /// - Parameters:
  ///   - trees: XGBoost's JSON.
  ///   - scale: what each leaf is multiplied by; nil: nothing.
  init(trees: [UInt8], scale: Double?, preprocessing: Preprocessing) throws {
    self.preprocessing = preprocessing
    let booster = try TreeBooster(caching: [])
    try booster.load(scale.map { try scaled(trees, by: $0) } ?? trees)
    try booster.setFeatureNames(preprocessing.featureNames.map(\.asFeatureName))
    self.trees = try booster.serialized(as: .ubj)
  }

  /// Predicts row by row.
  ///
  /// - Complexity: O(rows × trees).
  public func predict(_ table: Table) throws -> Predictions {
    let features = try preprocessing.apply(to: table)
    let booster = try booster()
    let margins = try features.withLanes { lanes in
      Result {
        try booster.margins(
          of: TreeMatrix(
            lanes, rows: features.count, columns: features.columns, stride: features.rowLanes * 8, labels: []))
      }
    }.get()
    switch preprocessing.target {
    case .number: return .values(margins.map(Double.init))
    case .classes(let names):
      return .classes(probabilities: TreeTask(preprocessing.target).probabilities(margins: margins), names: names)
    }
  }

  private func booster() throws -> TreeBooster {
    let booster = try TreeBooster(caching: [])
    try booster.load(trees)
    return booster
  }

  /// `xgboost.json`: XGBoost's own model file.
  public func exports() throws -> [(name: String, bytes: [UInt8])] {
    [("xgboost.json", try booster().serialized(as: .json))]
  }

  // MARK: On disk

  /// Kind and version, preprocessing as JSON, trees, checksum.
  public func serialized() -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var writer = SealedWriter(kind: Self.fileKind, version: modelVersion)
    // Encoding fails for numbers that aren't finite; preprocessing has none.
    writer.write((try? encoder.encode(preprocessing)).map { [UInt8]($0) } ?? [])
    writer.write(trees)
    return writer.sealed()
  }

  public init(serialized bytes: [UInt8]) throws {
    var reader = try SealedReader(bytes, kind: Self.fileKind, version: modelVersion)
    let header = try reader.readBytes()
    trees = try reader.readBytes()
    try reader.end()
    guard let preprocessing = try? JSONDecoder().decode(Preprocessing.self, from: Data(header)), preprocessing.isSound
    else { throw CheckpointError.damaged("its header makes no sense") }
    self.preprocessing = preprocessing
  }
}

/// Multiplies every leaf of a model in XGBoost's JSON.
private func scaled(_ json: [UInt8], by factor: Double) throws -> [UInt8] {
  var model = try JSONValue(parsing: json)
  try model.change(["learner", "gradient_booster", "model", "trees"]) { trees in
    guard let elements = trees.elements else { throw TreeError(problem: "XGBoost's model has no list of trees") }
    trees = .array(
      try elements.map { tree in
        var tree = tree
        let children = tree["left_children"]?.elements ?? []
        try tree.change(["split_conditions"]) { values in
          guard let numbers = values.elements, numbers.count == children.count else {
            throw TreeError(problem: "XGBoost's model has a tree without leaves")
          }
          // Where there is no child, the value is the leaf's; XGBoost's numbers have single precision.
          values = .array(
            zip(numbers, children).map { value, child in
              guard child.integer == -1, let leaf = value.number else { return value }
              return .number(Double("\(Float(leaf * factor))") ?? 0)
            })
        }
        return tree
      })
  }
  var text = JSONText()
  text.append(model)
  return text.bytes
}

extension JSONValue {
  /// Changes the value that lies at the end of a path of keys.
  fileprivate mutating func change(_ path: ArraySlice<String>, _ body: (inout JSONValue) throws -> Void) throws {
    guard let key = path.first else { return try body(&self) }
    guard var members, let place = members.firstIndex(where: { $0.key == key }) else {
      throw TreeError(problem: "XGBoost's model has no \(key)")
    }
    try members[place].value.change(path.dropFirst(), body)
    self = .object(members)
  }
}

extension String {
  /// As XGBoost's Python package allows names of features.
  fileprivate var asFeatureName: String { replacing(/[\[\]<]/, with: "_") }
}

private let modelVersion: UInt32 = 1
