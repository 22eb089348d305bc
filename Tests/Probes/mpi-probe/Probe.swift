import MPI

import Glibc

typealias Probe = @Sendable (Communicator, Arguments, borrowing MPIEnvironment) throws -> Void

let probes: [String: Probe] = [
  "launcher": { _, _, _ in },
  "version": version,
  "ring": ring,
  "messages": messages,
  "order": order,
  "broadcast": broadcast,
  "gather": gather,
  "reduce": reduce,
  "window": window,
  "errors": errors,
  "slow-receiver": slowReceiver,
  "dropped-message": droppedMessage,
  "abort": abortOneRank,
  "abandon": abandonOneRank,
  "hang": hang,
  "ping-pong": pingPong,
  "idle": idle,
]

/// What a probe was told, with defaults for what it was not.
struct Arguments {
  private let values: [Int]
  init(_ texts: ArraySlice<String>) { values = texts.map { Int($0) ?? 0 } }
  func number(_ index: Int, or standard: Int) -> Int { index < values.count ? values[index] : standard }
}

struct CheckFailure: Error, CustomStringConvertible {
  let description: String
}

func expect(_ condition: Bool, _ text: @autoclosure () -> String) throws {
  if !condition { throw CheckFailure(description: text()) }
}

func complain(_ text: String) {
  var line = text + "\n"
  line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

func leave(_ code: Int32) -> Never { exit(code) }

/// Bytes that are a function of a number, and differ from their neighbours'.
func patternBytes(_ seed: Int, count: Int) -> [UInt8] {
  var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
}

/// Waits for the next message.
func next(
  _ world: Communicator, from source: Rank? = nil, tag: Tag? = nil, _ wait: inout AdaptiveWait,
  meanwhile: () throws -> Void = {}
) throws -> Message {
  wait.reset()
  while true {
    if let message = try world.probe(from: source, tag: tag) { return message }
    try meanwhile()
    wait.pause()
  }
}

func sleep(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

/// Seconds of processor time that this process has used.
func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

/// Throws the next message away; whether there was one.
func dropMessage(of world: Communicator) throws -> Bool {
  guard let message = try world.probe() else { return false }
  _ = consume message
  return true
}
