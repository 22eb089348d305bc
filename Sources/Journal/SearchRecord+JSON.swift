internal import Search
internal import SearchSpace
internal import StudyFile
package import Text
internal import TuningTypes

extension SearchRecord {
  /// The event that a journal line holds; nil where a key is missing or of a wrong type.
  package init?(json: JSONValue) { self.init(json: json, layout: nil) }

  /// - Parameter layout: for the configuration, if it has a place for everything there.
  init?(json: JSONValue, layout: Configuration.Layout?) {
    let record: SearchRecord? =
      switch json["event"]?.text {
      case "dispatch": Self.dispatch(json, layout)
      case "result": Self.result(json)
      case "report": Self.report(json)
      case "failure": Self.failure(json)
      case "resume": Self.resume(json)
      case "horizon": Self.horizon(json)
      case "model": Self.model(json, layout)
      case "stop": Self.stop(json)
      default: nil
      }
    guard let record else { return nil }
    self = record
  }

  private static func dispatch(_ json: JSONValue, _ layout: Configuration.Layout?) -> SearchRecord? {
    guard let place = Place(json), let resource = place.resource,
      let configuration = configuration(json["configuration"].map(\.members) ?? [], layout),
      let attempt = json["attempt"].map(\.integer) ?? 1
    else { return nil }
    let job = Job(
      id: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, resource: resource,
      resumeResource: 0, attempt: attempt, seed: 0, configuration: configuration)
    return .dispatch(job, worker: place.worker, time: place.time)
  }

  private static func configuration(_ members: [JSONValue.Member]?, _ layout: Configuration.Layout?) -> Configuration? {
    guard let members else { return nil }
    var entries: [Configuration.Entry] = []
    for member in members {
      guard let value = ParameterValue(json: member.value) else { return nil }
      entries.append(.init(member.key, value))
    }
    return Configuration(entries, in: layout)
  }

  private static func model(_ json: JSONValue, _ layout: Configuration.Layout?) -> SearchRecord? {
    guard let time = json["time"]?.time, let results = json["results"]?.integer, (0...Place.limit).contains(results),
      let suggestions = json["suggestions"]?.elements
    else { return nil }
    var configurations: [Configuration] = []
    for suggestion in suggestions {
      guard let configuration = configuration(suggestion.members, layout) else { return nil }
      configurations.append(configuration)
    }
    return .model(ModelAnswer(results: results, suggestions: configurations), time: time)
  }

  private static func result(_ json: JSONValue) -> SearchRecord? {
    guard let place = Place(json), let resource = place.resource, let loss = json["loss"]?.number,
      let seconds = json["seconds"]?.time, let metrics = metrics(json), let curve = LearningCurve(json: json["curve"])
    else { return nil }
    return .result(
      Result(
        job: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, resource: resource,
        worker: place.worker, loss: Loss(loss), seconds: seconds, time: place.time, metrics: metrics, curve: curve))
  }

  private static func report(_ json: JSONValue) -> SearchRecord? {
    guard let place = Place(json), let resource = place.resource, let loss = json["loss"]?.number,
      let metrics = metrics(json), let isStopped = json["stop"].map(\.flag) ?? false
    else { return nil }
    return .report(
      Report(
        job: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, resource: resource,
        worker: place.worker, loss: Loss(loss), isStopped: isStopped, time: place.time, metrics: metrics))
  }

  private static func metrics(_ json: JSONValue) -> [TrainingReport.Metric]? {
    guard let members = json["metrics"].map(\.members) ?? [] else { return nil }
    var metrics: [TrainingReport.Metric] = []
    for member in members {
      guard let value = member.value.number else { return nil }
      metrics.append(.init(member.key, value))
    }
    return metrics
  }

  private static func failure(_ json: JSONValue) -> SearchRecord? {
    guard let place = Place(json), let attempt = json["attempt"]?.integer, let isFinal = json["final"]?.flag,
      let kind = json["kind"]?.text.flatMap(FailureKind.init(rawValue:)), let reason = json["reason"]?.text
    else { return nil }
    return .failure(
      Failure(
        job: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, worker: place.worker,
        attempt: attempt, kind: kind, isFinal: isFinal, reason: reason, time: place.time))
  }

  private static func resume(_ json: JSONValue) -> SearchRecord? {
    guard let time = json["time"]?.time, let overrides = json["overrides"].map(\.elements) ?? [] else { return nil }
    let texts = overrides.compactMap(\.text)
    let workers = json["workers"]?.integer
    guard texts.count == overrides.count, (workers == nil) == (json["workers"] == nil) else { return nil }
    return .resume(time: time, workers: workers, overrides: texts, site: RunSite(json: json))
  }

  private static func horizon(_ json: JSONValue) -> SearchRecord? {
    guard let time = json["time"]?.time else { return nil }
    if let units = json["units"]?.integer {
      return (0...Place.limit).contains(units) ? .horizon(Resource(units), time: time) : nil
    }
    return json["units"] == .null ? .horizon(nil, time: time) : nil
  }

  private static func stop(_ json: JSONValue) -> SearchRecord? {
    guard let time = json["time"]?.time, let reason = json["reason"]?.text.flatMap(StopReason.init(rawValue:))
    else { return nil }
    return .stop(reason, time: time)
  }

  /// What dispatches, results and failures have in common.
  struct Place {
    var job: JobID
    var trial: TrialID
    var bracket: BracketIndex
    var rung: RungIndex
    /// Failures have none.
    var resource: Resource?
    var worker: WorkerID
    var time: Double

    /// More than any study counts to: what reads a journal need not fear for its arithmetic.
    static let limit = 1 << 48

    fileprivate init?(_ json: JSONValue) {
      guard let job = json["job"]?.integer, let trial = json["trial"]?.integer,
        let bracket = json["bracket"]?.integer, let rung = json["rung"]?.integer,
        let worker = json["worker"]?.integer, let time = json["time"]?.time
      else { return nil }
      self.init(
        job: job, trial: trial, bracket: bracket, rung: rung, resource: json["resource"]?.integer, worker: worker,
        time: time)
    }

    init?(job: Int, trial: Int, bracket: Int, rung: Int, resource: Int?, worker: Int, time: Double) {
      let limits = 0...Self.limit
      guard limits ~= job, limits ~= trial, limits ~= bracket, limits ~= rung, limits ~= worker else { return nil }
      self.job = JobID(job)
      self.trial = TrialID(trial)
      self.bracket = BracketIndex(bracket)
      self.rung = RungIndex(rung)
      self.resource = resource.map { Resource($0) }
      self.worker = WorkerID(worker)
      self.time = time
    }
  }
}

extension JSONValue {
  /// A length of time in seconds: finite and not negative.
  var time: Double? { number.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil } }
}

extension LearningCurve {
  fileprivate init?(json: JSONValue?) {
    self.init()
    guard let json else { return }
    guard let pairs = json.elements else { return nil }
    var points: [Point] = []
    for pair in pairs {
      guard let values = pair.elements, values.count == 2, let resource = values[0].number, let loss = values[1].number
      else { return nil }
      points.append(Point(resource: resource, loss: loss))
    }
    self.init(points: points)
  }
}
