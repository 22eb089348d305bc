/// What a worker is: it trains one trial at a time, on so many threads.
public struct WorkerSpecification: Hashable, Sendable {
  /// On how many threads it trains; nil where the study does not say, which means one.
  public var threads: Int?

  public init(threads: Int? = nil) { self.threads = threads }

  init(section: StudySection?) throws(StudyError) {
    guard let section else { return }
    try section.allow(["threads"])
    threads = try section.integer("threads", in: 1...1024)
  }
}
