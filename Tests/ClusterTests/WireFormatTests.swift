import Cluster
import Foundation
import Randomness
import TestSupport
import Testing
import Training
import TuningTypes

@Suite struct WireFormatTests {
  static let texts: [ParameterValue] = ["", "é", "a \"b\"\n", 7, 0.5]
  static let layout = Configuration.Layout([
    .init(name: "learning_rate", values: []), .init(name: "units", values: []), .init(name: "kind", values: texts),
    .init(name: "nesterov", values: [false, true]), .init(name: "schlüssel", values: [true, false]),
  ])
  private let wire = WireFormat(layout: layout)

  private func bytes(of message: DriverMessage) -> [UInt8] {
    var bytes: [UInt8] = [9, 9, 9]
    wire.encode(message, into: &bytes)
    return bytes
  }

  private func bytes(of message: WorkerMessage) -> [UInt8] {
    var bytes: [UInt8] = [9, 9, 9]
    wire.encode(message, into: &bytes)
    return bytes
  }

  // MARK: Golden bytes

  static let job = Job(
    id: 17, trial: 5, bracket: 1, rung: 2, resource: 16, resumeResource: 4, attempt: 3, seed: 0x0123_4567_89AB_CDEF,
    configuration: ["learning_rate": 0.5, "units": -64, "kind": "é", "nesterov": true, "schlüssel": false])

  static let curve: LearningCurve = {
    var recorder = LearningCurve.Recorder()
    recorder.append(.init(resource: 0.5, loss: 2))
    return recorder.curve
  }()

  static let driverMessages: [(message: DriverMessage, hexadecimal: String)] = [
    (
      .assign(job),
      "0601 1100000000000000 0500000000000000 0100000000000000 0200000000000000 1000000000000000 0400000000000000"
        + "0300000000000000 efcdab8967452301 0500 0000 01 000000000000e03f 0100 00 c0ffffffffffffff"
        + "0200 02 02000000 c3a9 0300 04 0400 03"
    ), (.interrupt(258), "0602 0201000000000000"), (.dismiss, "0603"),
    (
      .join(job, Rendezvous(host: "n1", port: 29500, resumeResource: 4, startsProcess: true)),
      "0604 02000000 6e31 3c73000000000000 0400000000000000 01"
        + "1100000000000000 0500000000000000 0100000000000000 0200000000000000 1000000000000000 0400000000000000"
        + "0300000000000000 efcdab8967452301 0500 0000 01 000000000000e03f 0100 00 c0ffffffffffffff"
        + "0200 02 02000000 c3a9 0300 04 0400 03"
    ), (.end(258, .conclusion), "0605 0201000000000000 02"), (.end(258, .abandonment), "0605 0201000000000000 03"),
    (.renew, "0606"),
  ]

  static let workerMessages: [(message: WorkerMessage, hexadecimal: String)] = [
    (.ready, "0610"),
    (
      .result(
        17, TrainingReport(loss: -0.5, metrics: [.init("f1", 1), .init("", .infinity)], curve: curve), seconds: 2),
      "0611 1100000000000000 0000000000000040 000000000000e0bf 0200000000000000 02000000 6631 000000000000f03f"
        + "00000000 000000000000f07f 0100000000000000 000000000000e03f 0000000000000040"
    ), (.failure(1, .failed, reason: "no"), "0612 0100000000000000 02000000 6e6f"),
    (.failure(1, .invalid, reason: ""), "0613 0100000000000000 00000000"),
    (.interrupted(2), "0614 0200000000000000 0000000000000000"),
    (
      .interrupted(2, curve),
      "0614 0200000000000000 0100000000000000 000000000000e03f 0000000000000040"
    ),
    (
      .report(17, resource: 2, TrainingReport(loss: -0.5, metrics: [.init("f1", 1)])),
      "0618 1100000000000000 0000000000000040 000000000000e0bf 0100000000000000 02000000 6631 000000000000f03f"
    ),
    (.warning("ä"), "0615 02000000 c3a4"),
    (
      .meet(17, Rendezvous(host: "", port: 1, resumeResource: 0, startsProcess: false)),
      "0619 1100000000000000 00000000 0100000000000000 0000000000000000 00"
    ),
    (
      .placeFault(2, PlaceFault("a: b", isAboutFolder: true)),
      "0617 0200000000000000 01 04000000 613a2062"
    ),
  ]

  /// A change here makes ranks of different builds misunderstand each other: it needs another version number.
  @Test func everyKindOfMessageHasItsBytes() throws {
    for (message, hexadecimal) in Self.driverMessages {
      #expect(bytes(of: message) == Self.bytes(hexadecimal), "\(message)")
      #expect(try wire.decodeDriverMessage(Self.bytes(hexadecimal)) == message)
    }
    for (message, hexadecimal) in Self.workerMessages {
      #expect(bytes(of: message) == Self.bytes(hexadecimal), "\(message)")
      #expect(try wire.decodeWorkerMessage(Self.bytes(hexadecimal)) == message)
    }
  }

  private static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
  }

  // MARK: Random messages

  @Test func everyMessageComesBackBitForBit() throws {
    for seed in 0..<5000 {
      var random = testGenerator(seed)
      let toWorker = randomDriverMessage(&random)
      let first = bytes(of: toWorker)
      #expect(bytes(of: try wire.decodeDriverMessage(first)) == first, "seed \(seed): \(toWorker)")
      let toDriver = randomWorkerMessage(&random)
      let second = bytes(of: toDriver)
      let decoded = try wire.decodeWorkerMessage(second)
      #expect(bytes(of: decoded) == second, "seed \(seed): \(toDriver)")
      if case .assign(let job) = toWorker, case .assign(let back) = try wire.decodeDriverMessage(first) {
        #expect(job == back, "seed \(seed)")
      }
    }
  }

  @Test func everyTruncationIsRefused() {
    for seed in 0..<300 {
      var random = testGenerator(seed)
      let first = bytes(of: randomDriverMessage(&random))
      for length in 0..<first.count {
        #expect(throws: WireError.self, "seed \(seed), \(length) bytes of \(first)") {
          try wire.decodeDriverMessage(Array(first.prefix(length)))
        }
      }
      let second = bytes(of: randomWorkerMessage(&random))
      for length in 0..<second.count {
        #expect(throws: WireError.self, "seed \(seed), \(length) bytes of \(second)") {
          try wire.decodeWorkerMessage(Array(second.prefix(length)))
        }
      }
      #expect(throws: WireError.self) { try wire.decodeDriverMessage(first + [0]) }
      #expect(throws: WireError.self) { try wire.decodeWorkerMessage(second + [0]) }
    }
  }

  /// Damage is refused, or gives another message; it never traps.
  @Test func noBytesCrashTheReader() {
    var refused = 0
    for seed in 0..<20_000 {
      var random = testGenerator(seed)
      var message =
        random.chance(0.5) ? bytes(of: randomDriverMessage(&random)) : bytes(of: randomWorkerMessage(&random))
      for _ in 0..<(1 + random.below(4)) { message[random.below(message.count)] = UInt8(random.below(256)) }
      if random.chance(0.2) { message = (0..<random.below(60)).map { _ in UInt8(random.below(256)) } }
      if random.chance(0.3), message.count > 1 {
        message[0] = WireFormat.version
        message[1] = random.pick([1, 2, 3, 16, 17, 18, 19, 20, 21, 24])
      }
      if (try? wire.decodeDriverMessage(message)) == nil { refused += 1 }
      if (try? wire.decodeWorkerMessage(message)) == nil { refused += 1 }
    }
    #expect(refused > 10_000)
  }

  @Test func messagesOfAnotherVersionOrDirectionAreRefused() {
    #expect(throws: WireError.self) { try wire.decodeDriverMessage([WireFormat.version + 1, 3]) }
    #expect(throws: WireError.self) { try wire.decodeDriverMessage(bytes(of: WorkerMessage.ready)) }
    #expect(throws: WireError.self) { try wire.decodeWorkerMessage(bytes(of: DriverMessage.dismiss)) }
  }

  @Test func aValueThatIsNotListedIsRefused() {
    let others = WireFormat(layout: .init([.init(name: "kind", values: ["b"]), .init(name: "units", values: [])]))
    for configuration: Configuration in [["kind": "é"], ["kind": 7], ["kind": false]] {
      var job = Self.job
      job.configuration = configuration
      var message: [UInt8] = []
      WireFormat(layout: configuration.layout).encode(.assign(job), into: &message)
      #expect(throws: WireError.self) { try others.decodeDriverMessage(message) }
    }
    #expect(throws: WireError.self, "a text where there are numbers only") {
      try WireFormat(layout: .init([.init(name: "units", values: [])])).decodeDriverMessage(
        Self.bytes("0601" + String(repeating: "00", count: 64) + "0100 0000 02 01000000 61"))
    }
  }

  @Test func aTextOfAnyLengthFits() throws {
    let reason = String(repeating: "é", count: 3_000_000)
    guard
      case .failure(1, .failed, let back) = try wire.decodeWorkerMessage(
        bytes(of: .failure(1, .failed, reason: reason)))
    else { return #expect(Bool(false), "another message") }
    #expect(back.utf8.count == 1 << 20 && reason.hasPrefix(back), "the text is cut at a megabyte")
  }

  private func randomDriverMessage(_ random: inout CounterGenerator) -> DriverMessage {
    let number = { (random: inout CounterGenerator) in Int(bitPattern: UInt(random.next() >> UInt64(random.below(64))))
    }
    switch random.below(5) {
    case 0: return .dismiss
    case 1: return .interrupt(JobID(number(&random)))
    default:
      var entries: [Configuration.Entry] = []
      for parameter in Self.layout.parameters where random.chance(0.7) {
        let numbers: [ParameterValue] = [.integer(number(&random)), .real(Double(random.below(1000)) / 7)]
        let value = random.pick(parameter.values.isEmpty ? numbers : parameter.values)
        entries.append(.init(parameter.name, value))
      }
      var configuration = Configuration(entries)
      if random.chance(0.5) { configuration = configuration.laidOut(as: Self.layout) }
      return .assign(
        Job(
          id: JobID(number(&random)), trial: TrialID(number(&random)), bracket: BracketIndex(number(&random)),
          rung: RungIndex(number(&random)), resource: Resource(number(&random)),
          resumeResource: Resource(number(&random)), attempt: number(&random), seed: random.next(),
          configuration: configuration))
    }
  }

  private func randomWorkerMessage(_ random: inout CounterGenerator) -> WorkerMessage {
    let id = JobID(Int(bitPattern: UInt(random.next())))
    switch random.below(9) {
    case 8:
      return .report(
        id, resource: Double(bitPattern: random.next()),
        TrainingReport(
          loss: Double(bitPattern: random.next()),
          metrics: random.chance(0.5) ? [] : [.init(randomText(&random), Double(bitPattern: random.next()))]))
    case 7:
      return .placeFault(id, PlaceFault(randomText(&random), isAboutFolder: random.below(2) == 0))
    case 0: return .ready
    case 1:
      var recorder = LearningCurve.Recorder()
      for _ in 0..<random.below(3) {
        recorder.append(.init(resource: Double(bitPattern: random.next()), loss: Double(bitPattern: random.next())))
      }
      return .interrupted(id, recorder.curve)
    case 2: return .warning(randomText(&random))
    case 3: return .failure(id, random.pick(FailureKind.allCases), reason: randomText(&random))
    default:
      let metrics = (0..<(random.chance(0.02) ? 1000 : random.below(6))).map { _ in
        TrainingReport.Metric(randomText(&random), Double(bitPattern: random.next()))
      }
      var recorder = LearningCurve.Recorder()
      for _ in 0..<random.below(6) {
        recorder.append(.init(resource: Double(bitPattern: random.next()), loss: Double(bitPattern: random.next())))
      }
      return .result(
        id, TrainingReport(loss: Double(bitPattern: random.next()), metrics: metrics, curve: recorder.curve),
        seconds: Double(bitPattern: random.next()))
    }
  }
}
