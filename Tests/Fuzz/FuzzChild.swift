internal import AshMPI
internal import Foundation

/// Feeds one reader its inputs, one after the other, in this process.
struct FuzzChild {
  private let reader: Reader
  private let arguments: FuzzArguments

  /// The exit code where a reader threw what the program has no exit code for but that of its own mistakes.
  static let undocumented: Int32 = 3
  /// Bytes of address space: what an input promises must not be taken for memory that is there.
  private static let memory: UInt = 6 << 30

  init(_ reader: Reader, _ arguments: FuzzArguments) {
    self.reader = reader
    self.arguments = arguments
  }

  func run() throws -> Int32 {
    var limit = rlimit(rlim_cur: Self.memory, rlim_max: Self.memory)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    limit = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    let progress = open(arguments.progress, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard progress >= 0 else {
      Fuzz.complain("can't write to \(arguments.progress)")
      return 1
    }
    let corpus = reader.corpus(in: arguments.corpus)
    let read = try reader.start((arguments.progress as NSString).deletingLastPathComponent)
    var accepted = 0
    for index in arguments.from..<(arguments.from + arguments.count) {
      let text = Array("\(index) \(accepted)\n".utf8)
      _ = pwrite(progress, text, text.count, 0)
      do {
        try read(reader.input(arguments.seed, index, corpus: corpus))
        accepted += 1
      } catch  where ExitStatus(for: error) != .internalError {
        continue
      } catch {
        print("\(reader.name): input \(index): \(type(of: error)): \(error)")
        return Self.undocumented
      }
    }
    return 0
  }
}
