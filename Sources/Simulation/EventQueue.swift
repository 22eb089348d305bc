/// What is going to happen in a simulated cluster, the earliest first; of what happens at the same time, what was
/// announced first.
///
/// A heap in which a node has four children: half as deep as a binary one, and the children lie in one cache line or two.
/// Complexity: `insert` and `popFirst` are O(log n).
struct EventQueue {
  struct Event {
    /// The bits of a time that is not negative: they are ordered as the times are, and compared twice as fast.
    private let timeBits: UInt64
    /// Counts insertions.
    let number: UInt64
    let worker: Int32
    let kind: Kind

    var time: Double { Double(bitPattern: timeBits) }

    fileprivate init(_ kind: Kind, worker: Int, at time: Double, number: UInt64) {
      precondition(time.sign == .plus && !time.isNaN, "an event can't happen at \(time)")
      timeBits = time.bitPattern
      self.number = number
      self.worker = Int32(worker)
      self.kind = kind
    }

    fileprivate func precedes(_ other: Event) -> Bool {
      timeBits != other.timeBits ? timeBits < other.timeBits : number < other.number
    }
  }

  enum Kind: UInt8 {
    /// The worker's job has reached its resource.
    case jobEnds
    /// The worker's job is dropped.
    case jobIsDropped
    /// The worker is lost.
    case workerIsLost
    /// The study's time is over.
    case timeIsUp
  }

  private var heap: [Event] = []
  private var inserted: UInt64 = 0

  /// Announces an event, and says which number it has.
  @discardableResult
  mutating func insert(_ kind: Kind, worker: Int, at time: Double) -> UInt64 {
    let event = Event(kind, worker: worker, at: time, number: inserted)
    inserted += 1
    var hole = heap.count
    heap.append(event)
    while hole > 0 {
      let parent = (hole - 1) / 4
      guard event.precedes(heap[parent]) else { break }
      heap[hole] = heap[parent]
      hole = parent
    }
    heap[hole] = event
    return event.number
  }

  /// The next event, taken out.
  mutating func popFirst() -> Event? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    let count = heap.count
    guard count > 0 else { return first }
    var hole = 0
    while true {
      let child = 4 * hole + 1
      guard child < count else { break }
      var earliest = child
      for sibling in (child + 1)..<min(child + 4, count) {
        earliest = heap[sibling].precedes(heap[earliest]) ? sibling : earliest
      }
      guard heap[earliest].precedes(last) else { break }
      heap[hole] = heap[earliest]
      hole = earliest
    }
    heap[hole] = last
    return first
  }
}
