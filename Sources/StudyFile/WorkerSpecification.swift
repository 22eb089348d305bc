/// What a worker is: it trains one trial at a time, on so many threads and GPUs.
public struct WorkerSpecification: Hashable, Sendable {
  /// On how many threads it trains; nil where the study does not say, which means one.
  public var threads: Int?
  /// How many GPUs a program of it sees; nil where the study does not say: one, where the node has any.
  public var gpus: Int?

  public init(threads: Int? = nil, gpus: Int? = nil) { (self.threads, self.gpus) = (threads, gpus) }

  init(section: StudySection?) throws(StudyError) {
    guard let section else { return }
    try section.allow(["threads", "gpus"])
    gpus = try section.integer("gpus", in: 1...1024)
    threads = try section.integer("threads", in: 1...1024)
  }
}
