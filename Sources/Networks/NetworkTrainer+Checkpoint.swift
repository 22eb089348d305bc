internal import Files
public import Tables

extension NetworkTrainer {
  /// Everything that going on needs, in a format of its own with version and checksum, for
  /// ``init(configuration:data:seed:checkpoint:)``.
  ///
  /// - Complexity: O(parameters). Its size is about 4 bytes × parameters, times 2 with momentum, times 3 with Adam.
  public func checkpoint() -> [UInt8] {
    var writer = SealedWriter(kind: checkpointKind, version: checkpointVersion)
    writer.write(fingerprint(of: configuration))
    writer.write(data.fingerprint)
    writer.write(seed)
    writer.write(UInt64(step))
    writer.write(lossSinceEpoch)
    writer.write(UInt8(hasDiverged ? 1 : 0))
    writer.write(parameters)
    writer.write(memory.optimizer.first.array)
    writer.write(memory.optimizer.second.array)
    return writer.sealed()
  }

  /// Goes on from a checkpoint, bit for bit as if there had been no stop.
  ///
  /// - Throws: ``CheckpointError`` where the checkpoint is damaged, of another version, or of another configuration, data
  ///   set or seed; ``ConfigurationError`` where the configuration makes no sense.
  public convenience init(
    configuration: NetworkConfiguration, data: DataSet, seed: UInt64, checkpoint: [UInt8]
  ) throws {
    try self.init(configuration: configuration, data: data, seed: seed)
    var reader = try SealedReader(checkpoint, kind: checkpointKind, version: checkpointVersion)
    guard try reader.read() == fingerprint(of: configuration) else { throw CheckpointError.mismatch("configuration") }
    guard try reader.read() == data.fingerprint else { throw CheckpointError.mismatch("data set") }
    guard try reader.read() == seed else { throw CheckpointError.mismatch("seed") }
    guard let step = Int(exactly: try reader.read(UInt64.self)) else {
      throw CheckpointError.damaged("its step is out of range")
    }
    lossSinceEpoch = try reader.read()
    let hasDiverged = try reader.read(UInt8.self) != 0
    for view in [memory.network.parameters, memory.optimizer.first, memory.optimizer.second] {
      var values = view.array
      try reader.read(into: &values)
      view.copy(values)
    }
    try reader.end()
    restore(step: step, hasDiverged: hasDiverged)
  }
}

private let checkpointKind = "ASHC"
private let checkpointVersion: UInt32 = 1
