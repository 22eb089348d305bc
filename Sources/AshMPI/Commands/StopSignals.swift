internal import Glibc
internal import Synchronization

/// How often somebody has asked this process to stop, by SIGINT, SIGTERM or SIGUSR1.
///
/// Every rank watches, so that none dies of a signal that is sent to all of them; rank 0 acts on it.
enum StopSignals {
  // A handler may only do what is safe at any moment; adding to an atomic is.
  private static let received = Atomic(0)

  static var count: Int { received.load(ordering: .relaxed) }

  static func watch() {
    // Read once here: the first access must not happen inside a handler.
    _ = count
    for number in [SIGINT, SIGTERM, SIGUSR1] {
      signal(number) { _ in StopSignals.received.add(1, ordering: .relaxed) }
    }
  }
}
