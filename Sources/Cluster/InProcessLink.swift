package import TuningTypes

/// A transport within one process: a mailbox for the driver and one for each worker.
package struct InProcessTransport: Sendable {
  fileprivate let toDriver = Mailbox<(WorkerID, [UInt8])>()
  fileprivate let toWorkers: [Mailbox<[UInt8]>]

  /// - Parameter workers: how many; they are numbered from 0.
  package init(workers: Int) { toWorkers = (0..<workers).map { _ in Mailbox() } }

  package var driverLink: InProcessDriverLink { InProcessDriverLink(transport: self) }

  package func workerLink(_ worker: WorkerID) -> InProcessWorkerLink {
    InProcessWorkerLink(transport: self, worker: worker)
  }
}

package struct InProcessDriverLink: DriverLink, Sendable {
  let transport: InProcessTransport

  package func send(_ message: [UInt8], to worker: WorkerID) { transport.toWorkers[worker.rawValue].put(message) }

  package func receive(into message: inout [UInt8]) -> WorkerID? {
    guard let (worker, bytes) = transport.toDriver.take() else { return nil }
    message = bytes
    return worker
  }

  package func wait() { transport.toDriver.wait(seconds: 0.05) }

  package func takeDead() -> [WorkerID] { [] }

  package func drain() {}
}

package struct InProcessWorkerLink: WorkerLink, Sendable {
  let transport: InProcessTransport
  let worker: WorkerID

  package func send(_ message: [UInt8]) { transport.toDriver.put((worker, message)) }

  package func receive(into message: inout [UInt8]) -> Bool {
    guard let bytes = transport.toWorkers[worker.rawValue].take() else { return false }
    message = bytes
    return true
  }

  package func wait() { transport.toWorkers[worker.rawValue].wait(seconds: 0.05) }
}
