/// A model in training, from a configuration, data and a seed: the seam behind which a model family stands.
///
/// What it has become depends on these three and on how far it was trained, and never on where training was cut: to train
/// to resource a, make a checkpoint, and go on to b gives bit for bit what training to b gives.
///
/// One learner is for one thread at a time.
public protocol Learner: AnyObject {
  /// What a model looks like and how it is trained: everything but the data and the seed.
  associatedtype Configuration: Sendable
  /// The data as the family's library wants it; made once a worker, and used by one learner at a time.
  associatedtype Material
  associatedtype Model: TableModel

  /// Loads the library that the family computes with, once a process.
  ///
  /// - Parameter count: on how many threads a learner may compute.
  /// - Throws: ``LibraryError`` where it is not there, or can't serve so many threads.
  static func loadLibrary(forThreads count: Int) throws(LibraryError)

  static func material(of data: DataSet) -> Material

  /// Begins with nothing learned.
  ///
  /// - Throws: ``ConfigurationError`` where the configuration makes no sense.
  init(configuration: Configuration, data: Material, seed: UInt64) throws

  /// Goes on from a checkpoint.
  ///
  /// - Throws: ``CheckpointError`` where the checkpoint is damaged, of another version, or of another configuration, data
  ///   set or seed; ``ConfigurationError`` where the configuration makes no sense.
  init(configuration: Configuration, data: Material, seed: UInt64, checkpoint: [UInt8]) throws

  /// Computes on so many threads from now on, or on fewer where these are of no use: what it has become does not depend on
  /// their number. They end with the learner.
  func useThreads(_ count: Int) throws

  /// Whether it was trained further than to this resource.
  func isBeyond(_ resource: Int, _ unit: ResourceUnit) -> Bool

  /// Trains to a resource; returns early after divergence, or when `isWanted` says no between two units of work.
  ///
  /// - Returns: false where training was not wanted any more.
  func advance(to resource: Int, _ unit: ResourceUnit, while isWanted: () -> Bool) throws -> Bool

  /// The training loss has left the finite numbers. Training has stopped there for good.
  var hasDiverged: Bool { get }

  /// The mean loss of the training records, as the family sees it while it trains; nil where nothing was trained.
  var trainingLoss: Double? { get throws }

  /// Evaluates the model as it is.
  func evaluate(_ part: DataSet.PartName) throws -> Evaluation

  /// Everything that going on needs, in one block with version and checksum.
  func checkpoint() throws -> [UInt8]

  /// The model as it is, for predicting.
  var model: Model { get throws }
}

extension Learner {
  /// Loads the library for learners that compute on one thread.
  public static func loadLibrary() throws(LibraryError) { try loadLibrary(forThreads: 1) }
}

/// What a unit of resource is.
public enum ResourceUnit: String, Hashable, Sendable {
  /// Passes over the training part.
  case epochs
  /// Training records.
  case records
  /// Boosting rounds.
  case rounds
  /// Trees of a forest.
  case trees
}

/// A trained model and how a table's rows become what it sees.
public protocol TableModel: Sendable {
  /// The first four bytes of the file that holds it.
  static var fileKind: String { get }

  /// - Throws: an error that describes itself where the bytes are damaged or of another version.
  init(serialized bytes: [UInt8]) throws

  func serialized() throws -> [UInt8]

  /// The same model in files that other programs read, by their names.
  func exports() throws -> [(name: String, bytes: [UInt8])]

  /// Prepares a table and predicts its rows.
  ///
  /// - Throws: ``DataError`` where the table lacks a column, or a cell is no number.
  func predict(_ table: Table) throws -> Predictions
}

extension TableModel {
  public func exports() -> [(name: String, bytes: [UInt8])] { [] }
}

/// What a model says about some rows.
public enum Predictions: Hashable, Sendable {
  /// Each row's most likely class, as a place among `names`, and its probabilities of all classes, row by row.
  case classes([Int], probabilities: [[Float]], names: [String])
  /// Each row's value, in the target's own unit.
  case values([Double])
}

extension Predictions {
  /// Classes from each row's probabilities; of equal ones the first.
  package static func classes(probabilities: [[Float]], names: [String]) -> Predictions {
    let classes = probabilities.map { row in row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } }
    return .classes(classes, probabilities: probabilities, names: names)
  }
}

extension DataSet {
  /// Which part of a data set.
  public enum PartName: Hashable, Sendable, CaseIterable { case train, validation, test }

  public subscript(part: PartName) -> Part {
    switch part {
    case .train: train
    case .validation: validation
    case .test: test
    }
  }
}
