import Cluster
import Foundation
import Randomness
import Testing
import TuningTypes

/// What every transport promises, whatever carries it: made from the two ends, so that any transport can be held to it.
///
/// The driver's end belongs to the thread that calls; each worker's end gets a thread of its own.
struct LinkContract<Driver: DriverLink & SendableMetatype, Worker: WorkerLink & Sendable> {
  let workers: Int
  let makeEnds: () -> (driver: Driver, workers: [Worker])

  /// Runs `body` on the driver's end and `work` on every worker's; returns when all are done.
  private func run(
    _ body: (inout Driver) throws -> Void, work: @escaping @Sendable (Int, inout Worker) throws -> Void
  ) throws {
    var (driver, ends) = makeEnds()
    let done = Mailbox<String?>()
    for (number, end) in ends.enumerated() {
      Thread.detachNewThread {
        var end = end
        do {
          try work(number, &end)
          done.put(nil)
        } catch {
          done.put("worker \(number): \(error)")
        }
      }
    }
    try body(&driver)
    for _ in 0..<workers {
      while true {
        guard let problem = done.take(waiting: 1) else { continue }
        #expect(problem == nil)
        break
      }
    }
    try driver.drain()
  }

  private static func receive(_ link: inout Driver) throws -> (WorkerID, [UInt8]) {
    var message: [UInt8] = []
    while true {
      if let worker = try link.receive(into: &message) { return (worker, message) }
      link.wait()
    }
  }

  private static func receive(_ link: inout Worker) throws -> [UInt8] {
    var message: [UInt8] = [1, 2, 3]
    while true {
      if try link.receive(into: &message) { return message }
      link.wait()
    }
  }

  /// Numbered messages of all lengths in both directions at once: none lost, none doubled, none out of order.
  func messagesArriveInOrderEachOnce(count: Int = 300) throws {
    let workers = workers
    try run { driver in
      for number in 0..<count {
        for worker in 0..<workers { try driver.send(Self.message(number, to: worker), to: WorkerID(worker)) }
      }
      var next = Array(repeating: 0, count: workers)
      for _ in 0..<count * workers {
        let (worker, message) = try Self.receive(&driver)
        #expect(message == Self.message(next[worker.rawValue], to: worker.rawValue), "from worker \(worker)")
        next[worker.rawValue] += 1
      }
      #expect(next == Array(repeating: count, count: workers))
      var message: [UInt8] = []
      #expect(try driver.receive(into: &message) == nil, "there was one message more")
    } work: { number, link in
      for index in 0..<count {
        let message = try Self.receive(&link)
        #expect(message == Self.message(index, to: number), "message \(index) of worker \(number)")
        try link.send(message)
      }
    }
  }

  private static func message(_ number: Int, to worker: Int) -> [UInt8] {
    let header = [UInt8(number % 251), UInt8(number / 251), UInt8(worker)]
    return header + Array(repeating: UInt8(number % 256), count: number * number % 1500)
  }

  func emptyAndLargeMessagesArriveWhole() throws {
    let sizes = [0, 1, 1 << 20, 0, 65_536, 4095, 4096]
    let workers = workers
    try run { driver in
      for worker in 0..<workers {
        for size in sizes { try driver.send(Self.pattern(size), to: WorkerID(worker)) }
      }
      for _ in 0..<workers * sizes.count {
        let (_, message) = try Self.receive(&driver)
        #expect(message == Self.pattern(message.count))
      }
    } work: { _, link in
      for size in sizes {
        let message = try Self.receive(&link)
        #expect(message == Self.pattern(size))
        try link.send(message)
      }
    }
  }

  private static func pattern(_ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) } }

  /// An empty link answers at once, however often it is asked, and a wait comes back by itself.
  func receivingNeverWaits() throws {
    try run { driver in
      var message: [UInt8] = []
      for _ in 0..<10_000 { #expect(try driver.receive(into: &message) == nil) }
      for _ in 0..<20 { driver.wait() }
      for worker in 0..<workers { try driver.send([7], to: WorkerID(worker)) }
      for _ in 0..<workers { #expect(try Self.receive(&driver).1 == [8]) }
    } work: { _, link in
      #expect(try Self.receive(&link) == [7])
      var message: [UInt8] = []
      for _ in 0..<10_000 { #expect(try link.receive(into: &message) == false) }
      for _ in 0..<20 { link.wait() }
      try link.send([8])
    }
  }

  /// The driver sends on without anybody receiving: no send may wait for its receiver.
  func sendingDoesNotWaitForTheReceiver() throws {
    let workers = workers
    try run { driver in
      for _ in 0..<50 {
        for worker in 0..<workers { try driver.send(Self.pattern(10_000), to: WorkerID(worker)) }
      }
      for worker in 0..<workers { try driver.send([1], to: WorkerID(worker)) }
      for _ in 0..<workers { _ = try Self.receive(&driver) }
    } work: { _, link in
      while try Self.receive(&link).count != 1 {}
      try link.send([])
    }
  }
}

@Suite struct InProcessLinkTests {
  private func contract(_ workers: Int) -> LinkContract<InProcessDriverLink, InProcessWorkerLink> {
    LinkContract(workers: workers) {
      let transport = InProcessTransport(workers: workers)
      return (transport.driverLink, (0..<workers).map { transport.workerLink(WorkerID($0)) })
    }
  }

  @Test(arguments: [1, 2, 3, 5, 8]) func messagesArriveInOrderEachOnce(workers: Int) throws {
    try contract(workers).messagesArriveInOrderEachOnce()
  }

  @Test(arguments: [1, 8]) func emptyAndLargeMessagesArriveWhole(workers: Int) throws {
    try contract(workers).emptyAndLargeMessagesArriveWhole()
  }

  @Test(arguments: [1, 4]) func receivingNeverWaits(workers: Int) throws {
    try contract(workers).receivingNeverWaits()
  }

  @Test(arguments: [1, 4]) func sendingDoesNotWaitForTheReceiver(workers: Int) throws {
    try contract(workers).sendingDoesNotWaitForTheReceiver()
  }

  @Test func aMailboxThatNeverRunsEmptyKeepsItsOrderAndItsSize() {
    final class Counted: Sendable {}
    let mailbox = Mailbox<(Int, Counted)>()
    var watched: [WeakReference] = []
    struct WeakReference { weak var object: Counted? }
    for number in 0..<10_000 {
      let object = Counted()
      if number < 5000 { watched.append(WeakReference(object: object)) }
      mailbox.put((number, object))
      if number >= 10 { #expect(mailbox.take()?.0 == number - 10) }
    }
    #expect(watched.allSatisfy { $0.object == nil }, "what was taken long ago is still held")
    #expect((0..<10).map { _ in mailbox.take()?.0 } == Array(9990..<10_000))
    #expect(mailbox.take() == nil)
  }
}
