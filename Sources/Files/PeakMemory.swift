internal import Glibc

/// How much memory processes have had at most.
package enum PeakMemory {
  /// Of this process, in bytes.
  package static var ofThisProcess: Int { read(RUSAGE_SELF.rawValue) }

  /// Of the largest descendant process that has exited and was reaped, in bytes.
  package static var ofEndedChildren: Int { read(RUSAGE_CHILDREN.rawValue) }

  private static func read(_ who: Int32) -> Int {
    var usage = rusage()
    guard unsafe getrusage(who, &usage) == 0 else { return 0 }
    // Linux counts in KiB.
    return usage.ru_maxrss << 10
  }
}
