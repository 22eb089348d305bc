internal import Files
public import Search
public import Text
public import TuningTypes

/// What a run does at a moment: the contents of `status.json`, which a run replaces every few seconds and deletes at its end.
///
/// The journal has what was decided; this has what came since and decides nothing: reports of jobs that still run.
public struct RunStatus: Hashable, Sendable {
  /// A job in flight.
  public struct RunningJob: Hashable, Sendable {
    public var job: Tuner.RunningJob
    /// When it went out, in seconds of the study.
    public var since: Double
    /// What it reported last; nil where it has not.
    public var report: Report?

    public init(job: Tuner.RunningJob, since: Double, report: Report?) {
      (self.job, self.since, self.report) = (job, since, report)
    }
  }

  /// What a job has reported while it trains.
  public struct Report: Hashable, Sendable {
    /// What its trial has been trained to.
    public var resource: Double
    public var loss: Loss
    /// When it came, in seconds of the study.
    public var time: Double

    public init(resource: Double, loss: Loss, time: Double) {
      (self.resource, self.loss, self.time) = (resource, loss, time)
    }
  }

  /// The host and the process that drive the study.
  public var host: String
  public var process: Int
  public var site: RunSite
  /// Seconds since the study began.
  public var time: Double
  /// When the study has to end by its budget or its batch job, in seconds of the study; nil: no limit is known.
  public var deadline: Double?
  public var workers: Int
  /// The workers that wait for a job or have one: those that are lost or set aside are not among them.
  public var workersInService: Int
  /// In the order of their workers.
  public var running: [RunningJob]

  public init(
    host: String, process: Int, site: RunSite, time: Double, deadline: Double?, workers: Int, workersInService: Int,
    running: [RunningJob]
  ) {
    (self.host, self.process, self.site, self.time, self.deadline) = (host, process, site, time, deadline)
    (self.workers, self.workersInService, self.running) = (workers, workersInService, running)
  }
}

extension RunStatus {
  /// The version of the file's format.
  private static let version = 1

  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("version", .integer(Self.version)), .init("host", .text(host)), .init("process", .integer(process)),
    ]
    if let started = site.started { members.append(.init("started", .text(started))) }
    if let batchJob = site.batchJob { members.append(.init("batch_job", .text(batchJob))) }
    members += [
      .init("time", .number(time)), .init("deadline", deadline.map { .number($0) } ?? .null),
      .init("workers", .integer(workers)), .init("workers_in_service", .integer(workersInService)),
      .init("running", .array(running.map(json))),
    ]
    return .object(members)
  }

  private func json(_ running: RunningJob) -> JSONValue {
    let job = running.job
    var members: [JSONValue.Member] = [
      .init("job", .integer(job.id.rawValue)), .init("trial", .integer(job.trial.rawValue)),
      .init("bracket", .integer(job.bracket.rawValue)), .init("rung", .integer(job.rung.rawValue)),
      .init("resource", .integer(job.resource.rawValue)), .init("worker", .integer(job.worker.rawValue)),
    ]
    if let host = site.host(of: job.worker.rawValue) { members.append(.init("host", .text(host))) }
    members += [.init("attempt", .integer(job.attempt)), .init("since", .number(running.since))]
    if let report = running.report {
      members.append(
        .init(
          "report",
          [
            "resource": .number(report.resource), "loss": .number(report.loss.value), "time": .number(report.time),
          ]))
    }
    return .object(members)
  }

  /// What the file of a folder says; nil where it is not there, or is not one of these.
  public init?(of folder: StudyFolder) {
    guard let bytes = try? Disk.readRegularFile(folder.status, below: folder.path),
      let json = try? JSONValue(parsing: bytes)
    else { return nil }
    self.init(json: json)
  }

  init?(json: JSONValue) {
    guard json["version"]?.integer == Self.version, let host = json["host"]?.text,
      let process = json["process"]?.integer, let time = json["time"]?.time,
      let workers = json["workers"]?.integer, let inService = json["workers_in_service"]?.integer,
      let elements = json["running"]?.elements
    else { return nil }
    let running = elements.compactMap(RunningJob.init(json:))
    guard running.count == elements.count else { return nil }
    self.init(
      host: host, process: process, site: RunSite(json: json), time: time, deadline: json["deadline"]?.time,
      workers: workers, workersInService: inService, running: running)
  }
}

extension RunStatus.RunningJob {
  fileprivate init?(json: JSONValue) {
    guard let job = json["job"]?.integer, let trial = json["trial"]?.integer, let bracket = json["bracket"]?.integer,
      let rung = json["rung"]?.integer, let resource = json["resource"]?.integer,
      let worker = json["worker"]?.integer, let attempt = json["attempt"]?.integer, let since = json["since"]?.time,
      let place = SearchRecord.Place(
        job: job, trial: trial, bracket: bracket, rung: rung, resource: resource, worker: worker, time: since)
    else { return nil }
    self.init(
      job: Tuner.RunningJob(
        id: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, resource: Resource(resource),
        worker: place.worker, attempt: attempt), since: since, report: nil)
    guard let said = json["report"] else { return }
    guard let units = said["resource"]?.number, let loss = said["loss"]?.number, let time = said["time"]?.time
    else { return nil }
    report = RunStatus.Report(resource: units, loss: Loss(loss), time: time)
  }
}
