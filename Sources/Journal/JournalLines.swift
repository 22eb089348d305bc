internal import Search
internal import StudyFile
internal import Text
internal import TuningTypes

/// The lines of a journal, one after the other; those of jobs and their results without the tree that JSON takes.
///
/// Nearly all lines of a journal are dispatches and results, and this program has written them, so that it is known which
/// bytes come next. A line that is different, in whatever way, is left to those who read all of JSON.
struct JournalLines {
  private var parser: JSONParser
  /// Where the line begins that is being read.
  private var start = 0
  /// Whether a line without its sum is damaged: a line before it had one, or the header promises it.
  var expectsSums = false
  private let layout: Configuration.Layout?
  /// What stands before the value of each hyperparameter of the layout.
  private let keys: [[UInt8]]

  /// - Parameter layout: that of the configurations; where it is nil, those that start a trial are left to others.
  init(_ bytes: [UInt8], layout: Configuration.Layout?) {
    parser = JSONParser(bytes: bytes, range: bytes.indices)
    self.layout = layout
    keys = (layout?.parameters ?? []).map { parameter in
      var key = JSONText()
      key.append(parameter.name)
      key.append(raw: ":")
      return key.bytes
    }
  }

  /// Passes over the next line; says where it stands, without its end. Nil where no line with an end is left.
  mutating func pass() -> Range<Int>? {
    let (bytes, start) = (parser.bytes, parser.at)
    var at = start
    // Eight at a time, none of which is a newline: then no byte of their difference to eight newlines is 0.
    let (newlines, ones): (UInt64, UInt64) = (0x0A0A_0A0A_0A0A_0A0A, 0x0101_0101_0101_0101)
    while at + 8 <= bytes.count {
      let difference = unsafe bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self) ^ newlines
      guard (difference &- ones) & ~difference & (ones << 7) == 0 else { break }
      at += 8
    }
    guard let end = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    parser.at = end + 1
    return start..<end
  }

  /// Whether the next line begins so.
  func begins(with beginning: [UInt8]) -> Bool {
    guard parser.at + beginning.count <= parser.bytes.count else { return false }
    // From its end, since all lines begin alike.
    var index = beginning.count
    while index > 0 {
      index -= 1
      guard parser.bytes[parser.at + index] == beginning[index] else { return false }
    }
    return true
  }

  /// The event of the next line, if it is one of those that are read here; otherwise nothing is passed over.
  mutating func next() -> SearchRecord? {
    start = parser.at
    if let event = event() { return event }
    parser.at = start
    return nil
  }

  private mutating func event() -> SearchRecord? {
    if parser.take(all: "{\"event\":\"result\"") { return result() }
    if parser.take(all: "{\"event\":\"dispatch\"") { return dispatch() }
    return parser.take(all: "{\"event\":\"report\"") ? report() : nil
  }

  private mutating func dispatch() -> SearchRecord? {
    guard let place = place(), let resource = place.resource else { return nil }
    var attempt = 1
    if parser.take(all: ",\"attempt\":") {
      guard let number = integer() else { return nil }
      attempt = number
    }
    var configuration = Configuration()
    if parser.take(all: ",\"configuration\":{") {
      guard let values = self.configuration() else { return nil }
      configuration = values
    }
    guard end() else { return nil }
    let job = Job(
      id: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, resource: resource,
      resumeResource: 0, attempt: attempt, seed: 0, configuration: configuration)
    return .dispatch(job, worker: place.worker, time: place.time)
  }

  private mutating func result() -> SearchRecord? {
    guard let place = place(), let resource = place.resource, parser.take(all: ",\"loss\":"), let loss = number(),
      parser.take(all: ",\"seconds\":"), let seconds = time()
    else { return nil }
    guard let metrics = metrics() else { return nil }
    var points: [LearningCurve.Point] = []
    if parser.take(all: ",\"curve\":[") {
      repeat {
        guard parser.take("["), let units = number(), parser.take(","), let loss = number(), parser.take("]"),
          points.count < LearningCurve.limit
        else { return nil }
        points.append(.init(resource: units, loss: loss))
      } while parser.take(",")
      guard parser.take("]") else { return nil }
    }
    guard end() else { return nil }
    return .result(
      SearchRecord.Result(
        job: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, resource: resource,
        worker: place.worker, loss: Loss(loss), seconds: seconds, time: place.time, metrics: metrics,
        curve: LearningCurve(points: points)))
  }

  private mutating func report() -> SearchRecord? {
    guard let place = place(), let resource = place.resource, parser.take(all: ",\"loss\":"), let loss = number()
    else { return nil }
    let isStopped = parser.take(all: ",\"stop\":true")
    guard let metrics = metrics(), end() else { return nil }
    return .report(
      SearchRecord.Report(
        job: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, resource: resource,
        worker: place.worker, loss: Loss(loss), isStopped: isStopped, time: place.time, metrics: metrics))
  }

  /// The metrics that come next, if any; nil where they are written in another way.
  private mutating func metrics() -> [TrainingReport.Metric]? {
    var metrics: [TrainingReport.Metric] = []
    guard parser.take(all: ",\"metrics\":{") else { return metrics }
    repeat {
      guard let name = value()?.text, parser.take(":"), let value = number() else { return nil }
      metrics.append(.init(name, value))
    } while parser.take(",")
    return parser.take("}") ? metrics : nil
  }

  /// The line's end, with its sum where there is one; false where it is none of these, or the sum does not fit.
  private mutating func end() -> Bool {
    if parser.take(all: "}\n") { return !expectsSums }
    guard parser.take(all: LineSum.beginning) else { return false }
    let end = parser.at + LineSum.restLength
    guard end < parser.bytes.count, parser.bytes[end] == UInt8(ascii: "\n"),
      LineSum.fits(start..<end, of: parser.bytes)
    else { return false }
    parser.at = end + 1
    expectsSums = true
    return true
  }

  private mutating func configuration() -> Configuration? {
    guard let layout else { return nil }
    var draft = Configuration.Draft(of: layout)
    var position = 0
    repeat {
      // In the order of the search space; the inactive ones are missing.
      while position < keys.count, !parser.take(all: keys[position]) { position += 1 }
      guard position < keys.count, let value = value().flatMap(ParameterValue.init(json:)),
        let cell = layout.cell(of: value, at: position)
      else { return nil }
      draft[position] = cell
      position += 1
    } while parser.take(",")
    return parser.take("}") ? draft.finish() : nil
  }

  private mutating func place() -> SearchRecord.Place? {
    guard parser.take(all: ",\"job\":"), let job = integer(), parser.take(all: ",\"trial\":"), let trial = integer(),
      parser.take(all: ",\"bracket\":"), let bracket = integer(), parser.take(all: ",\"rung\":"), let rung = integer()
    else { return nil }
    var resource: Int?
    if parser.take(all: ",\"resource\":") {
      guard let units = integer() else { return nil }
      resource = units
    }
    guard parser.take(all: ",\"worker\":"), let worker = integer(), parser.take(all: ",\"time\":"), let time = time()
    else {
      return nil
    }
    return SearchRecord.Place(
      job: job, trial: trial, bracket: bracket, rung: rung, resource: resource, worker: worker, time: time)
  }

  private mutating func integer() -> Int? { parser.shortInteger() ?? value()?.integer }

  private mutating func number() -> Double? { value()?.number }

  private mutating func time() -> Double? { value()?.time }

  /// The value that comes next; none where space comes, which may be the line's end.
  private mutating func value() -> JSONValue? {
    guard parser.at < parser.bytes.count, parser.bytes[parser.at] > UInt8(ascii: " ") else { return nil }
    return try? parser.value()
  }
}
