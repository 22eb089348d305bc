internal import CProcess
internal import Files
internal import Glibc

// The module's only unsafe code.

/// A lock, and a place to wait for what it guards. Waits use the monotonic clock: Foundation's `NSCondition` waits until a time of day, and
/// an hour longer where that is set back by one.
// @unchecked: the C library's own synchronisation, at addresses that stay the same as long as it lives.
@safe final class SystemCondition: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    unsafe pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  func lock() { unsafe pthread_mutex_lock(mutex) }
  func unlock() { unsafe pthread_mutex_unlock(mutex) }
  func signal() { unsafe pthread_cond_signal(condition) }

  /// Waits for a signal, for so many seconds at most, and now and then returns without one. To be called by who has the lock.
  func wait(seconds: Double) {
    var end = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &end)
    // A year is for ever, and no number that the system can't take.
    let nanoseconds = Double(end.tv_nsec) + (min(max(seconds, 0), 31_536_000) * 1e9).rounded()
    end.tv_sec += Int(nanoseconds / 1e9)
    end.tv_nsec = Int(nanoseconds.truncatingRemainder(dividingBy: 1e9))
    unsafe pthread_cond_timedwait(condition, mutex, &end)
  }
}

/// Starts threads, and reports a start that fails. Foundation's `Thread` drops that failure, and code that waits for the thread would
/// wait for ever.
enum SystemThread {
  /// Lets this thread, and those that it starts, run on these cores. Nothing changes where the system does not allow that.
  ///
  /// - Parameter cores: a set of bits in fours, the lowest first.
  static func allow(cores: [UInt8]) {
    guard cores.contains(where: { $0 != 0 }) else { return }
    // The kernel takes whole words.
    var bytes = [UInt8](repeating: 0, count: (cores.count + 15) / 16 * 8)
    for (index, bits) in cores.enumerated() { bytes[index / 2] |= index.isMultiple(of: 2) ? bits : bits << 4 }
    _ = unsafe sched_setaffinity(0, bytes.count, bytes)
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Tries before a thread that the system doesn't give counts as refused, and the microseconds between two.
  private static let (tries, pause): (Int, UInt32) = (5, 100_000)

  /// Starts a thread that nobody joins.
  ///
  /// - Parameter name: up to 15 bytes, for debuggers.
  /// - Throws: ``SystemError`` where the system gives no more threads: `ulimit -u`, a container's `pids.max`, no memory for the
  ///   stack.
  static func start(
    _ name: String, stackSize: Int = 8 << 20, _ run: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    unsafe pthread_attr_setstacksize(&attributes, stackSize)
    let body = unsafe Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    var code: Int32 = 0
    for attempt in 0..<tries {
      if attempt > 0 { usleep(pause) }
      code = unsafe pthread_create(
        &thread, &attributes,
        { argument in
          if let argument = unsafe argument { unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
          return nil
        }, unsafe body.toOpaque())
      guard code == EAGAIN else { break }
    }
    guard code == 0 else {
      unsafe body.release()
      throw SystemError(operation: "start the \(name) thread", code: code)
    }
    unsafe pthread_setname_np(thread, name)
  }
}
