internal import Foundation

/// Watches the process that feeds one reader, and starts another behind each input that ended one.
struct FuzzParent {
  private let reader: Reader
  private let arguments: FuzzArguments

  /// No input may take longer, in seconds.
  private static let longestInput = 10.0
  /// After so many failures the rest is not tried.
  private static let mostFailures = 5

  init(_ reader: Reader, _ arguments: FuzzArguments) {
    self.reader = reader
    self.arguments = arguments
  }

  /// Runs all inputs.
  ///
  /// - Returns: how many of them failed.
  func run() throws -> Int {
    // In memory where there is such a file system: some readers wait for the disk.
    let memory = "/dev/shm"
    let root =
      FileManager.default.isWritableFile(atPath: memory)
      ? URL(filePath: memory) : FileManager.default.temporaryDirectory
    let scratch = root.appending(path: "ash-mpi-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let progress = scratch.appending(path: "progress")
    let end = arguments.from + arguments.count
    let began = ContinuousClock.now
    var (next, failures, accepted) = (arguments.from, 0, 0)
    while next < end, failures < Self.mostFailures {
      try Data().write(to: progress)
      let ending = try watch(from: next, until: end, progress)
      accepted += numbers(progress).last ?? 0
      guard case .failed(let index, let how) = ending else { break }
      failures += 1
      let input = reader.input(arguments.seed, index, corpus: reader.corpus(in: arguments.corpus))
      let file = FileManager.default.temporaryDirectory.appending(path: "ash-mpi-fuzz-\(reader.name)-\(index)")
      try Data(input).write(to: file)
      print("\(reader.name): input \(index) \(how); it lies in \(file.path(percentEncoded: false))")
      next = index + 1
    }
    let seconds = (ContinuousClock.now - began).components.seconds
    print(
      "\(reader.name): \(arguments.count) inputs, \(accepted) accepted, \(failures) failure\(failures == 1 ? "" : "s"), "
        + "\(seconds) s")
    return failures
  }

  private enum Ending {
    case finished
    case failed(Int, String)
  }

  private func watch(from first: Int, until end: Int, _ progress: URL) throws -> Ending {
    let child = Process()
    child.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    child.arguments = [
      "--child", reader.name, "--from", "\(first)", "--count", "\(end - first)", "--seed", "\(arguments.seed)",
      "--corpus", arguments.corpus, "--progress", progress.path(percentEncoded: false),
    ]
    var environment = ProcessInfo.processInfo.environment
    environment["SWIFT_BACKTRACE"] = "enable=no"
    environment["OPENBLAS_NUM_THREADS"] = "1"
    child.environment = environment
    child.standardInput = FileHandle.nullDevice
    try child.run()
    var (seen, since) = (Data(), ContinuousClock.now)
    while child.isRunning {
      usleep(20_000)
      let now = (try? Data(contentsOf: progress)) ?? Data()
      if now != seen { (seen, since) = (now, .now) }
      if ContinuousClock.now - since > .seconds(Self.longestInput) {
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        return .failed(numbers(progress).first ?? first, "took longer than \(Int(Self.longestInput)) seconds")
      }
    }
    child.waitUntilExit()
    switch (child.terminationReason, child.terminationStatus) {
    case (.exit, 0): return .finished
    case (.exit, FuzzChild.undocumented):
      return .failed(numbers(progress).first ?? first, "failed without an exit code of its own")
    case (.exit, let code): return .failed(numbers(progress).first ?? first, "ended the process with code \(code)")
    case (_, let signal): return .failed(numbers(progress).first ?? first, "ended the process by signal \(signal)")
    }
  }

  /// The number of the input that a child is at, and how many it has accepted.
  private func numbers(_ progress: URL) -> [Int] {
    let line = (try? String(contentsOf: progress, encoding: .utf8))?.split(separator: "\n").first ?? ""
    return line.split(separator: " ").compactMap { Int($0) }
  }
}
