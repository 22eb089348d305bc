internal import Glibc

enum Pause {
  /// Waits so many seconds; a signal may end it before.
  static func sleep(_ seconds: Double) {
    _ = poll(nil, 0, Int32(max(0, min(3600, seconds)) * 1000))
  }
}
