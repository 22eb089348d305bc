/// Where a run of a study runs, and since when. Part of the record; decides nothing.
public struct RunSite: Hashable, Sendable {
  /// The date at which the run began, in ISO 8601; nil where that is unknown.
  public var started: String?
  /// The host of each worker, by the worker's number; empty where hosts are unknown.
  public var hosts: [String]
  /// The number that the batch system has for the job; nil outside of one.
  public var batchJob: String?

  public init(started: String? = nil, hosts: [String] = [], batchJob: String? = nil) {
    self.started = started
    self.hosts = hosts
    self.batchJob = batchJob
  }
}
