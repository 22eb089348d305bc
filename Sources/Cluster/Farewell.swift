internal import MPI

/// The handshake before the end of MPI, whose own calls would wait for ever for a rank that hangs: rank 0 asks, every rank answers.
///
/// For an MPI that ends all ranks when one dies: under one that survives failures it would wait for the dead.
struct Farewell {
  private let world: Communicator
  private var waiting: AdaptiveWait
  private let nothing: [UInt8] = []

  init(world: Communicator, wait: AdaptiveWait) {
    self.world = world
    waiting = wait
  }

  /// On rank 0: asks all ranks and waits for their answers.
  ///
  /// - Parameter patience: how long a rank that has not answered may say nothing, in seconds. What else it says is dropped.
  /// - Returns: the ranks that are silent.
  mutating func silentRanks(after patience: Double) throws -> [Rank] {
    let sends = SendQueue(on: world)
    let began = MPIEnvironment.wallTime()
    // When each rank that has not answered said something.
    var missing = Dictionary(uniqueKeysWithValues: world.ranks.dropFirst().map { ($0, began) })
    for rank in missing.keys.sorted() {
      try unsafe sends.post(nothing.span.bytes, to: rank, tag: .farewell)
    }
    while !missing.isEmpty {
      var heard: (rank: Rank, tag: Tag)?
      try sends.progress()
      if let message = try world.probe() { heard = (message.source, message.tag) }
      let now = MPIEnvironment.wallTime()
      if let heard {
        if missing[heard.rank] != nil { missing[heard.rank] = heard.tag == .farewell ? nil : now }
        waiting.reset()
      } else if missing.values.allSatisfy({ now - $0 > patience }) {
        break
      } else {
        waiting.pause()
      }
    }
    return missing.keys.sorted()
  }

  /// On the other ranks: waits until rank 0 asks, then answers.
  mutating func answer() throws {
    while try !takeQuestion() { waiting.pause() }
    try unsafe world.send(nothing.span.bytes, to: 0, tag: .farewell)
  }

  /// Whether rank 0 has asked.
  private func takeQuestion() throws(MPIError) -> Bool {
    if let question = try world.probe(from: 0, tag: .farewell) { return question.count == 0 }
    return false
  }
}

extension Tag {
  /// Rank 0 asks whether a rank is there, and is answered. Both are empty.
  fileprivate static let farewell: Tag = 3
}
