package import TuningTypes

/// The driver's end of a transport: messages to and from every worker.
///
/// Messages of one worker arrive in the order in which they were sent, each once.
package protocol DriverLink {
  /// Sends a message without waiting for the worker to take it.
  mutating func send(_ message: [UInt8], to worker: WorkerID) throws

  /// Takes the next message that has come, from any worker; nil if there is none. Never waits.
  mutating func receive(into message: inout [UInt8]) throws -> WorkerID?

  /// Waits a little for a message: not at all at first, longer the longer nothing comes, but never so long that it would be felt.
  mutating func wait()

  /// The workers that are known to have died since this was last asked.
  mutating func takeDead() -> [WorkerID]

  /// Waits until every message has left, but not for ever for workers that don't take theirs.
  mutating func drain() throws
}

/// A worker's end of a transport.
package protocol WorkerLink {
  mutating func send(_ message: [UInt8]) throws

  /// Takes the next message of the driver; false if there is none. Never waits.
  mutating func receive(into message: inout [UInt8]) throws -> Bool

  /// Waits a little for a message, as ``DriverLink/wait()`` does.
  mutating func wait()
}
