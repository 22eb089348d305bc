import MPI

/// Rank 0 sends a job of fixed size to whichever worker answered, as `Benchmarks/pingpong/pingpong.c` does.
///
/// Arguments: jobs, bytes a job, bytes a result.
func pingPong(world: Communicator, arguments: Arguments, _: borrowing MPIEnvironment) throws {
  let jobs = arguments.number(0, or: 100_000)
  let job = [UInt8](repeating: 1, count: arguments.number(1, or: 96))
  let result = [UInt8](repeating: 2, count: arguments.number(2, or: 32))
  let (work, end): (Tag, Tag) = (1, 2)
  let node = try world.splitByNode()
  let queue = SendQueue(on: world)
  var wait = AdaptiveWait(ranksOnNode: node.size, cores: try node.availableCores())
  var buffer: [UInt8] = []
  try world.barrier()
  if world.rank == 0 {
    var (sent, received) = (0, 0)
    let start = MPIEnvironment.wallTime()
    for worker in world.ranks where worker != 0 && sent < jobs {
      try queue.post(job.span.bytes, to: worker, tag: work)
      sent += 1
    }
    while received < sent {
      guard let message = try world.probe(tag: work) else {
        if !queue.isEmpty { try queue.progress() }
        wait.pause()
        continue
      }
      wait.reset()
      let worker = message.source
      try message.receive(into: &buffer)
      received += 1
      if sent < jobs {
        try queue.post(job.span.bytes, to: worker, tag: work)
        sent += 1
      }
    }
    let seconds = MPIEnvironment.wallTime() - start
    for worker in world.ranks where worker != 0 { try queue.post([UInt8]().span.bytes, to: worker, tag: end) }
    print("ok \(jobs) jobs, \(Int(Double(jobs) / seconds)) jobs/s")
  } else {
    while true {
      guard let message = try world.probe(from: 0) else {
        wait.pause()
        continue
      }
      wait.reset()
      let tag = message.tag
      try message.receive(into: &buffer)
      if tag == end { break }
      try queue.post(result.span.bytes, to: 0, tag: work)
    }
  }
  try queue.drain()
  try node.free()
}

/// Every rank waits for a message that does not come. Argument: milliseconds.
func idle(world: Communicator, arguments: Arguments, _: borrowing MPIEnvironment) throws {
  let node = try world.splitByNode()
  var wait = AdaptiveWait(ranksOnNode: node.size, cores: try node.availableCores())
  // All ranks are through the start-up before anyone measures.
  sleep(milliseconds: 300)
  let seconds = Double(arguments.number(0, or: 2000)) / 1000
  let (start, processor) = (MPIEnvironment.wallTime(), processorSeconds())
  while MPIEnvironment.wallTime() - start < seconds {
    if try !dropMessage(of: world) { wait.pause() }
  }
  let used = Int((processorSeconds() - processor) * 1_000_000)
  let (most, all) = (try world.allReduce(used, .maximum), try world.allReduce(used, .sum))
  if world.rank == 0 {
    func percent(_ microseconds: Double) -> String { "\((microseconds / seconds / 1000).rounded() / 10) %" }
    print("ok idle: \(percent(Double(all) / Double(world.size))) of a core a rank, at most \(percent(Double(most)))")
  }
  try node.free()
}
