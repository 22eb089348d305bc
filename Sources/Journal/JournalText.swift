public import Search
internal import SearchSpace
internal import StudyFile
public import Text
internal import TuningTypes

/// The journal under construction: whole lines.
///
/// The two lines of a job say the same of where it stands, and most lines bear the time of the line before: such a text is
/// made once, and then copied.
public struct JournalText: ~Copyable, Sendable {
  public var lines = JSONText()
  /// What the last lines said of where their workers' jobs stand.
  private var places = [PlaceText](repeating: PlaceText(), count: Self.workers)
  private var lastTime = TimeText()
  /// What the last configuration's layout says, as it stands in a line.
  private var phrases: ConfigurationPhrases?

  /// How many workers' places are kept; of workers whose numbers are this far apart, only the last one's is.
  private static let workers = 256
  /// Room for a line without what can be of any length.
  private static let lineSize = 512

  /// - Parameter sealsLines: lines end with their sums; see ``LineSum``.
  public init(sealsLines: Bool = true) { self.sealsLines = sealsLines }

  /// Whether lines end with their sums, as this program writes them; those of its first versions did not.
  private let sealsLines: Bool
  /// Where the line begins that is being written.
  private var lineStart = 0

  /// Ends a line.
  private mutating func seal() {
    if sealsLines { lines.append(sumFrom: lineStart) }
    lines.append(raw: "}\n")
  }

  /// Appends the first line: what the study is.
  public mutating func append(header: JSONValue) {
    lineStart = lines.count
    // All but the last brace, as the other lines stand here.
    lines.append(header)
    lines.removeLastByte()
    seal()
  }

  /// Appends the record's line.
  public mutating func append(_ record: SearchRecord) {
    lineStart = lines.count
    switch record {
    case .dispatch(let job, let worker, let time): append(dispatch: job, to: worker, at: time)
    case .result(let result): append(result)
    case .report(let report): append(report)
    case .failure(let failure): append(failure)
    case .resume(let time, let workers, let overrides, let site):
      lines.append(raw: "{\"event\":\"resume\",\"time\":")
      lines.append(seconds: time)
      if let workers {
        lines.append(raw: ",\"workers\":")
        lines.append(workers)
      }
      if !overrides.isEmpty {
        lines.append(raw: ",\"overrides\":")
        lines.append(.array(overrides.map { .text($0) }))
      }
      for member in site.members {
        lines.append(raw: ",")
        lines.append(member.key)
        lines.append(raw: ":")
        lines.append(member.value)
      }
      seal()
    case .horizon(let limit, let time):
      lines.append(raw: "{\"event\":\"horizon\",\"units\":")
      if let limit { lines.append(limit.rawValue) } else { lines.append(raw: "null") }
      lines.append(raw: ",\"time\":")
      lines.append(seconds: time)
      seal()
    case .model(let answer, let time):
      lines.append(raw: "{\"event\":\"model\",\"results\":")
      lines.append(answer.results)
      lines.append(raw: ",\"suggestions\":[")
      for (index, configuration) in answer.suggestions.enumerated() {
        if index > 0 { lines.append(raw: ",") }
        append(configuration)
      }
      lines.append(raw: "],\"time\":")
      lines.append(seconds: time)
      seal()
    case .stop(let reason, let time):
      lines.append(raw: "{\"event\":\"stop\",\"reason\":")
      lines.append(reason.rawValue)
      lines.append(raw: ",\"time\":")
      lines.append(seconds: time)
      seal()
    }
  }

  /// Appends the line of an action that has one; see ``Tuner/Action/searchRecord(at:)``.
  public mutating func append(_ action: consuming Tuner.Action, at time: Double) {
    lineStart = lines.count
    switch consume action {
    case .dispatch(let job, let worker): append(dispatch: job, to: worker, at: time)
    case .record(let record): append(record)
    case .learn, .interrupt, .keepIncumbent, .discardCheckpoint, .warn, .finish: break
    }
  }

  private mutating func append(dispatch job: borrowing Job, to worker: WorkerID, at time: Double) {
    var cursor = lines.cursor(withRoomFor: Self.lineSize)
    cursor.put("{\"event\":\"dispatch\",\"job\":")
    put(
      Place(
        job: job.id, trial: job.trial, bracket: job.bracket, rung: job.rung, resource: job.resource, worker: worker),
      at: &cursor)
    put(time: time, at: &cursor)
    if job.attempt > 1 {
      cursor.put(",\"attempt\":")
      cursor.put(job.attempt)
    }
    lines.end(at: cursor)
    // The job begins a trial. If trials are stopped while they train, its rung is the top one.
    if job.rung == 0 || job.resumeResource == 0 && !job.configuration.entries.isEmpty {
      lines.append(raw: ",\"configuration\":")
      append(job.configuration)
    }
    seal()
  }

  private mutating func append(_ configuration: Configuration) {
    if let phrases, phrases.layout === configuration.layout { return lines.append(configuration, phrases) }
    let new = ConfigurationPhrases(of: configuration.layout)
    phrases = new
    lines.append(configuration, new)
  }

  private mutating func append(_ result: borrowing SearchRecord.Result) {
    var cursor = lines.cursor(withRoomFor: Self.lineSize)
    cursor.put("{\"event\":\"result\",\"job\":")
    put(
      Place(
        job: result.job, trial: result.trial, bracket: result.bracket, rung: result.rung, resource: result.resource,
        worker: result.worker), at: &cursor)
    put(time: result.time, at: &cursor)
    cursor.put(",\"loss\":")
    cursor.put(result.loss.value)
    cursor.put(",\"seconds\":")
    cursor.put(seconds: result.seconds)
    lines.end(at: cursor)
    append(result.metrics)
    append(result.curve)
    seal()
  }

  private mutating func append(_ report: borrowing SearchRecord.Report) {
    var cursor = lines.cursor(withRoomFor: Self.lineSize)
    cursor.put("{\"event\":\"report\",\"job\":")
    put(
      Place(
        job: report.job, trial: report.trial, bracket: report.bracket, rung: report.rung, resource: report.resource,
        worker: report.worker), at: &cursor)
    put(time: report.time, at: &cursor)
    cursor.put(",\"loss\":")
    cursor.put(report.loss.value)
    if report.isStopped { cursor.put(",\"stop\":true") }
    lines.end(at: cursor)
    append(report.metrics)
    seal()
  }

  private mutating func append(_ metrics: [TrainingReport.Metric]) {
    guard !metrics.isEmpty else { return }
    lines.append(raw: ",\"metrics\":{")
    for (index, metric) in metrics.enumerated() {
      if index > 0 { lines.append(raw: ",") }
      lines.append(metric.name)
      lines.append(raw: ":")
      lines.append(metric.value)
    }
    lines.append(raw: "}")
  }

  private mutating func append(_ failure: SearchRecord.Failure) {
    var cursor = lines.cursor(withRoomFor: Self.lineSize)
    cursor.put("{\"event\":\"failure\",\"job\":")
    cursor.put(failure.job.rawValue)
    cursor.put(trial: failure.trial, bracket: failure.bracket, rung: failure.rung)
    cursor.put(worker: failure.worker)
    put(time: failure.time, at: &cursor)
    cursor.put(",\"attempt\":")
    cursor.put(failure.attempt)
    cursor.put(failure.kind == .invalid ? ",\"kind\":\"invalid\"" : ",\"kind\":\"failed\"")
    cursor.put(failure.isFinal ? ",\"final\":true" : ",\"final\":false")
    cursor.put(",\"reason\":")
    lines.end(at: cursor)
    lines.append(failure.reason)
    seal()
  }

  /// As pairs of a resource and a loss, where there are any.
  private mutating func append(_ curve: LearningCurve) {
    guard !curve.points.isEmpty else { return }
    for (index, point) in curve.points.enumerated() {
      lines.append(raw: index == 0 ? ",\"curve\":[[" : "],[")
      if let units = Int(exactly: point.resource) { lines.append(units) } else { lines.append(point.resource) }
      lines.append(raw: ",")
      lines.append(point.loss)
    }
    lines.append(raw: "]]")
  }
}

// MARK: - What is said more than once

extension JournalText {
  /// Where a job stands, as each of its lines says it.
  private struct Place: Hashable {
    var job: JobID
    var trial: TrialID
    var bracket: BracketIndex
    var rung: RungIndex
    var resource: Resource
    var worker: WorkerID
  }

  private struct PlaceText {
    var place: Place?
    var text = JSONText.Excerpt(Bytes())

    /// 128 of them.
    struct Bytes: BitwiseCopyable, Sendable {
      var first = SIMD64<UInt8>.zero
      var second = SIMD64<UInt8>.zero
    }
  }

  private struct TimeText {
    var time: Double?
    var text = JSONText.Excerpt(SIMD32<UInt8>.zero)
  }

  @inline(__always)
  private mutating func put(_ place: Place, at cursor: inout JSONText.Cursor) {
    let slot = place.worker.rawValue & (Self.workers - 1)
    if places[slot].place == place { return cursor.put(places[slot].text) }
    let beginning = cursor
    cursor.put(place.job.rawValue)
    cursor.put(trial: place.trial, bracket: place.bracket, rung: place.rung)
    cursor.put(",\"resource\":")
    cursor.put(place.resource.rawValue)
    cursor.put(worker: place.worker)
    places[slot].place = places[slot].text.take(from: beginning, to: cursor) ? place : nil
  }

  @inline(__always)
  private mutating func put(time: Double, at cursor: inout JSONText.Cursor) {
    cursor.put(",\"time\":")
    if lastTime.time == time { return cursor.put(lastTime.text) }
    let beginning = cursor
    cursor.put(seconds: time)
    lastTime.time = lastTime.text.take(from: beginning, to: cursor) ? time : nil
  }
}

extension JSONText.Cursor {
  @inline(__always)
  fileprivate mutating func put(trial: TrialID, bracket: BracketIndex, rung: RungIndex) {
    put(",\"trial\":")
    put(trial.rawValue)
    put(",\"bracket\":")
    put(bracket.rawValue)
    put(",\"rung\":")
    put(rung.rawValue)
  }

  @inline(__always)
  fileprivate mutating func put(worker: WorkerID) {
    put(",\"worker\":")
    put(worker.rawValue)
  }
}
