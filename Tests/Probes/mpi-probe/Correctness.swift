import MPI

func describeLauncher() {
  let launcher = Launcher()
  print("launcher present: \(launcher.isPresent), size: \(launcher.announcedSize.map(String.init) ?? "unknown")")
  if let mismatch = launcher.mismatch() { print("mismatch: \(mismatch)") }
  print("library: \(MPIEnvironment.libraryVersion)")
}

func version(world: Communicator, _: Arguments, environment: borrowing MPIEnvironment) throws {
  let name = try environment.processorName
  try expect(!name.isEmpty, "no processor name")
  do {
    _ = try MPIEnvironment()
    throw CheckFailure(description: "MPI was initialised twice")
  } catch let error as MPIError {
    try expect(error.routine == "MPI_Init_thread", "\(error)")
  }
  let node = try world.splitByNode()
  let cores = try node.availableCores()
  try expect(cores >= 1, "no cores")
  if world.rank == 0 {
    if let mismatch = Launcher().mismatch(worldSize: world.size) { print("mismatch: \(mismatch)") }
    print("ok \(world.size) ranks, \(node.size) on this node, \(cores) cores, \(MPIEnvironment.libraryVersion)")
  }
  try node.free()
}

/// A token goes around and counts the ranks.
func ring(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  let right = Rank((world.rank.rawValue + 1) % world.size)
  let left = Rank((world.rank.rawValue + world.size - 1) % world.size)
  let queue = SendQueue(on: world)
  var wait = AdaptiveWait(.sharedCore)
  if world.rank == 0 {
    let token: [UInt8] = [1]
    try queue.post(token.span.bytes, to: right, tag: 7)
    let back = try next(world, from: left, tag: 7, &wait).receive()
    try expect(back == [UInt8](repeating: 1, count: world.size), "the token is \(back)")
    print("ok \(world.size) \(MPIEnvironment.libraryVersion)")
  } else {
    let token = try next(world, from: left, tag: 7, &wait).receive()
    try queue.post((token + [1]).span.bytes, to: right, tag: 7)
  }
  try queue.drain()
}

/// Messages of unknown lengths between all pairs, each rank with itself too, received in whatever order they come.
func messages(world: Communicator, arguments: Arguments, _: borrowing MPIEnvironment) throws {
  let lengths = [0, 1, 7, 63, 64, 65, 1000, 4095, 4096, 4097, 65_537, 1_000_003, 8 << 20]
    .filter { $0 <= arguments.number(0, or: 8 << 20) }
  func seed(_ from: Rank, _ to: Rank, _ index: Int) -> Int { (from.rawValue * 1000 + to.rawValue) * 100 + index }

  let queue = SendQueue(on: world)
  for (index, length) in lengths.enumerated() {
    for other in world.ranks {
      let bytes = patternBytes(seed(world.rank, other, index), count: length)
      try queue.post(bytes.span.bytes, to: other, tag: Tag(index))
    }
  }
  var wait = AdaptiveWait(.sharedCore)
  var buffer: [UInt8] = []
  var seen: Set<[Int]> = []
  for _ in 0..<(lengths.count * world.size) {
    let message = try next(world, &wait) { try queue.progress() }
    let (source, index, count) = (message.source, message.tag.rawValue, message.count)
    try message.receive(into: &buffer)
    try expect(buffer.count == lengths[index] && count == buffer.count, "\(buffer.count) bytes, not \(lengths[index])")
    try expect(buffer == patternBytes(seed(source, world.rank, index), count: count), "other bytes than were sent")
    try expect(seen.insert([source.rawValue, index]).inserted, "a message came twice")
  }
  try queue.drain()
  try expect(!dropMessage(of: world), "a message too many")
  if world.rank == 0 { print("ok \(lengths.count * world.size * world.size) messages") }
}

/// What one rank posts, long and short mixed, comes in the order in which it was posted.
func order(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  let count = 500
  let queue = SendQueue(on: world)
  if world.rank != 0 {
    for number in 0..<count {
      var bytes = patternBytes(number, count: number % 50 == 0 ? 100_000 : 16)
      bytes[0] = UInt8(number % 256)
      bytes[1] = UInt8(number / 256)
      try queue.post(bytes.span.bytes, to: 0, tag: 1)
    }
  } else {
    var expected = [Int](repeating: 0, count: world.size)
    var wait = AdaptiveWait(.sharedCore)
    for _ in 0..<(count * (world.size - 1)) {
      let message = try next(world, &wait)
      let source = message.source.rawValue
      let bytes = try message.receive()
      let number = Int(bytes[0]) + Int(bytes[1]) * 256
      try expect(number == expected[source], "message \(number) of rank \(source) instead of \(expected[source])")
      expected[source] += 1
    }
    print("ok order")
  }
  try queue.drain()
}

func broadcast(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  for length in [0, 1, 100, 65_536, 5_000_001] {
    for root in world.ranks {
      let sent = patternBytes(length + root.rawValue, count: length)
      var bytes = world.rank == root ? sent : [1, 2, 3]
      try world.broadcast(&bytes, from: root)
      try expect(bytes == sent, "broadcast of \(length) bytes from \(root)")
    }
  }
  if world.rank == 0 { print("ok broadcast") }
}

func gather(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  // Rank 0 gives nothing, the others more and more.
  func bytes(of rank: Rank) -> [UInt8] { patternBytes(rank.rawValue, count: rank.rawValue * 1001) }
  for root in [Rank(0), Rank(world.size - 1)] {
    let all = try world.gather(bytes(of: world.rank).span.bytes, to: root)
    try expect((all != nil) == (world.rank == root), "gathered at the wrong rank")
    if let all { try expect(all == world.ranks.map(bytes(of:)), "other bytes than were given") }
  }
  let none = try world.gather([UInt8]().span.bytes, to: 0)
  if world.rank == 0 {
    try expect(none == [[UInt8]](repeating: [], count: world.size), "gathered something from nothing")
    print("ok gather")
  }
}

func reduce(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  let number = world.rank.rawValue * 10 - 3
  try expect(world.allReduce(number, .minimum) == -3, "minimum")
  try expect(world.allReduce(number, .maximum) == (world.size - 1) * 10 - 3, "maximum")
  try expect(world.allReduce(number, .sum) == world.size * (world.size - 1) * 5 - 3 * world.size, "sum")
  let part = try world.split(color: world.rank.rawValue % 2 == 0 ? nil : 3)
  try expect((part == nil) == (world.rank.rawValue % 2 == 0), "split")
  if let part {
    try expect(part.size == world.size / 2 && part.rank.rawValue == world.rank.rawValue / 2, "order after split")
    try part.free()
  }
  if world.rank == 0 { print("ok reduce") }
}

/// Every rank sees rank 0's bytes, from other threads too; the node holds them once.
func window(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  let node = try world.splitByNode()
  if world.rank == 0 { try expect(node.rank == 0, "rank 0 does not lead its node") }
  for length in [0, 1, 4097, 3_000_000] {
    let sent = patternBytes(length, count: length)
    let window = try SharedWindow.broadcast(world.rank == 0 ? sent : nil, world: world, node: node)
    let equal = window.bytes.count == length && window.bytes.elementsEqual(sent)
    try expect(equal, "window of \(length) bytes")
    try window.free()
  }
  try node.free()
  if world.rank == 0 { print("ok window") }
}

/// What MPI refuses is a Swift error with its routine and text, and the job goes on.
func errors(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  func expectError(_ routine: String, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as MPIError {
      try expect(error.routine == routine && !error.text.isEmpty && error.code != 0, "\(error)")
      if world.rank == 0 { print(error) }
      return
    }
    throw CheckFailure(description: "\(routine) did not throw")
  }
  let queue = SendQueue(on: world)
  let byte: [UInt8] = [1]
  try expectError("MPI_Send") { try world.send(byte.span.bytes, to: Rank(world.size), tag: 1) }
  try expectError("MPI_Send") { try world.send(byte.span.bytes, to: -1, tag: 1) }
  try expectError("MPI_Send") { try world.send(byte.span.bytes, to: 0, tag: -5) }
  try expectError("MPI_Isend") { try queue.post(byte.span.bytes, to: Rank(world.size + 3), tag: 1) }
  try expectError("MPI_Isend") { try queue.post(byte.span.bytes, to: Rank(1 << 40), tag: 1) }
  try expectError("MPI_Improbe") { _ = try world.probe(from: Rank(world.size)) }
  try expectError("MPI_Bcast") { _ = try world.broadcast(1, from: Rank(world.size)) }
  try expect(queue.isEmpty, "a send that failed stayed in the queue")
  if world.rank == 0 { print("ok errors") }
}

/// A sender gets on while nobody receives, and what it sent is not lost: the receivers begin when it has posted everything.
func slowReceiver(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  let (count, length) = (200, 100_000)
  let (data, begin): (Tag, Tag) = (1, 2)
  if world.rank == 0 {
    let queue = SendQueue(on: world)
    var bytes = patternBytes(0, count: length)
    for number in 0..<count {
      for other in world.ranks where other != 0 {
        bytes[0] = UInt8(number)
        try queue.post(bytes.span.bytes, to: other, tag: data)
      }
      try queue.progress()
    }
    let pending = queue.count
    try expect(world.size == 1 || pending > 0, "long messages were sent without a receiver")
    for other in world.ranks where other != 0 { try queue.post([UInt8]().span.bytes, to: other, tag: begin) }
    try queue.drain()
    print("ok pending \(pending)")
  } else {
    var wait = AdaptiveWait(.sharedCore)
    var buffer: [UInt8] = []
    var expected = patternBytes(0, count: length)
    try next(world, from: 0, tag: begin, &wait).receive(into: &buffer)
    for number in 0..<count {
      try next(world, from: 0, tag: data, &wait).receive(into: &buffer)
      expected[0] = UInt8(number)
      try expect(buffer == expected, "message \(number) is not what was sent")
    }
  }
}

/// A probed message that nobody receives goes away, and its sender goes on.
func droppedMessage(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  let queue = SendQueue(on: world)
  let bytes = [UInt8](repeating: 1, count: 3_000_000)
  try queue.post(bytes.span.bytes, to: world.rank, tag: 1)
  var wait = AdaptiveWait()
  do {
    let message = try next(world, &wait)
    try expect(message.count == bytes.count, "length")
  }
  try queue.drain()
  try expect(!dropMessage(of: world), "the message came again")
  if world.rank == 0 { print("ok dropped") }
}

/// The last rank fails; the others would wait for ever.
func abortOneRank(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  if world.rank.rawValue == world.size - 1 { throw CheckFailure(description: "this rank fails") }
  while true { sleep(milliseconds: 100) }
}

/// The last rank leaves without finalizing, as an error that nobody catches would.
func abandonOneRank(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  if world.rank.rawValue == world.size - 1 { leave(3) }
  while true { sleep(milliseconds: 100) }
}

func hang(world: Communicator, _: Arguments, _: borrowing MPIEnvironment) throws {
  print("hanging")
  while true { sleep(milliseconds: 100) }
}
