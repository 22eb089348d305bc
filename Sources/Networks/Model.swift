internal import Elementary
internal import FoundationEssentials
public import Tables

/// A trained network, ready to predict: its weights and how to prepare data for it.
public struct Model: TableModel {
  public static let fileKind = "ASHM"

  public let configuration: NetworkConfiguration
  public let preprocessing: Preprocessing
  let parameters: [Lanes]

  /// Predicts row by row.
  ///
  /// - Parameter features: as ``Preprocessing/apply(to:)`` gives them.
  /// - Complexity: O(rows × parameters).
  public func predict(_ features: FeatureMatrix) -> Predictions {
    precondition(features.columns == preprocessing.featureCount, "the model has another number of features")
    let network = Network(
      shape: shape, activation: configuration.activation, parameters: parameters, capacity: inferenceRows)
    var rows: [[Float]] = []
    rows.reserveCapacity(features.count)
    withDenormalsFlushed {
      for first in stride(from: 0, to: features.count, by: inferenceRows) {
        let count = min(inferenceRows, features.count - first)
        network.infer(features, rows: first..<(first + count))
        for row in 0..<count { rows.append(network.output(row: row)) }
      }
    }
    switch preprocessing.target {
    case .classes(let names):
      return .classes(probabilities: rows.map(softmax), names: names)
    case .number(let mean, let deviation):
      return .values(rows.map { mean + deviation * Double($0[0]) })
    }
  }

  /// Prepares a table and predicts its rows.
  ///
  /// - Throws: ``DataError`` where the table lacks a column, or a cell is no number.
  public func predict(_ table: Table) throws(DataError) -> Predictions {
    predict(try preprocessing.apply(to: table))
  }

  var shape: NetworkShape {
    NetworkShape(
      inputs: preprocessing.featureCount, hidden: configuration.hiddenLayers, outputs: preprocessing.outputCount)
  }

  private func softmax(_ logits: [Float]) -> [Float] {
    var padded = [Lanes](repeating: Lanes(repeating: -.infinity), count: Lanes.count(holding: logits.count))
    let peak = logits.max() ?? 0
    for (index, logit) in logits.enumerated() { padded[index / 8][index % 8] = logit - peak }
    let powers = padded.map { exponential($0) }
    let sum = powers.reduce(Lanes.zero, +).total
    return logits.indices.map { powers[$0 / 8][$0 % 8] / sum }
  }
}

extension Network {
  fileprivate func output(row: Int) -> [Float] {
    let layer = shape.layers[last]
    return outputs(of: last, row..<(row + 1)).read { lanes in (0..<layer.outputs).map { lanes[$0 / 8][$0 % 8] } }
  }
}

extension NetworkTrainer {
  /// The network as it is now, for predicting.
  public var model: Model {
    Model(configuration: configuration, preprocessing: data.preprocessing, parameters: parameters)
  }
}

// MARK: - On disk

extension Model {
  private struct Header: Codable {
    var configuration: NetworkConfiguration
    var preprocessing: Preprocessing
  }

  /// The model as one block of bytes: kind and version, configuration and preprocessing as JSON, weights, checksum.
  public func serialized() -> [UInt8] {
    let header = Header(configuration: configuration, preprocessing: preprocessing)
    var writer = SealedWriter(kind: Self.fileKind, version: modelVersion)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    // Encoding fails for numbers that aren't finite; neither part has any.
    writer.write((try? encoder.encode(header)).map { [UInt8]($0) } ?? [])
    writer.write(parameters)
    return writer.sealed()
  }

  /// - Throws: ``CheckpointError`` where the bytes are damaged or of another version.
  public init(serialized bytes: [UInt8]) throws(CheckpointError) {
    var reader = try SealedReader(bytes, kind: Self.fileKind, version: modelVersion)
    let json = try reader.readBytes()
    guard let header = try? JSONDecoder().decode(Header.self, from: Data(json)),
      (try? header.configuration.validate()) != nil, header.preprocessing.isSound
    else { throw .damaged("its header makes no sense") }
    let shape = NetworkShape(
      inputs: header.preprocessing.featureCount, hidden: header.configuration.hiddenLayers,
      outputs: header.preprocessing.outputCount)
    // Before there is memory for what a header promises: the file has to hold it.
    try reader.expect(shape.parameterLanes, of: Lanes.self)
    var parameters = [Lanes](repeating: .zero, count: shape.parameterLanes)
    try reader.read(into: &parameters)
    try reader.end()
    self.init(configuration: header.configuration, preprocessing: header.preprocessing, parameters: parameters)
  }
}

private let modelVersion: UInt32 = 1
