package import Training
package import TuningTypes

/// What the driver tells a worker.
package enum DriverMessage: Hashable, Sendable {
  case assign(Job)
  /// To a rank that is not its worker's first: train the job together with it. It has begun.
  case join(Job, Rendezvous)
  /// To such a rank, or, after another has failed, to each: the job is over; see ``JobDemand``.
  case end(JobID, JobDemand)
  /// Checkpoint the job at the next unit of resource and stop it.
  case interrupt(JobID)
  /// To a worker's first rank, before its next job: programs that serve from job to job start anew, as one of them may be gone.
  case renew
  /// The study is over.
  case dismiss
}

/// What a worker tells the driver.
package enum WorkerMessage: Hashable, Sendable {
  /// Here I am, without a job.
  case ready
  /// The job trains on; its loss at so many units of resource.
  case report(JobID, resource: Double, TrainingReport)
  case result(JobID, TrainingReport, seconds: Double)
  case failure(JobID, FailureKind, reason: String)
  /// The job has stopped since it was told to; what it reported until then.
  case interrupted(JobID, LearningCurve = LearningCurve())
  /// The job could not be done where the worker is, and no other could.
  case placeFault(JobID, PlaceFault)
  /// Still here; said every now and then whatever else there is to say.
  case alive
  /// Something that the person who runs the study should see.
  case warning(String)
  /// From a worker's first rank: the job has begun, and the worker's others are to join it.
  case meet(JobID, Rendezvous)
}

/// A message that is no message, or of another version of the program.
package struct WireError: Error, Hashable, CustomStringConvertible {
  package var problem: String
  package var description: String { "a message between ranks makes no sense: \(problem)" }
}

/// The binary layout of the messages between driver and workers.
///
/// A message is its version (one byte), its kind (one byte), and the fields of the kind one after the other: whole
/// numbers as 64 bits, little-endian; floating-point numbers by their bit pattern; texts as a 32-bit length and UTF-8. A
/// configuration is a count and, for each value, the hyperparameter's position in the search space, a type and the value:
/// both sides have the study, so that names never travel.
package struct WireFormat: Sendable {
  package static let version: UInt8 = 6

  private let layout: Configuration.Layout

  /// - Parameter layout: that of the study's configurations.
  package init(layout: Configuration.Layout) { self.layout = layout }

  private enum Kind {
    static let assign: UInt8 = 1
    static let interrupt: UInt8 = 2
    static let dismiss: UInt8 = 3
    static let ready: UInt8 = 16
    static let result: UInt8 = 17
    static let failure: UInt8 = 18
    static let invalid: UInt8 = 19
    static let interrupted: UInt8 = 20
    static let warning: UInt8 = 21
    static let placeFault: UInt8 = 23
    static let alive: UInt8 = 22
    static let report: UInt8 = 24
    static let join: UInt8 = 4
    static let end: UInt8 = 5
    static let renew: UInt8 = 6
    static let meet: UInt8 = 25
  }

  // MARK: Driver to worker

  /// Replaces `bytes` by the message.
  package func encode(_ message: DriverMessage, into bytes: inout [UInt8]) {
    switch message {
    case .assign(let job):
      bytes.begin(Kind.assign)
      encode(job, into: &bytes)
    case .join(let job, let rendezvous):
      bytes.begin(Kind.join)
      bytes.put(rendezvous)
      encode(job, into: &bytes)
    case .end(let id, let demand):
      bytes.begin(Kind.end)
      bytes.put(id.rawValue)
      bytes.append(demand.rawValue)
    case .interrupt(let id):
      bytes.begin(Kind.interrupt)
      bytes.put(id.rawValue)
    case .renew:
      bytes.begin(Kind.renew)
    case .dismiss:
      bytes.begin(Kind.dismiss)
    }
  }

  package func decodeDriverMessage(_ bytes: [UInt8]) throws(WireError) -> DriverMessage {
    var reader = try WireReader(bytes)
    let message: DriverMessage
    switch reader.kind {
    case Kind.assign: message = .assign(try job(&reader))
    case Kind.join:
      let rendezvous = try reader.rendezvous()
      message = .join(try job(&reader), rendezvous)
    case Kind.end:
      let id = JobID(try reader.integer())
      let demand = try reader.byte()
      guard let demand = JobDemand(rawValue: demand) else { throw WireError(problem: "demand \(demand)") }
      message = .end(id, demand)
    case Kind.interrupt: message = .interrupt(JobID(try reader.integer()))
    case Kind.renew: message = .renew
    case Kind.dismiss: message = .dismiss
    default: throw WireError(problem: "kind \(reader.kind) for a worker")
    }
    try reader.finish()
    return message
  }

  private func encode(_ job: Job, into bytes: inout [UInt8]) {
    for number in [
      job.id.rawValue, job.trial.rawValue, job.bracket.rawValue, job.rung.rawValue, job.resource.rawValue,
      job.resumeResource.rawValue, job.attempt,
    ] { bytes.put(UInt64(bitPattern: Int64(number))) }
    bytes.put(job.seed)
    encode(job.configuration, into: &bytes)
  }

  private func job(_ reader: inout WireReader) throws(WireError) -> Job {
    Job(
      id: JobID(try reader.integer()), trial: TrialID(try reader.integer()),
      bracket: BracketIndex(try reader.integer()), rung: RungIndex(try reader.integer()),
      resource: Resource(try reader.integer()), resumeResource: Resource(try reader.integer()),
      attempt: try reader.integer(), seed: try reader.unsigned(), configuration: try configuration(&reader))
  }

  private func encode(_ configuration: Configuration, into bytes: inout [UInt8]) {
    let ours = configuration.laidOut(as: layout)
    precondition(ours == configuration, "a configuration holds a hyperparameter of another study")
    let start = bytes.count
    var count: UInt16 = 0
    bytes.put(count)
    for position in 0..<layout.count {
      let cell = ours[position]
      if case .absent = cell { continue }
      count += 1
      bytes.put(UInt16(truncatingIfNeeded: position))
      switch cell {
      case .absent: break
      case .integer(let number): bytes.put(type: 0, UInt64(bitPattern: Int64(number)))
      case .real(let number): bytes.put(type: 1, number.bitPattern)
      case .listed(let index): encode(layout.parameters[position].values[index], into: &bytes)
      }
    }
    bytes[start] = UInt8(truncatingIfNeeded: count)
    bytes[start + 1] = UInt8(truncatingIfNeeded: count >> 8)
  }

  private func encode(_ value: ParameterValue, into bytes: inout [UInt8]) {
    switch value {
    case .integer(let number): bytes.put(type: 0, UInt64(bitPattern: Int64(number)))
    case .real(let number): bytes.put(type: 1, number.bitPattern)
    case .text(let text):
      bytes.append(2)
      bytes.put(text)
    case .flag(let flag):
      bytes.append(flag ? 4 : 3)
    }
  }

  private func configuration(_ reader: inout WireReader) throws(WireError) -> Configuration {
    var draft = Configuration.Draft(of: layout)
    for _ in 0..<(try reader.short()) {
      let position = try reader.short()
      guard position < layout.count else { throw WireError(problem: "hyperparameter \(position)") }
      let value: ParameterValue
      switch try reader.byte() {
      case 0: value = .integer(try reader.integer())
      case 1: value = .real(try reader.real())
      case 2: value = .text(try reader.text())
      case 3: value = .flag(false)
      case 4: value = .flag(true)
      case let type: throw WireError(problem: "a value of type \(type)")
      }
      guard let cell = layout.cell(of: value, at: position) else {
        throw WireError(problem: "\(value) for \(layout.parameters[position].name)")
      }
      draft[position] = cell
    }
    return draft.finish()
  }

  // MARK: Worker to driver

  /// Replaces `bytes` by the message.
  package func encode(_ message: WorkerMessage, into bytes: inout [UInt8]) {
    switch message {
    case .ready:
      bytes.begin(Kind.ready)
    case .result(let id, let report, let seconds):
      bytes.begin(Kind.result)
      bytes.put(id.rawValue)
      bytes.put(seconds.bitPattern)
      bytes.put(report)
      bytes.put(report.curve)
    case .report(let id, let resource, let report):
      bytes.begin(Kind.report)
      bytes.put(id.rawValue)
      bytes.put(resource.bitPattern)
      bytes.put(report)
    case .failure(let id, let kind, let reason):
      bytes.begin(kind == .invalid ? Kind.invalid : Kind.failure)
      bytes.put(id.rawValue)
      bytes.put(reason)
    case .interrupted(let id, let curve):
      bytes.begin(Kind.interrupted)
      bytes.put(id.rawValue)
      bytes.put(curve)
    case .placeFault(let id, let fault):
      bytes.begin(Kind.placeFault)
      bytes.put(id.rawValue)
      bytes.append(fault.isAboutFolder ? 1 : 0)
      bytes.put(fault.problem)
    case .alive:
      bytes.begin(Kind.alive)
    case .warning(let text):
      bytes.begin(Kind.warning)
      bytes.put(text)
    case .meet(let id, let rendezvous):
      bytes.begin(Kind.meet)
      bytes.put(id.rawValue)
      bytes.put(rendezvous)
    }
  }

  package func decodeWorkerMessage(_ bytes: [UInt8]) throws(WireError) -> WorkerMessage {
    var reader = try WireReader(bytes)
    let message: WorkerMessage
    switch reader.kind {
    case Kind.ready: message = .ready
    case Kind.result:
      let id = JobID(try reader.integer())
      let seconds = try reader.real()
      var report = try reader.report()
      report.curve = try reader.curve()
      message = .result(id, report, seconds: seconds)
    case Kind.report:
      message = .report(JobID(try reader.integer()), resource: try reader.real(), try reader.report())
    case Kind.failure: message = .failure(JobID(try reader.integer()), .failed, reason: try reader.text())
    case Kind.invalid: message = .failure(JobID(try reader.integer()), .invalid, reason: try reader.text())
    case Kind.interrupted: message = .interrupted(JobID(try reader.integer()), try reader.curve())
    case Kind.placeFault:
      let (id, isAboutFolder) = (JobID(try reader.integer()), try reader.byte() != 0)
      message = .placeFault(id, PlaceFault(try reader.text(), isAboutFolder: isAboutFolder))
    case Kind.alive: message = .alive
    case Kind.warning: message = .warning(try reader.text())
    case Kind.meet: message = .meet(JobID(try reader.integer()), try reader.rendezvous())
    default: throw WireError(problem: "kind \(reader.kind) for the driver")
    }
    try reader.finish()
    return message
  }
}

extension [UInt8] {
  fileprivate mutating func begin(_ kind: UInt8) {
    removeAll(keepingCapacity: true)
    append(WireFormat.version)
    append(kind)
  }

  fileprivate mutating func put(_ value: UInt16) {
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
  }

  fileprivate mutating func put(_ value: UInt64) {
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
  }

  fileprivate mutating func put(type: UInt8, _ value: UInt64) {
    append(type)
    put(value)
  }

  fileprivate mutating func put(_ value: Int) { put(UInt64(bitPattern: Int64(value))) }

  /// A report without its curve.
  fileprivate mutating func put(_ report: TrainingReport) {
    put(report.loss.bitPattern)
    put(report.metrics.count)
    for metric in report.metrics {
      put(metric.name)
      put(metric.value.bitPattern)
    }
  }

  fileprivate mutating func put(_ curve: LearningCurve) {
    put(curve.points.count)
    for point in curve.points {
      put(point.resource.bitPattern)
      put(point.loss.bitPattern)
    }
  }

  fileprivate mutating func put(_ rendezvous: Rendezvous) {
    put(rendezvous.host)
    put(rendezvous.port)
    put(rendezvous.resumeResource.rawValue)
    append(rendezvous.startsProcess ? 1 : 0)
  }

  fileprivate mutating func put(_ text: String) {
    let utf8 = text.utf8.prefix(1 << 20)
    unsafe Swift.withUnsafeBytes(of: UInt32(utf8.count).littleEndian) { unsafe append(contentsOf: $0) }
    append(contentsOf: utf8)
  }
}

/// Takes a message apart; every read is checked against the message's end.
private struct WireReader {
  let bytes: [UInt8]
  let kind: UInt8
  private var at = 2

  init(_ bytes: [UInt8]) throws(WireError) {
    guard bytes.count >= 2 else { throw WireError(problem: "\(bytes.count) bytes") }
    guard bytes[0] == WireFormat.version else {
      throw WireError(problem: "version \(bytes[0]) where \(WireFormat.version) is spoken; are all ranks of one build?")
    }
    self.bytes = bytes
    kind = bytes[1]
  }

  mutating func byte() throws(WireError) -> UInt8 {
    guard at < bytes.count else { throw WireError(problem: "it ends early") }
    defer { at += 1 }
    return bytes[at]
  }

  mutating func short() throws(WireError) -> Int { Int(try byte()) | Int(try byte()) << 8 }

  mutating func unsigned() throws(WireError) -> UInt64 {
    guard bytes.count - at >= 8 else { throw WireError(problem: "it ends early") }
    defer { at += 8 }
    return unsafe UInt64(littleEndian: bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
  }

  mutating func integer() throws(WireError) -> Int { Int(Int64(bitPattern: try unsigned())) }

  mutating func real() throws(WireError) -> Double { Double(bitPattern: try unsigned()) }

  mutating func text() throws(WireError) -> String {
    var count = 0
    for shift in [0, 8, 16, 24] { count |= Int(try byte()) << shift }
    guard bytes.count - at >= count else { throw WireError(problem: "it ends early") }
    defer { at += count }
    return String(decoding: bytes[at..<at + count], as: UTF8.self)
  }

  /// A report without its curve.
  mutating func report() throws(WireError) -> TrainingReport {
    var report = TrainingReport(loss: try real())
    let count = try integer()
    guard (0...bytes.count).contains(count) else { throw WireError(problem: "a report of \(count) metrics") }
    for _ in 0..<count { report.metrics.append(.init(try text(), try real())) }
    return report
  }

  mutating func rendezvous() throws(WireError) -> Rendezvous {
    Rendezvous(
      host: try text(), port: try integer(), resumeResource: Resource(try integer()), startsProcess: try byte() != 0)
  }

  mutating func curve() throws(WireError) -> LearningCurve {
    let count = try integer()
    guard (0...LearningCurve.limit).contains(count) else { throw WireError(problem: "a curve of \(count) points") }
    var points: [LearningCurve.Point] = []
    for _ in 0..<count { points.append(.init(resource: try real(), loss: try real())) }
    return LearningCurve(points: points)
  }

  func finish() throws(WireError) {
    if at != bytes.count { throw WireError(problem: "\(bytes.count - at) bytes too many") }
  }
}
