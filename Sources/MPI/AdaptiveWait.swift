internal import Glibc

/// How a loop that polls waits between two looks: first not at all, then letting others run, then asleep in doubling
/// steps.
///
/// A wait begins with the first ``pause()`` after ``reset()``. What comes soon is seen within a microsecond; what takes
/// longer costs next to nothing to wait for: a sleeper looks some hundreds of times a second, and sees what comes late by
/// less than a millisecond or a hundredth of the wait.
///
/// ```swift
/// var wait = AdaptiveWait(ranksOnNode: node.size, cores: try node.availableCores())
/// while !isDone {
///   if try handleNextMessage() { wait.reset() } else { wait.pause() }
/// }
/// ```
public struct AdaptiveWait: Sendable {
  /// The lengths of a wait's phases, in microseconds.
  public struct Phases: Hashable, Sendable {
    /// Looks again at once, for so long.
    public var spinMicroseconds: Int
    /// Then offers the core to others between two looks, for so long.
    public var yieldMicroseconds: Int
    /// Then sleeps: first so long, then twice as long each time …
    public var firstSleepMicroseconds: Int
    /// … up to this; and in a wait that has taken 128 times as long, up to a 128th of it, four times this at most.
    public var longestSleepMicroseconds: Int

    public init(
      spinMicroseconds: Int = 50, yieldMicroseconds: Int = 200, firstSleepMicroseconds: Int = 20,
      longestSleepMicroseconds: Int = 1000
    ) {
      precondition(
        spinMicroseconds >= 0 && yieldMicroseconds >= 0 && firstSleepMicroseconds > 0
          && longestSleepMicroseconds >= firstSleepMicroseconds && longestSleepMicroseconds < 1_000_000,
        "a wait's phases are not negative, and a sleep takes more than 0 and less than a second")
      self.spinMicroseconds = spinMicroseconds
      self.yieldMicroseconds = yieldMicroseconds
      self.firstSleepMicroseconds = firstSleepMicroseconds
      self.longestSleepMicroseconds = longestSleepMicroseconds
    }

    /// For ranks that have a core each.
    public static let coreOfItsOwn = Phases()
    /// For ranks that share cores: whoever spins for long keeps the one it waits for from running. Not to spin at all
    /// costs more than it saves: what came during one look is often seen by the next.
    public static let sharedCore = Phases(spinMicroseconds: 5)
  }

  /// What the next ``pause()`` does.
  package enum Step: Hashable, Sendable {
    case spin, yield
    case sleep(microseconds: Int)
  }

  public let phases: Phases
  private var beginning: Int?
  private var nextSleep: Int

  public init(_ phases: Phases = .coreOfItsOwn) {
    self.phases = phases
    nextSleep = phases.firstSleepMicroseconds
  }

  /// Chooses the phases by whether the ranks on this node have a core each.
  ///
  /// - Parameter cores: those that any of them may run on: ``Communicator/availableCores()`` of the node's communicator.
  public init(ranksOnNode: Int, cores: Int) {
    self.init(ranksOnNode > cores ? .sharedCore : .coreOfItsOwn)
  }

  /// Something came: the next wait begins anew.
  @inline(__always)
  public mutating func reset() { beginning = nil }

  /// Waits a little: the longer, the longer nothing has come.
  public mutating func pause() {
    switch nextStep(at: Self.microseconds()) {
    case .spin: break
    case .yield: sched_yield()
    case .sleep(let microseconds): usleep(UInt32(microseconds))
    }
  }

  /// Decides what a pause at this time does.
  package mutating func nextStep(at now: Int) -> Step {
    guard let beginning else {
      self.beginning = now
      nextSleep = phases.firstSleepMicroseconds
      return phases.spinMicroseconds > 0 ? .spin : phases.yieldMicroseconds > 0 ? .yield : nextSleepStep(waited: 0)
    }
    let waited = now - beginning
    if waited < phases.spinMicroseconds { return .spin }
    if waited < phases.spinMicroseconds + phases.yieldMicroseconds { return .yield }
    return nextSleepStep(waited: waited)
  }

  private mutating func nextSleepStep(waited: Int) -> Step {
    let longest = phases.longestSleepMicroseconds
    defer { nextSleep = min(nextSleep * 2, max(longest, min(waited / 128, 4 * longest))) }
    return .sleep(microseconds: nextSleep)
  }

  private static func microseconds() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000
  }

  /// The cores that this process may run on, as a set of bits: what its launcher bound it to, or all of the machine's.
  package static func allowedCores() -> [UInt8] {
    // sched_getaffinity is a GNU extension that Swift does not see.
    if let status = readStart(of: "/proc/self/status"),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
    {
      let digits = line.dropFirst("Cpus_allowed:".count).compactMap(\.hexDigitValue)
      if digits.contains(where: { $0 != 0 }) { return digits.reversed().map { UInt8($0) } }
    }
    return [UInt8](repeating: 1, count: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }

  /// The cores that are in any of some sets, which are those of ``allowedCores()``.
  package static func union(of sets: some Sequence<[UInt8]>) -> [UInt8] {
    sets.reduce(into: []) { union, set in
      union += repeatElement(0, count: max(0, set.count - union.count))
      for (index, bits) in set.enumerated() { union[index] |= bits }
    }
  }

  private static func readStart(of path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count = unsafe read(file, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
