/// What a worker is: it trains one trial at a time, on so many ranks, threads and GPUs.
public struct WorkerSpecification: Hashable, Sendable {
  /// How many ranks of the run are one worker: ranks of one node or, where no node has so many, whole nodes.
  public var ranks: Int
  /// On how many threads each rank trains; nil where the study does not say, which means one.
  public var threads: Int?
  /// How many GPUs the programs of a worker see on each of its nodes; nil where the study does not say: one for each rank, where
  /// the node has any.
  public var gpus: Int?

  public init(ranks: Int = 1, threads: Int? = nil, gpus: Int? = nil) {
    (self.ranks, self.threads, self.gpus) = (ranks, threads, gpus)
  }

  init(section: StudySection?) throws(StudyError) {
    self.init()
    guard let section else { return }
    try section.allow(["ranks", "threads", "gpus"])
    ranks = try section.integer("ranks", in: 1...65536) ?? 1
    gpus = try section.integer("gpus", in: 1...1024)
    threads = try section.integer("threads", in: 1...1024)
  }
}
